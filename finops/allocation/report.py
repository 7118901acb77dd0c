"""A statement as scripts and spreadsheets read it (CONTRACT 6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from finops.allocation.statement import Line, Statement
from finops.allocation.words import LINE_WORDS
from finops.domain.periods import parse_day
from finops.domain.shares import rounded, subunit
from finops.domain.tabular import as_csv

_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")


def parse_month(text: str) -> date:
    """Read ``2026-10`` as its first day. Raises ValueError with the expected form."""
    if not _MONTH.fullmatch(text):
        raise ValueError(f"a period reads 2026-10, not {text[:40]!r}")
    return parse_day(f"{text}-01")


def as_json(statement: Statement) -> dict[str, Any]:
    """Give a statement as JSON: amounts are decimal strings in whole subunits.

    ``pools`` lists every line: direct cost first, then pools by stage, then what is in no pool;
    so the amounts sum to ``total_in``, and shares and what is unallocated to ``total_out``.
    """
    written = _written(statement.currency)
    return {
        "period": f"{statement.month:%Y-%m}",
        "by": statement.dimension,
        "basis": statement.basis,
        "currency": statement.currency,
        "published": statement.is_current,
        "version": statement.version,
        "pools": [_line(line, written) for line in statement.lines],
        "targets": [
            {
                "target": row.target,
                "direct": written(row.direct),
                "allocated": written(row.allocated),
                "total": written(row.total),
            }
            for row in statement.targets
        ],
        "unreconciled": [
            {
                "name": each.name,
                "provider": each.provider,
                "billed": written(each.billed),
                "amount": written(each.amount),
            }
            for each in statement.residuals
        ],
        "direct": written(statement.direct),
        "allocated": written(statement.allocated),
        "unallocated": written(statement.unallocated),
        "unconverted_rows": statement.unconverted,
        "missing_rows": statement.missing,
        "total_in": written(statement.total_in),
        "total_out": written(statement.total_out),
    }


def _line(line: Line, written: Callable[[Decimal], str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "pool": line.name,
        "stage": line.stage,
        "method": line.method,
        "amount": written(line.amount),
        "shares": [
            {"target": target, "amount": written(amount)} for target, amount in line.dearest
        ],
        "unallocated": written(line.unallocated),
    }
    if line.unreconciled is not None:
        told["unreconciled"] = written(line.unreconciled)
    return told


def _written(currency: str) -> Callable[[Decimal], str]:
    """Write amounts with all decimals of the currency's subunit, also where there are none."""
    unit = subunit(currency)
    return lambda amount: f"{rounded(amount, unit):f}"


def statement_csv(statement: Statement, target: str = "") -> str:
    """Write a statement as a table, a row for each amount; of one target when it is named."""
    header = ["month", statement.dimension, "stage", "line", "method", "amount", "currency"]
    return as_csv(header, _rows(statement, target))


def _rows(statement: Statement, wanted: str) -> Iterator[list[object]]:
    for line in statement.lines:
        shares = [*line.dearest, ("", line.unallocated)] if line.unallocated else line.dearest
        for target, amount in shares:
            if not wanted or target == wanted:
                yield [
                    f"{statement.month:%Y-%m}",
                    target or "unallocated",
                    line.stage,
                    line.name,
                    LINE_WORDS[line.method],
                    amount,
                    statement.currency,
                ]
