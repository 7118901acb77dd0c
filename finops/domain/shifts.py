"""On which day did daily cost move to another level? Weekends aside, and only when it is plain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

Series = Sequence[tuple[date, Decimal]]

#: Days that each level must have lasted.
_SHORTEST: Final = 4
#: How much higher the higher level must be.
_STEP: Final = Decimal("1.2")
#: How much of the ups and downs the two levels must explain.
_PLAIN: Final = Decimal("0.5")


class Shift(NamedTuple):
    """From ``day`` on a mean day cost ``after`` instead of ``before``."""

    day: date
    before: Decimal
    after: Decimal


def find_shift(series: Series) -> Shift | None:
    """Find the day that parts a series of whole days best into two levels; None for no plain one.

    Each day is held against what its weekday costs on average, so that weekends are no shift.
    """
    level = _without_weekdays(series)
    places = range(_SHORTEST, len(series) - _SHORTEST + 1)
    spread = _spread(level)
    if not places or not spread:
        return None
    left_over = {at: _spread(level[:at]) + _spread(level[at:]) for at in places}
    at = min(left_over, key=lambda place: left_over[place])
    before, after = _mean(level[:at]), _mean(level[at:])
    if max(before, after) < min(before, after) * _STEP or left_over[at] > spread * (1 - _PLAIN):
        return None
    amounts = [amount for _, amount in series]
    return Shift(series[at][0], _mean(amounts[:at]), _mean(amounts[at:]))


def _without_weekdays(series: Series) -> list[Decimal]:
    """Give each day as a part of what its weekday costs on average."""
    by_weekday: dict[int, list[Decimal]] = {}
    for day, amount in series:
        by_weekday.setdefault(day.weekday(), []).append(amount)
    usual = {weekday: _mean(amounts) for weekday, amounts in by_weekday.items()}
    return [
        amount / usual[day.weekday()] if usual[day.weekday()] else Decimal(0)
        for day, amount in series
    ]


def _spread(values: Sequence[Decimal]) -> Decimal:
    mean = _mean(values)
    return sum(((value - mean) ** 2 for value in values), Decimal(0))


def _mean(values: Sequence[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values) if values else Decimal(0)
