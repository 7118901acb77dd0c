"""The run rate: what the next days will cost, judged by the weeks before them.

Spend of a day = level × its weekday's share + what its place in the month costs beyond that. The
level is the mean of two smoothed ones, a steady and a quick, each weighed by how well it foresaw
this budget's weeks; so noise is averaged out and a change of prompt is followed within days. A
trend counts as far as it stands out of the noise, and fades.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from finops.forecast.history import WEEKS, Days, Floats, History, median_of_known
from finops.forecast.month_shape import MonthShape

#: How much of a week's surprise each smoothed level takes over.
_STEADY, _QUICK = 0.3, 1.0
#: How much of a week's error is remembered a week later, and how strongly errors are punished.
_MEMORY: Final = 0.8
_STRICTNESS: Final = 4
_BENEFIT_OF_DOUBT: Final = 0.1
#: A weekday's share leans towards every day alike as if a third of a week had been so.
_EVENNESS: Final = 0.3
#: A trend of this part of the level a week at most, of which so much is left a week later.
_STEEPEST: Final = 0.03
_FADING: Final = 0.9
_WEEKS_FOR_A_TREND: Final = 4
#: A week of which under two days are known says too little.
_ENOUGH_OF_A_WEEK: Final = 2 / 7


@dataclass(frozen=True, slots=True)
class RunRate:
    """Foresees days of every budget of a history from any of its days on, by the days before it."""

    history: History
    month_shape: MonthShape

    @classmethod
    def of(cls, history: History) -> RunRate:
        """Learn from a history; what is asked of one of its days goes by the days before it."""
        return cls(history, MonthShape.of(history))

    def pick(self, budgets: Days) -> RunRate:
        """Give the run rate of some budgets alone."""
        return RunRate(self.history.pick(budgets), self.month_shape.pick(budgets))

    def days_ahead(self, origins: Days, days: int) -> Floats:
        """Foresee the days from each origin on, ``[budget, origin, day]`` in dollars."""
        weeks = self.history.weeks_before(origins)
        shares = weekday_shares(weeks)
        level, trend = level_and_trend(weekly_levels(weeks, shares))
        ahead = np.arange(days)
        weeks_on = 0.5 + (ahead + 0.5) / 7  # from the middle of the last week
        faded = (1 - _FADING**weeks_on) / (1 - _FADING)
        usual = (level[..., None] + trend[..., None] * faded) * shares[..., ahead % 7]
        foreseen = usual + self.month_shape.ahead(origins, days)
        credits_happen = self.history.has_credits_before(origins)[..., None]
        return np.where(credits_happen, foreseen, np.maximum(foreseen, 0.0))


def weekday_shares(weeks: Floats) -> Floats:
    """Give how each weekday compares to the mean day, ``[…, day]``, mean 1.

    Each week is measured by its own total, so growth does not distort it, and the median over the
    weeks passes over a weekend that was worked.
    """
    totals = weeks.sum(axis=-1, keepdims=True)  # NaN unless the whole week is known
    shares = np.where(totals > 0, weeks, np.nan) / np.where(totals > 0, totals, np.nan)
    whole_weeks = np.sum(totals > 0, axis=-2)
    median = np.nan_to_num(median_of_known(shares, axis=-2))
    sums = median.sum(axis=-1, keepdims=True)
    relative = np.where(sums > 0, median / np.where(sums > 0, sums, 1.0) * 7, 1.0)
    even: Floats = (relative * whole_weeks + _EVENNESS) / (whole_weeks + _EVENNESS)
    return even


def weekly_levels(weeks: Floats, shares: Floats) -> Floats:
    """Give the mean day of each week, ``[…, week]``; NaN for a week of which too little is known.

    Where the first days of a week are unknown, its other weekdays' shares make up for them.
    """
    known = ~np.isnan(weeks)
    weight = np.where(known, shares[..., None, :], 0.0).sum(axis=-1)
    enough = (weight > 0) & (known.mean(axis=-1) >= _ENOUGH_OF_A_WEEK)
    sums = np.where(known, weeks, 0.0).sum(axis=-1)
    return np.where(enough, sums / np.where(enough, weight, 1.0), np.nan)


def level_and_trend(weekly: Floats) -> tuple[Floats, Floats]:
    """Give the mean day of the last week and by how much it rises a week; 0 for no history."""
    trend = _trend(weekly)
    steady, steadys_error = _smoothed(weekly, trend, _STEADY)
    quick, quicks_error = _smoothed(weekly, trend, _QUICK)
    trust = _trust(steadys_error, quicks_error)
    return np.nan_to_num(steady * trust + quick * (1 - trust)), trend


def _smoothed(weekly: Floats, trend: Floats, gain: float) -> tuple[Floats, Floats]:
    """Smooth weekly levels; give the last value and how far off it was, lately above all."""
    level = np.full(trend.shape, np.nan)
    error = np.zeros(trend.shape)
    for week in np.moveaxis(weekly, -1, 0):
        foreseen = level + trend
        surprise = week - foreseen
        error = np.where(np.isnan(surprise), error, _MEMORY * error + np.abs(surprise))
        begun = np.where(np.isnan(foreseen), week, foreseen)
        level = np.where(np.isnan(surprise), begun, foreseen + gain * surprise)
    return level, error


def _trust(error: Floats, others_error: Floats) -> Floats:
    """Say how much weight the first of two answers deserves: a half where both erred alike."""
    both = error + others_error
    share = np.where(both > 0, others_error / np.where(both > 0, both, 1.0), 0.5)
    share = (share + _BENEFIT_OF_DOUBT) / (1 + 2 * _BENEFIT_OF_DOUBT)
    chance: Floats = share**_STRICTNESS
    return chance / (chance + (1 - share) ** _STRICTNESS)


_EARLIER, _LATER = np.triu_indices(WEEKS, 1)


def _trend(weekly: Floats) -> Floats:
    """Give the median slope between any two weeks, as far as it stands out of the noise."""
    slopes = (weekly[..., _LATER] - weekly[..., _EARLIER]) / (_LATER - _EARLIER)
    slope = np.nan_to_num(median_of_known(slopes))
    rest = weekly - slope[..., None] * np.arange(WEEKS)
    noise = 1.5 * np.nan_to_num(median_of_known(np.abs(rest - median_of_known(rest)[..., None])))
    count = np.sum(~np.isnan(weekly), axis=-1)
    doubt = 2.4 * noise / np.sqrt(np.maximum(count * (count**2 - 1) / 12, 1))
    size = np.abs(slope)
    doubted = np.minimum(doubt, size) / np.where(size > 0, size, 1.0)
    trusted = np.where(count >= _WEEKS_FOR_A_TREND, 1 - doubted**2, 0.0)
    steepest = _STEEPEST * np.abs(np.nan_to_num(median_of_known(weekly)))
    return np.clip(slope * trusted, -steepest, steepest)
