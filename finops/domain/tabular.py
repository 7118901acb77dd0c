"""Tables that leave the house as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Final

from finops.domain.money import plain

#: First characters that a spreadsheet takes for the start of a formula (OWASP's list).
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> str:
    """Write a cell; text that a spreadsheet would run as a formula gets an apostrophe in front.

    Numbers stay numbers, without an exponent: only text can be hostile.
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return str(value)


def as_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a whole table: header, then rows, ``\\n`` between lines."""
    return "".join(csv_lines(header, rows))


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Write a table line by line, for tables that are too long to hold."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in chain([header], ([safe_cell(cell) for cell in row] for row in rows)):
        writer.writerow(row)
        yield out.getvalue()
        out.seek(0)
        out.truncate()
