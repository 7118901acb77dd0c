"""What each source sent lately: the rhythm of its days, its last call, and what had no price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from finops.domain.freshness import allowed_silence, is_stale
from finops.domain.periods import day_start
from finops.models import Organization, Source
from finops.sql import load_sql, snapshot

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: How far back a rhythm is looked for: four weeks hold a weekly gap more than twice.
LOOK_BACK: Final = timedelta(days=28)
_DAY: Final = timedelta(days=1)


class DayCount(NamedTuple):
    """Calls of a source on one day, and those among them without a price."""

    calls: int
    unpriced: int


@dataclass
class Activity:
    """One source over the last four weeks; days are those of the reporting zone.

    ``days`` holds days with calls only, and none for evidence, which is in no rollup.
    ``last_call`` is None when the four weeks hold none.
    """

    source: Source
    days: dict[date, DayCount] = field(default_factory=dict)
    last_call: datetime | None = None
    calls_in_24_hours: int = 0

    def calls_since(self, day: date) -> int:
        """Add up the calls from a day on."""
        return sum(count.calls for on, count in self.days.items() if on >= day)

    def unpriced_since(self, day: date) -> int:
        """Add up the calls without a price from a day on."""
        return sum(count.unpriced for on, count in self.days.items() if on >= day)

    @property
    def allowed_silence(self) -> timedelta:
        """How long it may be silent before it counts as stale."""
        return allowed_silence(self.days)

    def is_stale(self, now: datetime) -> bool:
        """Say whether it has been silent for too long. Without a single call it is not stale."""
        return self.last_call is not None and is_stale(self.last_call, now, self.days)


def activity(now: datetime) -> list[Activity]:
    """Describe every source of calls, by name: four weeks of days, a day of calls, one moment."""
    with snapshot() as cursor:
        zone = Organization.current().zone
        today = now.astimezone(zone).date()
        sources = Source.objects.filter(kind=Source.USAGE).order_by("name")
        found = {source.pk: Activity(source) for source in sources}
        days = {"since": today - LOOK_BACK + _DAY, "until": today + 2 * _DAY}
        for source_id, day, calls, unpriced in _rows(cursor, "source_days", days):
            found[source_id].days[day] = DayCount(calls, unpriced)
        # Clocks differ: a call may claim to start up to a day ahead.
        lately = {"since": now - _DAY, "until": now + _DAY}
        for source_id, calls, last_call in _rows(cursor, "source_calls", lately):
            found[source_id].calls_in_24_hours, found[source_id].last_call = calls, last_call
        silent = [one for one in found.values() if one.last_call is None and one.days]
        for last_day in sorted({max(one.days) for one in silent}):
            hours = {
                "since": day_start(last_day, zone),
                "until": day_start(last_day + _DAY, zone),
            }
            last = {pk: call for pk, _, call in _rows(cursor, "source_calls", hours)}
            for one in silent:
                if max(one.days) == last_day:
                    one.last_call = last.get(one.source.pk)
    return list(found.values())


def _rows(cursor: CursorWrapper, name: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    cursor.execute(load_sql(f"rollups/{name}.sql").format(), values)
    return list(cursor.fetchall())
