"""Past days of several budgets side by side, as the forecast sees them from a given day.

Arrays here are ``[budget, day]`` in dollars. Floats are right: everything made of them is an
estimate, and the exact part of a forecast, what was spent, never comes through here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.intp]

#: How many weeks before a day say how much the next ones will cost, and on which weekdays.
WEEKS: Final = 8
_WEEK: Final = 7
_WINDOW: Final = WEEKS * _WEEK
#: The days that a day is held against: two weeks before it, and the days since, up to six.
_BEFORE: Final = 14
_AFTER: Final = 6
#: Older days say nothing about the next ones, and would only cost time. The older half is for the
#: forecasts of then, which the band is made of: seven months, and the three weeks before those.
DAYS_USED: Final = 400


class DailySpend(NamedTuple):
    """Full days of several budgets, ``[budget, day]`` from ``first`` on, and the running one."""

    first: date
    full_days: Floats
    today: Floats

    def recent(self) -> DailySpend:
        """Leave out days that are too old to say anything."""
        older = max(self.full_days.shape[1] - DAYS_USED, 0)
        return self._replace(
            first=self.first + timedelta(days=older), full_days=self.full_days[:, older:]
        )

    def days_of(self, budget: int) -> int | None:
        """Count a budget's full days from its first spend on; None when there is no full day.

        A budget without any spend has them all: that it costs nothing is known, not missing.
        """
        days = self.full_days[budget]
        if not len(days):
            return None
        spent = np.flatnonzero(days)
        if not len(spent):
            return 0 if self.today[budget] else len(days)
        begun: int = spent[0].item()
        return len(days) - begun


def read(daily: pd.DataFrame, *, running: date) -> DailySpend:
    """Read a frame of daily spend: a row per calendar day, oldest first, a column per budget.

    It must reach to the running day or to the one before; what is after it is not looked at.
    Raises ValueError for amounts that are no numbers, and for days that are missing, doubled or
    out of order.
    """
    days = pd.DatetimeIndex(daily.index)
    if days.tz is not None:
        raise ValueError("days carry no time zone: they are days of the reporting zone")
    if len(days) and not days.equals(pd.date_range(days[0], periods=len(days))):
        raise ValueError("daily spend needs one row for every calendar day, oldest first")
    first = days[0].date() if len(days) else running
    full = max((running - first).days, 0)
    if len(days) < full:
        raise ValueError(f"daily spend ends before {running}, the running day")
    amounts = daily.to_numpy(dtype=np.float64).T
    if not np.isfinite(amounts).all():
        raise ValueError("daily spend holds amounts that are no numbers")
    today = amounts[:, full] if running >= first and len(days) > full else np.zeros(len(amounts))
    return DailySpend(first, amounts[:, :full], today)


@dataclass(frozen=True, slots=True)
class History:
    """What budgets cost on each day from ``first`` on, and what of it says something about later.

    A day counts from a budget's first spend on (``begun``). A one-off day counts for no more than
    the second dearest day around it, so that a runaway run does not move the run rate: three
    dear days are a new level, one or two are not. The same holds for days that fell out.
    """

    first: np.datetime64
    spend: Floats
    begun: Days
    usual: list[Floats]
    """By how many later days are known when a day is looked at, 0 to ``_AFTER``."""

    @classmethod
    def of(cls, first: date, spend: Floats) -> History:
        """Take in spend, ``[budget, day]`` from a first day on."""
        days = spend.shape[1]
        spent = spend != 0
        begun = np.argmax(np.pad(spent, ((0, 0), (0, 1)), constant_values=True), axis=1)
        known = np.where(np.arange(days) >= begun[:, None], spend, np.nan)
        return cls(np.datetime64(first, "D"), spend, begun, _without_one_offs(known))

    def pick(self, budgets: Days) -> History:
        """Give the history of some budgets alone."""
        usual = [seen[budgets] for seen in self.usual]
        return History(self.first, self.spend[budgets], self.begun[budgets], usual)

    @property
    def days(self) -> int:
        """How many days it holds."""
        days: int = self.spend.shape[1]
        return days

    def weeks_before(self, origins: Days) -> Floats:
        """Give the weeks before each day, ``[budget, origin, week, day]``, NaN where unknown.

        Weeks are counted back from the origin, the last one last; so the n-th day of each is of
        the same weekday as the n-th day from the origin on.
        """
        padding = np.full((len(self.spend), _WINDOW), np.nan)
        settled = np.concatenate([padding, self.usual[-1]], axis=1)
        window = sliding_window_view(settled, _WINDOW, axis=1)[:, origins].copy()
        for later in range(min(_AFTER, self.days)):  # days that only few later ones can speak for
            seen = origins > later
            window[:, seen, -1 - later] = self.usual[later][:, origins[seen] - 1 - later]
        return window.reshape(len(self.spend), len(origins), WEEKS, _WEEK)

    def sums(self, starts: Days, days: int) -> Floats:
        """Give what was spent in the days from each start on, ``[budget, start]``."""
        running = np.cumsum(np.pad(self.spend, ((0, 0), (1, 0))), axis=1)
        return running[:, starts + days] - running[:, starts]

    def has_credits_before(self, origins: Days) -> npt.NDArray[np.bool_]:
        """Say which budgets had a day below nothing before each day, ``[budget, origin]``."""
        negative = np.pad(np.cumsum(self.spend < 0, axis=1), ((0, 0), (1, 0)))
        return negative[:, origins] > 0


def median_of_known(values: Floats, axis: int = -1) -> Floats:
    """Give medians that pass over NaN; NaN where there is nothing else.

    ``numpy.nanmedian`` does the same one slice at a time, a hundred times slower.
    """
    ordered = np.sort(values, axis=axis)  # NaN comes last
    count = np.sum(~np.isnan(values), axis=axis, keepdims=True)
    lower = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis)
    upper = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[axis] - 1), axis)
    return ((lower + np.where(count > 0, upper, np.nan)) / 2).squeeze(axis)


def _without_one_offs(known: Floats) -> list[Floats]:
    """Bound each day by the days around it, once for each number of later days that are known."""
    expected = _same_weekday(known)
    dear, cheap = _Surprises(known - expected), _Surprises(expected - known)
    for back in range(1, _BEFORE + 1):
        dear.hold_against(back)
        cheap.hold_against(back)
    bounded = [expected + np.clip(known - expected, -cheap.bound(), dear.bound())]
    for ahead in range(1, _AFTER + 1):
        dear.hold_against(-ahead)
        cheap.hold_against(-ahead)
        bounded.append(expected + np.clip(known - expected, -cheap.bound(), dear.bound()))
    return bounded


def _same_weekday(known: Floats) -> Floats:
    """Give the median of the same weekday of the three weeks before; 0 in a budget's first week."""
    before = [_shifted(known, weeks * _WEEK) for weeks in (1, 2, 3)]
    return np.nan_to_num(median_of_known(np.stack(before, axis=-1)))


