"""Which months are closed. Whoever writes calls, charges, lines or runs asks here first.

Closing waits for publications under way and holds off new ones (``PUBLICATIONS_LOCK``), so what
is read here under that lock stays true until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from finops.domain.periods import next_month
from finops.models import MonthClose


class MonthClosed(ValueError):
    """Something would change a month that finance has closed. The message names the months."""

    def __init__(self, months: Iterable[date]) -> None:
        self.months = tuple(sorted(set(months)))
        named = ", ".join(f"{month:%B %Y}" for month in self.months)
        verb = "is" if len(self.months) == 1 else "are"
        super().__init__(f"{named} {verb} closed; finance can reopen a month under Bills")


def closed_months() -> frozenset[date]:
    """Give the first days of all months that are closed now."""
    return frozenset(MonthClose.objects.filter(reopened_at=None).values_list("month", flat=True))


def closed_among(months: Iterable[date]) -> frozenset[date]:
    """Give those of the months (any days in them) that are closed."""
    return frozenset(day.replace(day=1) for day in months) & closed_months()


def refuse_closed(months: Iterable[date]) -> None:
    """Raise MonthClosed when any of the months (any days in them) is closed."""
    if closed := closed_among(months):
        raise MonthClosed(closed)


def posting_month(month: date, closed: frozenset[date]) -> date:
    """Say to which month something of ``month`` is posted: its own, else the next open one."""
    while month in closed:
        month = next_month(month)
    return month
