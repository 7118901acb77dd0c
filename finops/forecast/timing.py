"""How much of a day and of a period is known, and when that is too little to forecast from."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Final, NamedTuple

from finops.domain.budget_periods import BudgetPeriod

_DAY: Final = timedelta(days=1)
#: Full days that there must be, of the history at all and of a month.
FULL_DAYS: Final = 3
#: The part of any other period that must have passed.
_TENTH: Final = 0.1


class Known(NamedTuple):
    """Up to when spend is known: all days before ``day``, and ``passed`` (0 to 1) of ``day``."""

    day: date
    passed: float


def known_until(as_of: datetime, data_to: datetime | None = None) -> Known:
    """Give what is known at an instant that carries the reporting zone.

    A day of a change of clocks has 23 or 25 hours; its share is that of its own length. Raises
    ValueError for instants without a zone.
    """
    zone = as_of.tzinfo
    if zone is None or (data_to is not None and data_to.tzinfo is None):
        raise ValueError("instants need a time zone")
    moment = (as_of if data_to is None else min(as_of, data_to)).astimezone(zone)
    midnight = datetime.combine(moment.date(), time(), zone)
    next_midnight = datetime.combine(moment.date() + _DAY, time(), zone)
    # Two instants of one zone would be subtracted by their clocks, whatever the clocks did.
    behind = moment.timestamp() - midnight.timestamp()
    return Known(moment.date(), behind / (next_midnight.timestamp() - midnight.timestamp()))


def days_needed(period: BudgetPeriod, known: Known, *, history: int) -> int:
    """Say how many more days of data a forecast of a period needs; 0 when there is enough.

    A month needs three full days, any other period a tenth of itself, and each of them a history
    of three full days, be it from before the period.
    """
    passed = (known.day - period.start).days
    if period.kind == "month":
        wanting = FULL_DAYS - passed
    else:
        wanting = ceil(period.days * _TENTH - passed - known.passed)
    return max(wanting, FULL_DAYS - history, 0)
