"""Many budgets as a sheet: written out, read back, and looked at row by row before it is saved.

One row is one budget's lines from a day on; rows of one name belong together. Nothing is saved
unless everything can be: a sheet is all or nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from finops.budgets.amounts import AmountRefused, read_amount
from finops.budgets.differences import stretches
from finops.budgets.lines import schedules_of
from finops.budgets.looking import day_of, period_on
from finops.domain.dimensions import DIMENSIONS
from finops.domain.periods import parse_day
from finops.domain.tabular import as_csv
from finops.models import Budget
from finops.sql import snapshot

#: How large a sheet may be, in bytes and in rows.
MOST_BYTES: Final = 1_000_000
MOST_ROWS: Final = 2_000
AMOUNTS: Final = ("yellow", "red", "planned")
COLUMNS: Final = (
    "name",
    *DIMENSIONS,
    "basis",
    "period",
    "effective_from",
    *AMOUNTS,
    "workflow_share",
    "owner",
    "recipients",
)
_NEEDED: Final = ("name", "yellow", "red")
_LONGEST: Final = 5_000
#: What a spreadsheet takes for the beginning of a formula.
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
_OTHERWISE: Final[Mapping[str, str]] = {"basis": "metered", "period": "month"}


class SheetRefused(ValueError):
    """A file that cannot be read as a sheet at all; the message says what to do."""


@dataclass
class SheetRow:
    """One row as it was read: its line in the file, its texts, its amounts, and what is wrong.

    ``given`` are the columns that the file has; a column that it lacks changes nothing.
    """

    line: int
    texts: dict[str, str]
    amounts: dict[str, Decimal | None] = field(default_factory=dict)
    effective_from: date | None = None
    workflow_share: Decimal | None = None
    errors: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The budget's name, without needless spaces."""
        return " ".join(self.texts["name"].split())

    @property
    def scope(self) -> dict[str, str]:
        """What it covers."""
        return {name: self.texts[name] for name in DIMENSIONS if self.texts.get(name)}

    @property
    def recipients(self) -> list[str]:
        """Who is told besides the owner."""
        return self.texts.get("recipients", "").replace(",", " ").replace(";", " ").split()


def template() -> str:
    """Give a sheet to fill in: the columns, and two rows as examples."""
    everything: dict[str, object] = {
        "name": "Everything",
        "period": "month",
        "yellow": Decimal(60_000),
        "red": Decimal(68_000),
        "workflow_share": Decimal(20),
        "owner": "finance@example.com",
    }
    team: dict[str, object] = {
        "name": "Growth",
        "team": "growth",
        "period": "month",
        "yellow": Decimal(12_000),
        "red": Decimal(14_500),
        "planned": Decimal(11_000),
        "owner": "finance@example.com",
        "recipients": "lead@example.com",
    }
    return as_csv(COLUMNS, ([row.get(name, "") for name in COLUMNS] for row in (everything, team)))


def export(now: datetime) -> str:
    """Write the budgets in use, a row for each change of lines still ahead.

    The same sheet read again changes nothing.
    """
    with snapshot():
        budgets = [
            budget
            for budget in Budget.objects.select_related("owner").order_by("name", "pk")
            if budget.is_used_on(period_on(budget, day_of(now)).start)
        ]
        schedules = schedules_of(budgets)
        rows = [
            row
            for budget in budgets
            for row in _rows(budget, stretches(schedules[budget.pk], _first(budget, now)))
        ]
    return as_csv(COLUMNS, rows)


def read_sheet(data: bytes, currency: str = "USD") -> list[SheetRow]:
    """Read a sheet; rows that are wrong say so themselves.

    Raises SheetRefused for what is no sheet: empty, too large, binary, of another encoding, cut
    off inside quotes, or with columns that nobody knows.
    """
    text = _decoded(data)
    delimiter = _delimiter(text)
    try:
        cells = list(_cells(text, delimiter))
    except csv.Error as error:
        message = "The file breaks off inside quotes, or has a stray quote. Save it again as CSV."
        raise SheetRefused(message) from error
    if not cells:
        raise SheetRefused("The file is empty. Fill in the template, and upload that.")
    header = _header(cells[0][1])
    if len(cells) == 1:
        raise SheetRefused("The file has column names and no rows. Add a row for each budget.")
    if len(cells) - 1 > MOST_ROWS:
        raise SheetRefused(f"The file has more than {MOST_ROWS:,} rows. Split it.")
    return [_read(line, row, header, currency) for line, row in cells[1:]]


# --- writing -------------------------------------------------------------------------------------


def _first(budget: Budget, now: datetime) -> date:
    return period_on(budget, day_of(now)).start


