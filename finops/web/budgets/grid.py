"""Amounts for single months: a year of them, each the same as the one before unless it says so.

The first is the same as the three amounts of the form, whose fields are named like the rows here.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from finops.budgets.checks import Line, check_line
from finops.budgets.lines import Schedule
from finops.budgets.refusals import BudgetRefused
from finops.domain.budget_periods import BudgetPeriod, period_after
from finops.web.budgets.drawing import short_name
from finops.web.budgets.fields import LineField

if TYPE_CHECKING:
    from finops.web.budgets.forms import BudgetForm

#: How many periods of a kind can have amounts of their own: a year.
LENGTHS: Final = {"month": 12, "quarter": 4}
ROWS: Final = {"yellow": "Yellow", "red": "Red", "planned": "Planned"}


def add(form: BudgetForm, first: BudgetPeriod) -> list[BudgetPeriod]:
    """Add a field for each amount of each period to a form; gives the periods."""
    periods = periods_from(first, form.organization.fiscal_year_start_month)
    for period in periods:
        for name, label in zip(names(period), ROWS.values(), strict=True):
            form.fields[name] = LineField(
                currency=form.organization.currency,
                name=f"{label}, {period.label}",
                label=f"{label}, {period.label}",
                required=False,
                attrs={"data-cell": ""},
            )
    return periods


def periods_from(first: BudgetPeriod, fiscal_start: int) -> list[BudgetPeriod]:
    """Give the periods of the grid; none for a kind without one."""
    periods = [first] if first.kind in LENGTHS else []
    while 0 < len(periods) < LENGTHS.get(first.kind, 0):
        periods.append(period_after(periods[-1], fiscal_start=fiscal_start))
    return periods


def names(period: BudgetPeriod) -> list[str]:
    """Name the fields of a period's amounts."""
    return [f"{row}_{period.start:%Y%m%d}" for row in ROWS]


def lines(periods: Sequence[BudgetPeriod], values: Mapping[str, Any]) -> list[Line]:
    """Give the dated lines, neighbours that are alike joined; an empty cell carries on."""
    found: list[Line] = []
    for period, amounts in carried(periods, values):
        line = replace(Line(**amounts), starts=period.start)
        if not found or _amounts(found[-1]) != _amounts(line):
            found.append(line)
    return found


def carried(
    periods: Sequence[BudgetPeriod], values: Mapping[str, Any]
) -> Iterator[tuple[BudgetPeriod, dict[str, Any]]]:
    """Give each period with its amounts, where empty ones are those of the period before."""
    held: dict[str, Any] = {row: values.get(row) for row in ROWS}
    for period in periods:
        given = {row: values.get(name) for row, name in zip(ROWS, names(period), strict=True)}
        held = held | {row: amount for row, amount in given.items() if amount is not None}
        yield period, dict(held)


def problems(
    periods: Sequence[BudgetPeriod], values: Mapping[str, Any], wrong: Container[str]
) -> Iterator[tuple[str, str]]:
    """Name the fields that something is wrong with, and say what; not those that say so already."""
    for place, (period, amounts) in enumerate(carried(periods, values)):
        cells = dict(zip(ROWS, names(period), strict=True))
        if any(name in wrong for name in cells.values()):
            continue
        missing = [row for row in ("yellow", "red") if amounts[row] is None]
        if missing and place == 0:
            yield missing[0], f"Enter the {missing[0]} line, such as 12,000."
        elif not missing:
            try:
                check_line(Line(**amounts))
            except BudgetRefused as error:
                yield cells.get(error.field, cells["red"]), f"{period.label}: {error}"


def initial(periods: Sequence[BudgetPeriod], schedule: Schedule) -> dict[str, Any]:
    """Give the amounts that change from one period to the next, as a form's initial values."""
    found: dict[str, Any] = {}
    held = schedule.lines(periods[0].start) if periods else None
    for period in periods:
        lines = schedule.lines(period.start)
        for row, name in zip(ROWS, names(period), strict=True):
            if getattr(lines, row) != getattr(held, row):
                found[name] = getattr(lines, row)
        held = lines
    return found


def heading(period: BudgetPeriod) -> str:
    """Write a period over its column: ``Nov 2026``, ``Oct–Dec``."""
    return f"{period.start:%b %Y}" if period.kind == "month" else short_name(period)


def differ(periods: Sequence[BudgetPeriod], schedule: Schedule) -> bool:
    """Tell whether a schedule has several lines among the periods."""
    return len({schedule.lines(period.start)[:3] for period in periods}) > 1


def _amounts(line: Line) -> tuple[Decimal | None, ...]:
    return line.yellow, line.red, line.planned
