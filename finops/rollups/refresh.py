"""Bring the rollups up to the ledger: delete and fill the stale hours, in one transaction.

Publishing leaves marks; a refresh takes the marks that its snapshot sees, recomputes what they
touch from the calls, and removes exactly those marks. So it may race with imports, be killed, or
run twice, and never miss or double anything: at worst a mark is worked off again. It notes the
days that it touched (``refreshed_days``) for whoever watches what they cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.db import connection
from psycopg import sql

from finops.domain.periods import day_start
from finops.models import Organization, Source
from finops.rollups import measures
from finops.rollups.registry import ROLLUPS
from finops.sql import load_sql, snapshot

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

_REFRESH_LOCK: Final = 7_310_003
#: Marks worked off in one transaction; bounds how long it holds a snapshot.
_MARKS_AT_ONCE: Final = 2_000
_REFILL_RUNS: Final = ("drop_runs", "drop_run_workflows", "fill_runs", "fill_run_workflows")


def refresh(*, wait: bool = True) -> int:
    """Work off all stale marks; give how many there were.

    One refresh runs at a time. With ``wait=False`` the caller leaves at once when another is
    under way: that one looks for new marks again before it ends.
    """
    done = 0
    while _stale():
        with only_refresher(wait=wait) as alone:
            if not alone:
                return done
            while taken := _refresh_some():
                done += taken
    return done


def is_fresh() -> bool:
    """Say whether every rollup agrees with the calls."""
    return not _stale()


def rebuild() -> int:
    """Mark every hour that has calls or rollups as stale, and refresh; gives the marks."""
    mark_everything()
    return refresh()


def mark_everything() -> None:
    """Note that no rollup agrees with the calls any more; whoever calls this sees to a refresh."""
    with connection.cursor() as cursor:
        zone = Organization.current().time_zone
        cursor.execute(load_sql("rollups/mark_everything.sql").format(), {"zone": zone})


def rebuild_at_once(progress: Callable[[int, int], None]) -> int:
    """Rebuild every rollup inside the caller's transaction: readers see all of it, or nothing.

    The caller holds the refresh's lock and a snapshot (``only_refresher``, then ``snapshot``).
    ``progress`` is told how many marks are worked off, and of how many. Gives the marks.
    """
    mark_everything()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM stale_hours")
        (total,) = cursor.fetchone()
        done = 0
        progress(done, total)
        while taken := _refresh_some():
            done += taken
            progress(done, total)
            # Dropped by the commit, which here comes after the last batch.
            cursor.execute("DROP TABLE gathered, touched, gathered_runs")
    return done


def _stale() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM stale_hours)")
        return bool(cursor.fetchone()[0])


@contextmanager
def only_refresher(*, wait: bool) -> Iterator[bool]:
    """Hold the lock of the refresh for the session, so that the snapshot comes after it.

    Gives whether it is held: with ``wait=False`` it is not while a refresh is under way.
    """
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_REFRESH_LOCK])
            held = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_REFRESH_LOCK])
            held = bool(cursor.fetchone()[0])
        try:
            yield held
        finally:
            if held and connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_REFRESH_LOCK])


def _refresh_some() -> int:
    with snapshot() as cursor:
        organization = Organization.current()
        parameters: dict[str, Any] = {
            "zone": organization.time_zone,
            "currency": organization.currency,
            "meters": list(Source.objects.filter(role=Source.METER).values_list("pk", flat=True)),
            "limit": _MARKS_AT_ONCE,
        }
        work = _Refill(cursor, parameters)
        work.run("stale_ranges")
        marks, starts, ends = cursor.fetchone()
        if not marks:
            return 0
        parameters |= {"starts": starts, "ends": ends, **_days(starts, ends, organization.zone)}
        work.refill_hours_and_days()
        work.refill_runs(starts, ends, organization.zone)
        work.run("note_days")
        cursor.execute("DELETE FROM stale_hours WHERE id = ANY(%s)", [marks])
        return len(marks)


def _days(starts: list[datetime], ends: list[datetime], zone: ZoneInfo) -> dict[str, Any]:
    """Name the reporting days that the stale ranges touch, and which of them they cover whole."""
    days: dict[date, timedelta] = {}
    for start, end in zip(starts, ends, strict=True):
        day = start.astimezone(zone).date()
        while (begin := day_start(day, zone)) < end:
            finish = day_start(day + timedelta(days=1), zone)
            covered = min(end, finish) - max(start, begin)
            days[day] = days.get(day, timedelta(0)) + covered
            day += timedelta(days=1)
    whole = [day for day, covered in days.items() if covered == _length(day, zone)]
    part = [day for day in days if day not in set(whole)]
    return {
        "days": list(days),
        **_bounds("day", list(days), zone),
        "whole_days": whole,
        **_bounds("part", part, zone),
    }


def _length(day: date, zone: ZoneInfo) -> timedelta:
    return day_start(day + timedelta(days=1), zone) - day_start(day, zone)


def _bounds(prefix: str, days: list[date], zone: ZoneInfo) -> dict[str, list[datetime]]:
    return {
        f"{prefix}_starts": [day_start(day, zone) for day in days],
        f"{prefix}_ends": [day_start(day + timedelta(days=1), zone) for day in days],
    }


class _Refill:
    """One refresh transaction: its cursor and parameters."""

    def __init__(self, cursor: CursorWrapper, parameters: dict[str, Any]) -> None:
        self.cursor = cursor
        self.parameters = parameters

    def run(self, statement: str, **names: sql.Composable) -> None:
        """Run a packaged statement of this stage."""
        fragments = {"measures": measures.over_calls(), "sums": measures.over_rollup(), **names}
        composed = load_sql(f"rollups/{statement}.sql").format(**fragments)
        self.cursor.execute(composed, self.parameters)

    def refill_hours_and_days(self) -> None:
        """Refill hours from the calls, days from hours, full days from whichever is whole."""
        self.run("gather_hours")
        self.cursor.execute("ANALYZE gathered")
        self.run("drop_hours")
        for rollup in ROLLUPS:
            named = rollup.dimension != "total"
            self.parameters["dimension"] = rollup.dimension
            self.run(
                "fill_hours",
                value=sql.Identifier(rollup.dimension) if named else sql.SQL("''::text"),
                model=sql.SQL("model") if rollup.by_model else sql.SQL("''::text"),
            )
        self.run("drop_days")
        self.run("fill_days")
        self.run("drop_full_days")
        self.run("fill_full_days")
        if self.parameters["part_starts"]:
            self.run("fill_full_days_from_calls")

    def refill_runs(self, starts: list[datetime], ends: list[datetime], zone: ZoneInfo) -> None:
        """Refill the runs that have calls in the stale hours, whole, and their sketches."""
        self.run("touch_runs")
        self.cursor.execute("ANALYZE touched")
        self.parameters |= {"first": min(starts), "last": max(ends)}
        self.run("run_reach")
        reach_from, reach_to = self.cursor.fetchone()
        self.parameters |= {"reach_from": reach_from, "reach_to": reach_to}
        before = self._run_days()
        for statement in ("gather_runs", *_REFILL_RUNS):
            self.run(statement)
        days = sorted(before | self._run_days() | set(self.parameters["days"]))
        self.parameters |= {"run_days": days, **_bounds("run_day", days, zone)}
        self.run("drop_sketch")
        self.run("fill_sketch")

    def _run_days(self) -> set[date]:
        self.run("run_days")
        return {day for (day,) in self.cursor.fetchall()}
