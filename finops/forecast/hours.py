"""How much of a day's usual spend is behind at a time of day: offices are dear in the morning."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from finops.rollups.queries import Scope, rows_of

_WEEKS: Final = timedelta(weeks=4)
#: Days with spend that a share needs, for one runaway night not to be the rule.
_ENOUGH: Final = 3


def usual_share(now: datetime) -> float | None:
    """Give the share of the organisation's spend of a day that is usually behind by now, 0 to 1.

    ``now`` carries the reporting zone. None where too few days speak for it.
    """
    today = now.date()
    rows = rows_of(Scope(grain="hour", since=today - _WEEKS, until=today))
    costs = {row.period: row.measures.cost for row in rows if row.period is not None}
    hours = pd.to_datetime(list(costs), utc=True).tz_convert(now.tzinfo)
    return share_behind(pd.Series(list(costs.values()), index=hours, dtype=object), now)


def share_behind(hourly: pd.Series[Any], now: datetime) -> float | None:
    """Give the share of a day's spend that is behind at the clock of now: the median of past days.

    ``hourly``: dollars by start of hour in the reporting zone; hours without spend may be missing.
    The median, so that one strange day changes nothing; None below three days with spend.
    """
    hours = pd.DatetimeIndex(hourly.index)
    spend = hourly.astype(np.float64).clip(lower=0.0)
    # By the clock, not by time gone: a night that lost an hour has no less of a morning.
    behind = np.clip(now.hour + now.minute / 60 - hours.hour.to_numpy(), 0.0, 1.0)
    whole = spend.groupby(hours.date).sum()
    shares = (spend * behind).groupby(hours.date).sum() / whole.where(whole > 0)
    past = shares[whole.index != now.date()].dropna()
    return past.median() if len(past) >= _ENOUGH else None
