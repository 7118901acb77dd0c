"""The months of an organisation and how each stands: open, closed by whom, opened again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from finops.closing.asking import begins_after, months_with_data
from finops.models import MonthClose
from finops.sql import snapshot

OPEN, RUNNING, CLOSED = "open", "running", "closed"
#: Months that are listed: five years.
_MOST: Final = 60


@dataclass(frozen=True)
class Month:
    """One month; ``closes`` are all its closes, the newest first, without their figures."""

    month: date
    state: str
    closes: tuple[MonthClose, ...]

    @property
    def current(self) -> MonthClose | None:
        """The close that holds; None while the month is open."""
        return next((each for each in self.closes if each.reopened_at is None), None)

    @property
    def has_reopened(self) -> bool:
        """Say whether it was ever closed and opened again."""
        return any(each.reopened_at is not None for each in self.closes)

    def as_json(self) -> dict[str, Any]:
        """Give it for scripts."""
        held = self.current
        return {
            "month": f"{self.month:%Y-%m}",
            "state": self.state,
            "version": held.version if held else None,
            "closed_at": held.closed_at.isoformat() if held else None,
            "closed_by": held.closed_by if held else None,
            "reason": held.reason if held else None,
            "sha256": held.sha256 if held else None,
        }


def months(*, now: datetime) -> list[Month]:
    """List the months that have data or were closed, the newest first."""
    with snapshot():
        closes = list(MonthClose.objects.defer("figures", "checklist").order_by("-version"))
        known = {*months_with_data(), *(each.month for each in closes)}
    newest = sorted(known, reverse=True)[:_MOST]
    return [_month(month, closes, now) for month in newest]


def next_to_close(listed: Sequence[Month]) -> date | None:
    """Give the oldest month that is over and open."""
    return min((each.month for each in listed if each.state == OPEN), default=None)


def latest_closed(listed: Sequence[Month]) -> date | None:
    """Give the month that may be opened again: the latest closed one."""
    return max((each.month for each in listed if each.state == CLOSED), default=None)


def _month(month: date, closes: Sequence[MonthClose], now: datetime) -> Month:
    own = tuple(each for each in closes if each.month == month)
    if any(each.reopened_at is None for each in own):
        state = CLOSED
    else:
        state = OPEN if now >= begins_after(month) else RUNNING
    return Month(month, state, own)
