"""How much of a day's usual spend is behind at a time of day: offices are dear in the morning."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd

#: Days with spend that a share needs, for one runaway night not to be the rule.
_ENOUGH: Final = 3


def usual_shares(hourly: pd.DataFrame, now: datetime) -> dict[object, float]:
    """Give for each column the share of a day's spend that is usually behind at the clock of now.

    ``hourly``: spend by hour, some weeks of it; index: starts of hours in the reporting zone
    (hours without spend may be missing); one column per budget key, in dollars. ``now`` is in that
    zone; its own day does not count. It is the median over days, so that one strange day changes
    nothing; keys that spent on fewer than three days are left out.
    """
    hours = pd.DatetimeIndex(hourly.index)
    if hours.tz is None or now.tzinfo is None:
        raise ValueError("hours and now need the reporting zone")
    spend = hourly.astype(np.float64).clip(lower=0.0)
    days = hours.date
    # By the clock, not by time gone: a night that lost an hour has no less of a morning.
    behind = np.clip((now.hour + now.minute / 60) - hours.hour.to_numpy(), 0.0, 1.0)
    whole = spend.groupby(days).sum()
    part = spend.mul(behind, axis=0).groupby(days).sum()
    past = whole.index != now.date()
    shares = (part[past] / whole[past].where(whole[past] > 0)).astype(np.float64)
    known = shares.columns[shares.count() >= _ENOUGH]
    return dict(shares[known].median())
