"""Uploaded drivers: what targets used of something in a month, read from a sheet, saved whole.

A sheet has the columns month, target and value. It replaces the driver's values of the months that
it names; a row that is wrong keeps all of it from being saved.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Max, Sum

from finops.allocation.checks import check_target
from finops.allocation.refusals import PoolRefused
from finops.allocation.report import parse_month
from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.domain.tabular import as_csv
from finops.models import DriverValue
from finops.months.closed import closed_months, refuse_closed
from finops.months.publications import keep_open

MOST_BYTES: Final = 1_000_000
MOST_ROWS: Final = 10_000
LONGEST_NAME: Final = 200
COLUMNS: Final = ("month", "target", "value")
NEW, CHANGED, UNCHANGED, REMOVED, WRONG = "new", "changed", "unchanged", "removed", "wrong"
ACTIONS: Final = (NEW, CHANGED, UNCHANGED, REMOVED, WRONG)
_UPLOADING_LOCK: Final = 7_310_072
#: Digits with an optional point; commas only between groups of three.
_NUMBER: Final = re.compile(r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,24})(?:\.[0-9]{1,12})?")
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")

Key = tuple[date, str]


class DriverRow(NamedTuple):
    """A row of the sheet, or a value that it removes: what a save would do, and what is wrong."""

    line: int | None
    month: str
    target: str
    value: Decimal | None
    before: Decimal | None
    action: str
    error: str = ""


@dataclass(frozen=True)
class DriverPlan:
    """A sheet held against the stored values; it is saved whole or not at all."""

    name: str
    rows: Sequence[DriverRow]
    mark: str

    @property
    def can_be_saved(self) -> bool:
        """Say whether nothing is wrong and something would change."""
        return not self.count(WRONG) and self.count(UNCHANGED) < len(self.rows)

    @property
    def months(self) -> list[date]:
        """Give the months that a save replaces."""
        return sorted({parse_month(row.month) for row in self.rows if row.action != WRONG})

    def count(self, action: str) -> int:
        """Count the rows of which this becomes."""
        return sum(row.action == action for row in self.rows)


class Known(NamedTuple):
    """A driver: its values, and when it was last uploaded."""

    name: str
    values: int
    targets: int
    last_month: date
    total: Decimal
    set_at: datetime


def known_drivers() -> list[Known]:
    """Give the drivers that there are, by name."""
    rows = (
        DriverValue.objects.values("driver")
        .annotate(
            values_of=Count("pk"),
            targets=Count("target", distinct=True),
            last=Max("month"),
            total=Sum("value"),
            at=Max("set_at"),
        )
        .order_by("driver")
    )
    return [
        Known(row["driver"], row["values_of"], row["targets"], row["last"], row["total"], row["at"])
        for row in rows
    ]


def driver_csv(name: str = "") -> str:
    """Write a driver's values as a sheet that can be uploaded again; two examples without one."""
    rows: Iterable[Sequence[object]] = [
        (f"{each.month:%Y-%m}", each.target, each.value)
        for each in DriverValue.objects.filter(driver=name).order_by("month", "target")
    ]
    examples = [("2026-10", "search", Decimal(600_000)), ("2026-10", "chat", Decimal(300_000))]
    return as_csv(COLUMNS, rows if name else examples)


