"""The calendar periods that budgets are held against: day, week, month, quarter, year.

All are half-open stretches of days in the reporting zone. Weeks begin on Mondays; quarters and
years begin with the fiscal year's first month.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from finops.domain import display

PeriodKind = Literal["day", "week", "month", "quarter", "year"]
PERIOD_KINDS: Final[tuple[PeriodKind, ...]] = ("day", "week", "month", "quarter", "year")

_DAY: Final = timedelta(days=1)
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


class BudgetPeriod(NamedTuple):
    """Days ``[start, end)`` of one period."""

    kind: PeriodKind
    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """Its last day."""
        return self.end - _DAY

    @property
    def label(self) -> str:
        """Write it for people: ``November 2026``, or its first and last day."""
        if self.kind == "month":
            return f"{self.start:%B %Y}"
        return display.days(self.start, self.last)

    def contains(self, day: date) -> bool:
        """Say whether a day lies in it."""
        return self.start <= day < self.end


def period_around(kind: PeriodKind, day: date, *, fiscal_start: int = 1) -> BudgetPeriod:
    """Give the period of a kind that holds a day.

    ``fiscal_start`` is the month, 1 to 12, in which the fiscal year begins; it moves quarters and
    years alone. Raises ValueError for another kind or month.
    """
    if not 1 <= fiscal_start <= 12:
        raise ValueError("the fiscal year begins in a month from 1 to 12")
    if kind == "day":
        return BudgetPeriod(kind, day, day + _DAY)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return BudgetPeriod(kind, monday, monday + timedelta(days=7))
    if kind not in _MONTHS:
        raise ValueError(f"unknown period {kind!r}; choose from {', '.join(PERIOD_KINDS)}")
    length = _MONTHS[kind]
    into = (day.month - fiscal_start) % length if kind != "month" else 0
    start = _months_later(day.replace(day=1), -into)
    return BudgetPeriod(kind, start, _months_later(start, length))


def period_after(period: BudgetPeriod, *, fiscal_start: int = 1) -> BudgetPeriod:
    """Give the period that begins where this one ends."""
    return period_around(period.kind, period.end, fiscal_start=fiscal_start)


def periods_before(
    period: BudgetPeriod, count: int, *, fiscal_start: int = 1
) -> list[BudgetPeriod]:
    """Give the ``count`` periods directly before this one, oldest first."""
    found: list[BudgetPeriod] = []
    for _ in range(count):
        period = period_around(period.kind, period.start - _DAY, fiscal_start=fiscal_start)
        found.append(period)
    return found[::-1]


def _months_later(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
