"""On which day did daily cost move to another level? Weekends aside, and only when it is plain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

Series = Sequence[tuple[date, Decimal]]

#: Days that each level must have lasted, and days that are looked at.
_SHORTEST: Final = 4
_LONGEST: Final = 70
#: How much higher the higher level must be.
_STEP: Final = Decimal("1.2")
#: How much of the ups and downs the two levels must explain.
_PLAIN: Final = Decimal("0.6")


class Shift(NamedTuple):
    """From ``day`` on a mean day cost ``after`` instead of ``before``."""

    day: date
    before: Decimal
    after: Decimal


def find_shift(series: Series) -> Shift | None:
    """Find the day that parts the last whole days best into two levels; None for no plain one.

    Each day is held against its weekday: a week at another level is the same week, multiplied.
    """
    series = series[-_LONGEST:]
    unexplained = _left_over(series, len(series), Decimal(1))
    best, least = None, (unexplained * (1 - _PLAIN), Decimal(0))
    for at in range(1, len(series)):
        ratio = _ratio(series[:at], series[at:])
        if ratio is None or 1 / _STEP < ratio < _STEP:
            continue
        # A weekday that occurs on one side alone fits any level: then the plain levels decide.
        left = _left_over(series, at, ratio), _spread(series[:at]) + _spread(series[at:])
        if left < least:
            best, least = at, left
    if best is None or not _SHORTEST <= best <= len(series) - _SHORTEST:
        return None
    amounts = [amount for _, amount in series]
    return Shift(series[best][0], _mean(amounts[:best]), _mean(amounts[best:]))


def _ratio(before: Series, after: Series) -> Decimal | None:
    """Say how many times as much the same weekdays cost afterwards; None without any in common."""
    past, present = _by_weekday(before), _by_weekday(after)
    common = set(past) & set(present)
    base = sum((past[weekday] for weekday in common), Decimal(0))
    return sum((present[weekday] for weekday in common), Decimal(0)) / base if base else None


def _left_over(series: Series, at: int, ratio: Decimal) -> Decimal:
    """Sum up the squares of what no week explains that is ``ratio`` times itself from ``at`` on."""
    scales = [Decimal(1) if place < at else ratio for place in range(len(series))]
    week = _by_weekday(
        [
            (day, amount / scale)
            for (day, amount), scale in zip(series, scales, strict=True)
            if scale
        ]
    )
    return sum(
        (
            (amount - scale * week.get(day.weekday(), Decimal(0))) ** 2
            for (day, amount), scale in zip(series, scales, strict=True)
        ),
        Decimal(0),
    )


def _by_weekday(series: Series) -> dict[int, Decimal]:
    """Give the mean of each weekday that occurs."""
    found: dict[int, list[Decimal]] = {}
    for day, amount in series:
        found.setdefault(day.weekday(), []).append(amount)
    return {weekday: _mean(amounts) for weekday, amounts in found.items()}


def _spread(series: Series) -> Decimal:
    """Sum up the squares of what is not the mean."""
    mean = _mean([amount for _, amount in series])
    return sum(((amount - mean) ** 2 for _, amount in series), Decimal(0))


def _mean(values: Sequence[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values) if values else Decimal(0)