class _Surprises:
    """By how much each day was beyond its weekday, and the second most among days around it."""

    def __init__(self, surprise: Floats) -> None:
        self.surprise = np.where(np.isnan(surprise), -np.inf, surprise)
        self.most = np.full_like(self.surprise, -np.inf)
        self.second = self.most.copy()
        self.count = np.zeros_like(self.surprise)

    def hold_against(self, back: int) -> None:
        """Take in the day so many days before each (after it, when negative)."""
        other = _shifted(self.surprise, back, fill=-np.inf)
        self.second = np.maximum(self.second, np.minimum(self.most, other))
        self.most = np.maximum(self.most, other)
        self.count += np.isfinite(other)

    def bound(self) -> Floats:
        """Give by how much a day may surprise: the fewer it was held against, the more."""
        bound = np.maximum(self.second, 0.0) * (1 + _WEEK / np.maximum(self.count, 1))
        return np.where(self.count >= 2, bound, np.inf)


def _shifted(values: Floats, days: int, *, fill: float = np.nan) -> Floats:
    """Put what was so many days earlier (later, when negative) in each day's place."""
    shifted = np.full_like(values, fill)
    if abs(days) >= values.shape[1]:
        return shifted
    if days > 0:
        shifted[:, days:] = values[:, :-days]
    else:
        shifted[:, :days] = values[:, -days:]
    return shifted