def plan(name: str, data: bytes) -> DriverPlan:
    """Hold a sheet against what is stored. Raises Refused for what is no sheet, or no name."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        raise PoolRefused("driver", f"Give the driver a name of at most {LONGEST_NAME} letters.")
    cells = list(_cells(_decoded(data)))
    closed = closed_months()
    seen: dict[Key, int] = {}
    rows = [_row(line, texts, seen, closed) for line, texts in cells]
    months = {parse_month(row.month) for row in rows if row.action != WRONG}
    stored = _stored(name, months)
    held = [_held(row, stored) for row in rows]
    kept = {(parse_month(row.month), row.target) for row in rows if row.action != WRONG}
    gone = [
        DriverRow(None, f"{month:%Y-%m}", target, None, value, REMOVED)
        for (month, target), value in sorted(stored.items())
        if (month, target) not in kept
    ]
    said = repr((name, held, gone))
    return DriverPlan(name, [*held, *gone], sha256(said.encode()).hexdigest()[:16])


def save(name: str, data: bytes, *, looked: str, now: datetime, by: str) -> DriverPlan:
    """Save a sheet that was looked at. Gives what was done.

    Raises Refused when rows are wrong or nothing would change, ChangedMeanwhile when stored values
    are not those that were looked at, and MonthClosed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_UPLOADING_LOCK])
        found = plan(name, data)
        if found.mark != looked:
            raise ChangedMeanwhile
        if not found.can_be_saved:
            raise Refused("Nothing was saved: rows are wrong, or nothing would change.")
        keep_open(cursor)
        refuse_closed(found.months)
        DriverValue.objects.filter(driver=found.name, month__in=found.months).delete()
        DriverValue.objects.bulk_create(
            DriverValue(
                driver=found.name,
                month=parse_month(row.month),
                target=row.target,
                value=row.value,
                set_at=now,
                set_by=by[:200],
            )
            for row in found.rows
            if row.value is not None
        )
    return found


# --- reading --------------------------------------------------------------------------------------


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise Refused(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it.")
    is_wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    if data.startswith(b"PK") or (b"\0" in data and not is_wide):
        raise Refused("This is no CSV file. Save the sheet as “CSV UTF-8”, and upload that.")
    try:
        return data.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            "The file is not in UTF-8. Save the sheet as “CSV UTF-8”, and upload that."
        ) from error


def _cells(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the rows that hold something, by column, each with its line in the file."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().casefold() for cell in next(reader, [])]
        if sorted(header) != sorted(COLUMNS):
            raise Refused(f"The first row names the columns: {', '.join(COLUMNS)}.")
        for number, row in enumerate((row for row in reader if any(row)), start=1):
            if number > MOST_ROWS:
                raise Refused(f"The file has more than {MOST_ROWS:,} rows. Split it.")
            padded = [*row, *[""] * (len(header) - len(row))]
            yield reader.line_num, dict(zip(header, map(_plain, padded), strict=False))
    except csv.Error as error:
        message = "The file breaks off inside quotes, or has a stray quote. Save it again as CSV."
        raise Refused(message) from error


def _plain(cell: str) -> str:
    """Take the apostrophe off that keeps a spreadsheet from running a formula."""
    text = cell.strip()
    return text[1:] if text.startswith(tuple(f"'{mark}" for mark in _FORMULAS)) else text


def _row(
    line: int, texts: Mapping[str, str], seen: dict[Key, int], closed: frozenset[date]
) -> DriverRow:
    target = texts["target"]
    try:
        month = parse_month(texts["month"])
        check_target("target", target)
        value = _value(texts["value"])
        if month in closed:
            raise Refused(f"{month:%B %Y} is closed.")
        if (month, target) in seen:
            raise Refused(f"Row {seen[month, target]} has this month and target too.")
    except ValueError as error:
        told = str(error)
        sentence = f"{told[:1].upper()}{told[1:].rstrip('.')}."
        return DriverRow(line, texts["month"][:40], target, None, None, WRONG, sentence)
    seen[month, target] = line
    return DriverRow(line, f"{month:%Y-%m}", target, value, None, NEW)


def _value(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Refused(f"A value is a number such as 600000 or 0.5, not “{text[:40]}”.")
    value = Decimal(text.replace(",", ""))
    if value < 0:
        raise Refused("A value is 0 or more. Nobody uses less than nothing.")
    return value


def _stored(name: str, months: Iterable[date]) -> dict[Key, Decimal]:
    values = DriverValue.objects.filter(driver=name, month__in=list(months))
    return {(each.month, each.target): each.value for each in values}


def _held(row: DriverRow, stored: Mapping[Key, Decimal]) -> DriverRow:
    if row.action == WRONG:
        return row
    before = stored.get((parse_month(row.month), row.target))
    if before is None:
        return row
    return row._replace(before=before, action=UNCHANGED if before == row.value else CHANGED)
