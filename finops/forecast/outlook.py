"""What the rest of a period will cost: the run rate from now on, and how far it may be off."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from finops.forecast.band import spread
from finops.forecast.history import Floats
from finops.forecast.rate import RunRate

#: So many times its usual spend is the most that a running day is believed to go on with.
_RUNAWAY: Final = 2.0


class Outlook(NamedTuple):
    """What is still to come, ``[budget]`` in dollars, and its share by the end of each day."""

    low: Floats
    mid: Floats
    high: Floats
    course: Floats


def outlook(
    rate: RunRate,
    origin: int,
    days: int,
    *,
    today: Floats | None = None,
    passed: float = 0.0,
) -> Outlook:
    """Look ahead from a day of a history over so many days, the running one first.

    ``today``: what the running day cost so far, and ``passed``, the share of it that is behind.
    Without them it has only begun. Nothing below what is spent already is foreseen for budgets
    that never had a credit.
    """
    history = rate.history
    today = np.zeros(len(history.spend)) if today is None else today
    now = np.array([origin])
    foreseen = rate.days_ahead(now, days)[:, 0]
    foreseen[:, 0] = _rest_of_day(foreseen[:, 0], today, passed)
    mid = foreseen.sum(axis=1)
    below, above = (side * np.sqrt(1 - passed / days) for side in spread(rate, origin, days))
    credits_happen = history.has_credits_before(now)[:, 0] | (today < 0)
    low = np.where(credits_happen, mid - below, np.maximum(mid - below, 0.0))
    return Outlook(low, mid, mid + above, _course(foreseen))


def _rest_of_day(usual: Floats, today: Floats, passed: float) -> Floats:
    """Foresee the rest of a running day: the further it is, the more by its own pace.

    A runaway morning counts in what is spent; the afternoon is not thought to go on like it.
    """
    pace = np.clip(today, 0.0, np.maximum(_RUNAWAY * passed * usual, 0.0))
    return (1 - passed) * ((1 - passed) * usual + pace)


def _course(foreseen: Floats) -> Floats:
    """Give the share of all that is to come by the end of each day, ``[budget, day]``, last 1."""
    days = foreseen.shape[1]
    sums = np.cumsum(np.maximum(foreseen, 0.0), axis=1)
    total = sums[:, -1:]
    evenly = np.arange(1, days + 1) / days
    course = np.where(total > 0, sums / np.where(total > 0, total, 1.0), evenly)
    course[:, -1] = 1.0
    return course
