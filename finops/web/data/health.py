"""What the first page of the Data room shows of each source: its state, its lag, fourteen days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from finops.models import Source
from finops.rollups.activity import Activity
from finops.web.data.words import State, lag, short_count, silence
from ingest.models import Import
from ingest.record import Deliveries, last_told

#: Days of the completeness table, today included.
DAYS: Final = 14
_WEEK: Final = timedelta(days=6)


class Cell(NamedTuple):
    """One day of one source: what stands there, what it means, and how full it looks."""

    text: str
    meaning: str
    level: str


class SourceHealth(NamedTuple):
    """One row of the table of sources."""

    source: Source
    state: State
    lag: str
    last_call: datetime | None
    allowed: str
    last_import: Import | None
    calls_in_24_hours: int
    calls_in_7_days: int
    rejected: int
    unpriced: int
    cells: tuple[Cell, ...]


def days_shown(today: date) -> list[date]:
    """List the days of the completeness table, oldest first."""
    return [today - timedelta(days=back) for back in reversed(range(DAYS))]


def source_health(
    active: Sequence[Activity], brought: Mapping[int, Deliveries], *, now: datetime, today: date
) -> list[SourceHealth]:
    """Describe each source as of now; days are those of the reporting zone."""
    return [_health(one, brought.get(one.source.pk), now, today) for one in active]


def _health(one: Activity, brought: Deliveries | None, now: datetime, today: date) -> SourceHealth:
    last_call = one.last_call or last_told(one.source.pk)
    stale = one.is_stale(now) or (one.last_call is None and last_call is not None)
    return SourceHealth(
        source=one.source,
        state=_state(last_call, is_stale=stale),
        lag=lag(last_call, now),
        last_call=last_call,
        allowed=silence(one.allowed_silence),
        last_import=brought.last if brought else None,
        calls_in_24_hours=one.calls_in_24_hours,
        calls_in_7_days=one.calls_since(today - _WEEK),
        rejected=brought.rejected if brought else 0,
        unpriced=one.unpriced_since(today - _WEEK),
        cells=tuple(_cell(one, day, today) for day in days_shown(today)),
    )


def _state(last_call: datetime | None, *, is_stale: bool) -> State:
    if last_call is None:
        return State("none", "No calls yet")
    return State("stale", "Stale") if is_stale else State("ok", "On time")


def _cell(one: Activity, day: date, today: date) -> Cell:
    count = one.days.get(day)
    if day == today and one.days:
        return Cell(short_count(count.calls if count else 0), "so far", "today")
    if count is None:
        if one.source.role == Source.EVIDENCE:
            return Cell("–", "not added up", "aside")
        if not one.days or day < min(one.days):
            return Cell("–", "nothing yet", "aside")
        return Cell("0", "no calls", "none")
    if count.calls * 2 < _usual(one, day, today):
        return Cell(short_count(count.calls), "less than half of usual", "low")
    return Cell(short_count(count.calls), "as usual", "full")


def _usual(one: Activity, day: date, today: date) -> int:
    """Give the middle one of what came on the same weekdays: weekends are no outage."""
    known = sorted(
        count.calls
        for on, count in one.days.items()
        if on != today and on.weekday() == day.weekday()
    )
    return known[len(known) // 2]
