"""How far off the run rate was before: the band that a forecast is given with.

The method is asked what it would have said on past days, for as many days as are left now, and
held against what came. The band is where four in five of those answers would have had to lie. A
budget that has seen few such stretches leans on the ups and downs of its weeks instead.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from finops.forecast.history import DAYS_USED, Days, Floats, History
from finops.forecast.rate import RunRate

#: What lies below and above the band: 80 % lie inside.
_OUTSIDE: Final = 0.1
#: How many past stretches are looked at, and how much of one they are apart.
_STRETCHES: Final = 20
_APART: Final = 3
#: How many days ago the first may begin: the rest of what is kept is what it was foreseen from.
_LOOK_BACK: Final = DAYS_USED - 240
#: A budget must be known so many days before a past stretch, for its forecast to say anything.
_WARM_UP: Final = 10
#: A stretch is at most this part of a budget's age long.
_STRETCH_OF_LIFE: Final = 3
#: Stretches that the prior counts for; errors that nothing could foresee, as part of the spend.
_PRIOR_WEIGHT: Final = 4.0
_UNFORESEEN: Final = 0.1
#: How many times a past stretch's spend is the most that its errors are stretched to.
_GROWN: Final = 10.0
#: What a budget's first days leave open: a part of the spend, divided by the days it is old.
_YOUTH: Final = 2.5
#: How far 80 % of a normal distribution reach, in standard deviations.
_REACH: Final = 1.28


class Spread(NamedTuple):
    """By how much the days to come may cost less or more than foreseen: ``[budget]``, dollars."""

    below: Floats
    above: Floats


def spread(rate: RunRate, origin: int, days: int) -> Spread:
    """Give the spread of the sum of so many days from an origin on, by what was before it.

    Young budgets learn from shorter stretches, of which there are more; that an error grows with
    the length of a stretch is then taken for granted.
    """
    age = _age(rate.history, origin)
    lengths = np.minimum(days, np.maximum(age // _STRETCH_OF_LIFE, 1))
    found = Spread(np.zeros(len(age)), np.zeros(len(age)))
    for length in np.unique(lengths).tolist():
        budgets = np.flatnonzero(lengths == length)
        part = _spread(rate.pick(budgets), origin, length)
        size = days * (days / length) ** 0.25
        found.below[budgets], found.above[budgets] = part.below * size, part.above * size
    return found


def _spread(rate: RunRate, origin: int, length: int) -> Spread:
    """Give the spread for a day of a stretch of some length."""
    weekly, typical = _weekly_noise(rate.history, np.array([origin]))
    youth = _YOUTH / _age(rate.history, origin)
    prior = _REACH * np.sqrt(_UNFORESEEN**2 + youth**2 + weekly**2 * 7 / max(length, 7))
    errors = _errors(rate, _past_origins(origin, length), length, least=typical / _GROWN)
    count = np.sum(~np.isnan(errors), axis=1) / min(_APART, length)
    own = count / (count + _PRIOR_WEIGHT)
    below = prior + own * (-_quantile(errors, _OUTSIDE) - prior)
    above = prior + own * (_quantile(errors, 1 - _OUTSIDE) - prior)
    return Spread(np.maximum(below, 0.0) * typical, np.maximum(above, 0.0) * typical)


def _age(history: History, origin: int) -> Days:
    """Give how many days old each budget is, as far back as is looked."""
    return np.clip(origin - history.begun, 1, _LOOK_BACK)


def _past_origins(origin: int, length: int) -> Days:
    """Give past days whose stretch had ended by the origin, the last one first."""
    step = max(length // _APART, 1)
    origins: Days = origin - length - step * np.arange(_STRETCHES)
    return origins[origins >= max(origin - _LOOK_BACK, _WARM_UP)]


def _errors(rate: RunRate, origins: Days, length: int, *, least: Floats) -> Floats:
    """Give outcome less forecast as part of usual spend, ``[budget, origin]``; NaN if unknown.

    Spend may since have grown from next to nothing, of which any error was many times as much: so
    a typical day counts for ``least`` dollars.
    """
    history = rate.history
    foreseen = rate.days_ahead(origins, length).sum(axis=-1)
    typical = np.maximum(_typical_day(history, origins), least[:, None]) * length
    known = (history.begun[:, None] <= origins - _WARM_UP) & (typical > 0)
    outcome = history.sums(origins, length)
    return np.where(known, outcome - foreseen, np.nan) / np.where(known, typical, 1.0)


def _typical_day(history: History, origins: Days) -> Floats:
    """Give the size of the mean day of the last weeks, ``[budget, origin]``."""
    weeks = np.abs(history.weeks_before(origins))
    known = np.sum(~np.isnan(weeks), axis=(-1, -2))
    typical: Floats = np.nansum(weeks, axis=(-1, -2)) / np.maximum(known, 1)
    return typical


def _weekly_noise(history: History, now: Days) -> tuple[Floats, Floats]:
    """Give by what part of itself weekly spend goes up and down, and the typical day."""
    weeks = history.weeks_before(now)[:, 0]
    totals = weeks.sum(axis=-1) / 7
    typical = _typical_day(history, now)[:, 0]
    steps = np.abs(np.diff(totals, axis=-1))
    count = np.sum(~np.isnan(steps), axis=-1)
    mean = np.nansum(steps, axis=-1) / np.maximum(count, 1)
    relative = mean / np.where(typical > 0, typical, 1.0)
    return (relative * count + 0.2 * 2) / (count + 2), typical


def _quantile(errors: Floats, share: float) -> Floats:
    """Give the value below which a share of each row's known errors lies; 0 where there are none.

    Between two errors it goes straight; ``(n + 1) · share`` leans outwards, as few errors should.
    """
    if not errors.shape[1]:
        return np.zeros(len(errors))
    ordered = np.sort(errors, axis=1)
    count = np.sum(~np.isnan(errors), axis=1)
    place = np.clip((count + 1) * share - 1, 0, np.maximum(count - 1, 0))
    lower = np.floor(place).astype(np.intp)
    upper = np.minimum(lower + 1, np.maximum(count - 1, 0))
    rows = np.arange(len(ordered))
    low, high = ordered[rows, lower], ordered[rows, upper]
    between: Floats = np.nan_to_num(low + (high - low) * (place - lower))
    return between