def _rows(budget: Budget, lines: Sequence[tuple[date, Any]]) -> Iterator[list[object]]:
    for since, held in lines:
        row: dict[str, object] = {
            "name": _escaped(budget.name),
            **{name: _escaped(value) for name, value in budget.scope.items()},
            "basis": budget.basis,
            "period": budget.period,
            "effective_from": since.isoformat(),
            **{name: getattr(held, name) for name in (*AMOUNTS, "workflow_share")},
            "owner": budget.owner.email if budget.owner else "",
            "recipients": " ".join(budget.recipients),
        }
        yield [row.get(name, "") for name in COLUMNS]


def _escaped(text: str) -> str:
    """Double an apostrophe that reading would take for one of ours."""
    return f"'{text}" if text.startswith("'") else text


# --- reading -------------------------------------------------------------------------------------


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise SheetRefused(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in data or data.startswith(b"PK"):
        raise SheetRefused("This is no CSV file. Save the sheet as “CSV UTF-8”, and upload that.")
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        message = "The file is not in UTF-8. Save the sheet as “CSV UTF-8”, and upload that."
        raise SheetRefused(message) from error


def _delimiter(text: str) -> str:
    """Find what parts columns: whatever gives most columns that are known."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=lambda mark: len(set(_plain(first.split(mark))) & set(COLUMNS)))


def _cells(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Give the rows that hold something, each with its line in the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    for row in reader:
        if any(cell.strip() for cell in row):
            yield line, row
        line = reader.line_num + 1


def _header(row: Sequence[str]) -> list[str]:
    names = _plain(row)
    while names and not names[-1]:
        names.pop()
    if unknown := [name for name in names if name not in COLUMNS]:
        known = ", ".join(COLUMNS)
        raise SheetRefused(f"No column is called “{unknown[0][:60]}”. Known are {known}.")
    if len(set(names)) < len(names):
        raise SheetRefused("Two columns have the same name. Keep one of them.")
    if missing := [name for name in _NEEDED if name not in names]:
        raise SheetRefused(f"There is no column called “{missing[0]}”. Start from the template.")
    return names


def _plain(row: Sequence[str]) -> list[str]:
    return [cell.strip().strip('"').casefold().replace(" ", "_") for cell in row]


def _read(line: int, cells: Sequence[str], header: Sequence[str], currency: str) -> SheetRow:
    row = SheetRow(line, dict.fromkeys(header, ""))
    if len(cells) < len(header):
        row.errors.append(
            f"It has {len(cells)} of {len(header)} columns. The file may have been cut off."
        )
    if any(cell.strip() for cell in cells[len(header) :]):
        row.errors.append("It has more columns than names. Put amounts with commas in quotes.")
    for name, cell in zip(header, cells, strict=False):
        row.texts[name] = _text(row, name, cell)
    row.texts = {**_OTHERWISE, **{k: v for k, v in row.texts.items() if v or k not in _OTHERWISE}}
    if not row.name:
        row.errors.append("It has no name.")
    for name in AMOUNTS:
        row.amounts[name] = _amount(row, name, currency)
    row.effective_from = _day(row)
    row.workflow_share = _percent(row)
    return row


def _text(row: SheetRow, name: str, cell: str) -> str:
    """Take a cell as text: an apostrophe before what looks like a formula is not part of it."""
    text = cell.replace("\0", "").strip()
    if len(text) > _LONGEST:
        row.errors.append(f"{name} is too long.")
        return ""
    if text.startswith("="):
        row.errors.append(f"{name} is a formula. Save the sheet with values.")
        return ""
    return text[1:] if text.startswith(("''", *(f"'{mark}" for mark in _FORMULAS))) else text


def _amount(row: SheetRow, name: str, currency: str) -> Decimal | None:
    text = row.texts.get(name, "")
    if not text:
        return None
    try:
        return read_amount(text, currency)
    except AmountRefused as error:
        row.errors.append(f"{name}: {error}")
        return None


def _day(row: SheetRow) -> date | None:
    text = row.texts.get("effective_from", "")
    try:
        return parse_day(text) if text else None
    except ValueError as error:
        row.errors.append(f"effective_from: {error}.")
        return None


def _percent(row: SheetRow) -> Decimal | None:
    text = row.texts.get("workflow_share", "").removesuffix("%").strip()
    if not text or text.casefold() == "off":
        return None
    try:
        share = read_amount(text)
    except AmountRefused:
        share = Decimal(0)
    if not 0 < share <= 100:
        row.errors.append("workflow_share: Enter a percentage up to 100, such as 20, or off.")
        return None
    return share
