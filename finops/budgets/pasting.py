"""A stretch of a spreadsheet, pasted: which of its cells is which line of which month."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from finops.budgets.refusals import BudgetRefused
from finops.domain.budget_periods import BudgetPeriod

#: What a year of three amounts needs, many times over.
LONGEST: Final = 20_000
#: The order of rows that do not say what they are.
ROWS: Final = ("yellow", "red", "planned")
_WORDS: Final[Mapping[str, str]] = {
    "yellow": "yellow",
    "red": "red",
    "plan": "planned",
    "budget": "planned",
}
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_NAMED: Final = re.compile(r"^([A-Za-z]{3})[a-z]*\.?[ \-/']*(\d{4}|\d{2})?$")
_NUMBERED: Final = re.compile(r"^(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2})?$|^(\d{1,2})/(\d{4})$")

Cells = Sequence[Sequence[str]]


def read_paste(text: str, periods: Sequence[BudgetPeriod]) -> dict[tuple[str, date], str]:
    """Give what was pasted for ``(yellow | red | planned, first day of the period)``, as typed.

    Cells are parted by tabs, rows by line ends, months run across or down. A first row of months
    and a first column of names are understood; without them cells go by their order. Raises
    BudgetRefused, field ``pasted``, for what fits nowhere.
    """
    cells = _cells(text)
    if _runs_down(cells):
        cells = [list(column) for column in zip(*_padded(cells), strict=True)]
    places = _places(cells[0], periods) if _header(cells[0]) else None
    rows = [row for row in cells[1 if places else 0 :] if any(row)]
    labelled = any(_row_named(row[0]) for row in rows)
    found: dict[tuple[str, date], str] = {}
    for name, row in _named(rows, labelled=labelled):
        begin = 1 if labelled else 0
        for place, amount in enumerate(row[begin:], begin if places else 0):
            period = _period(place, places, periods)
            if amount and period is not None:
                found[name, period.start] = amount
    if not found:
        raise _refused("Nothing in it could be placed. Copy rows of amounts, and paste again.")
    return found


def _cells(text: str) -> list[list[str]]:
    if len(text) > LONGEST:
        raise _refused("That is too much. Copy the rows of one budget only.")
    lines = [line for line in text.replace("\0", "").splitlines() if line.strip()]
    if not lines:
        raise _refused("Nothing was pasted. Copy cells in your spreadsheet, and paste them here.")
    return [[cell.strip().strip('"') for cell in line.split("\t")] for line in lines]


def _padded(cells: Cells) -> list[list[str]]:
    width = max(map(len, cells))
    return [[*row, *[""] * (width - len(row))] for row in cells]


def _runs_down(cells: Cells) -> bool:
    """Tell whether months go down: by their names, else by there being more rows than columns."""
    first = [row[0] for row in cells]
    if _header(cells[0]):
        return False
    return _header(first) or (len(cells) > len(ROWS) and max(map(len, cells)) <= len(ROWS))


def _header(row: Sequence[str]) -> bool:
    months = [cell for cell in row if _month(cell)]
    return len(months) >= 2 or (len(months) == 1 and len([cell for cell in row if cell]) == 1)


def _places(row: Sequence[str], periods: Sequence[BudgetPeriod]) -> list[BudgetPeriod | None]:
    """Give the period of each column of a row of months; None for another column, say a total."""
    return [
        next((each for each in periods if _is_month(cell, each)), None) if cell else None
        for cell in row
    ]


def _is_month(cell: str, period: BudgetPeriod) -> bool:
    found = _month(cell)
    return (
        found is not None
        and found[0] == period.start.month
        and found[1]
        in (
            None,
            period.start.year,
        )
    )


def _month(cell: str) -> tuple[int, int | None] | None:
    """Read ``Nov 2026``, ``Nov-26``, ``November``, ``2026-11`` or ``11/2026``: month, and year."""
    if (named := _NAMED.match(cell)) and named[1].lower() in _MONTHS:
        year = int(named[2]) if named[2] else None
        return _MONTHS[named[1].lower()], year + 2000 if year is not None and year < 100 else year
    if numbered := _NUMBERED.match(cell):
        return int(numbered[2] or numbered[3]), int(numbered[1] or numbered[4])
    return None


def _row_named(cell: str) -> str:
    return next((row for word, row in _WORDS.items() if word in cell.casefold()), "")


def _named(rows: Cells, *, labelled: bool) -> list[tuple[str, Sequence[str]]]:
    if labelled:
        return [(name, row) for row in rows if (name := _row_named(row[0]))]
    if len(rows) > len(ROWS):
        raise _refused("There are more than three rows. Copy yellow, red and planned only.")
    return list(zip(ROWS, rows, strict=False))


def _period(
    place: int,
    places: Sequence[BudgetPeriod | None] | None,
    periods: Sequence[BudgetPeriod],
) -> BudgetPeriod | None:
    if places is not None:
        return places[place] if place < len(places) else None
    if place >= len(periods):
        raise _refused(f"There are more than {len(periods)} columns. Copy a year at most.")
    return periods[place]


def _refused(message: str) -> BudgetRefused:
    return BudgetRefused("pasted", message)
