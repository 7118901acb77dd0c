"""What certain days of the month cost beyond their weekday: month-end batches, runs on the 1st."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from finops.forecast.history import Days, Floats, History, median_of_known

#: Months that speak for an effect, and how many of them must.
_MONTHS: Final = 6
_ENOUGH: Final = 2
#: Days of a month by their place: 28 from its beginning, the last three from its end.
_FROM_START: Final = 28
_FROM_END: Final = 3
_PLACES: Final = _FROM_START + _FROM_END
#: How far beyond a budget's usual ups and downs an effect must stand out.
_NOTABLE: Final = 2.0


@dataclass(frozen=True, slots=True)
class MonthShape:
    """Dollars that days of a month cost beyond usual, as the months before it showed.

    An effect counts when the median of the last months, and one more without any, stands out: so
    two months must agree, and a runaway run on some 14th makes no 14th dear.
    """

    first: np.datetime64
    effects: Floats
    """``[budget, month, place]``: what the months before each month say about its days."""

    @classmethod
    def of(cls, history: History) -> MonthShape:
        """Learn the effects that were known in each month of a history."""
        days = history.first + np.arange(history.days + 1)
        month = _months_since(history.first, days)
        table = np.full((len(history.spend), month[-1] + 1, _PLACES), np.nan)
        table[:, month[:-1], _places(days[:-1])] = _beyond_usual(history)
        effects = np.zeros_like(table)
        for index in range(_ENOUGH, table.shape[1]):
            effects[:, index] = _common(table[:, max(index - _MONTHS, 0) : index])
        return cls(history.first, effects)

    def pick(self, budgets: Days) -> MonthShape:
        """Give the effects of some budgets alone."""
        return MonthShape(self.first, self.effects[budgets])

    def ahead(self, origins: Days, days: int) -> Floats:
        """Give the effects of the days from each origin on, ``[budget, origin, day]``."""
        dates = self.first + origins[:, None] + np.arange(days)
        return self.effects[:, _months_since(self.first, dates[:, :1]), _places(dates)]


def _beyond_usual(history: History) -> Floats:
    """Give what each day cost beyond the same weekday of the three weeks before it."""
    padded = np.pad(history.usual[-1], ((0, 0), (21, 0)), constant_values=np.nan)
    before = [padded[:, 21 - back : 21 - back + history.days] for back in (7, 14, 21)]
    return history.spend - (before[0] + before[1] + before[2]) / 3


def _common(months: Floats) -> Floats:
    """Give what several months, ``[budget, month, place]``, have in common, else 0."""
    seen = ~np.isnan(months)
    swings = np.where(seen, np.abs(months), 0.0).sum(axis=(1, 2))
    typical = swings / np.maximum(seen.sum(axis=(1, 2)), 1)
    none = np.zeros_like(months[:, :1])
    effect = median_of_known(np.concatenate([months, none], axis=1), axis=1)
    notable = (seen.sum(axis=1) >= _ENOUGH) & (np.abs(effect) > _NOTABLE * typical[:, None])
    return np.where(notable, effect, 0.0)


def _months_since(first: np.datetime64, days: npt.NDArray[np.datetime64]) -> Days:
    months: Days = (_month(days) - first.astype("datetime64[M]")).astype(np.intp)
    return months


def _month(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    return days.astype("datetime64[M]")


def _places(days: npt.NDArray[np.datetime64]) -> Days:
    month = _month(days)
    into = (days - month.astype("datetime64[D]")).astype(np.intp)
    left = ((month + 1).astype("datetime64[D]") - days).astype(np.intp)  # 1 on the last day
    places: Days = np.where(left <= _FROM_END, _PLACES - left, np.minimum(into, _FROM_START - 1))
    return places
