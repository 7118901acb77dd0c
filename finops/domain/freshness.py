"""When a source counts as stale: silent for longer than a day and its own rhythm allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

#: How long any source may be silent.
PATIENCE: Final = timedelta(hours=26)
#: How much later than its own rhythm a source may be.
MARGIN: Final = timedelta(hours=2)


def usual_gap(days: Collection[date]) -> timedelta | None:
    """Give the longest gap between days with calls that came at least twice; None without one.

    A source that rests at weekends has three days, one that delivers on Mondays seven. A gap that
    came once is an outage, not a rhythm.
    """
    gaps = Counter(later - earlier for earlier, later in pairwise(sorted(set(days))))
    return max((gap for gap, times in gaps.items() if times > 1), default=None)


def allowed_silence(days: Collection[date]) -> timedelta:
    """Say for how long a source with calls on these days may be silent."""
    gap = usual_gap(days)
    return PATIENCE if gap is None else max(PATIENCE, gap + MARGIN)


def is_stale(last_call: datetime, now: datetime, days: Collection[date]) -> bool:
    """Say whether the last call is longer ago than allowed; exactly as long is not."""
    return now - last_call > allowed_silence(days)
