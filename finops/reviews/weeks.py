"""The weeks that reviews are about: ISO weeks, Monday to Sunday, of the reporting zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from finops.domain.periods import day_start, month_of
from finops.domain.windows import Period, Window

_KEY: Final = re.compile(r"([12]\d{3})-W([0-5]\d)", re.ASCII)
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)


class Week(NamedTuple):
    """Days ``[starts, ends)``, named by the ISO calendar: ``2026-W53`` ends in 2027."""

    starts: date

    @classmethod
    def around(cls, day: date) -> Self:
        """Give the week that holds a day."""
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def named(cls, key: str) -> Self:
        """Read ``2026-W47``. Raises ValueError for another spelling, or a week that is none."""
        match = _KEY.fullmatch(key)
        if match is None:
            raise ValueError("a week reads 2026-W47")
        return cls(date.fromisocalendar(int(match[1]), int(match[2]), 1))

    @property
    def key(self) -> str:
        """Its name, by the year of its Thursday."""
        year, week, _ = self.starts.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def ends(self) -> date:
        """The Monday after it, when its review is prepared."""
        return self.starts + _WEEK

    @property
    def next(self) -> Week:
        """The week after, in which people meet about this one."""
        return Week(self.ends)

    @property
    def before(self) -> Week:
        """The week before."""
        return Week(self.starts - _WEEK)


def today(now: datetime, zone: ZoneInfo) -> date:
    """Give the day that it is in the zone."""
    return now.astimezone(zone).date()


def week_read(starts: date, ends: date, now: datetime, zone: ZoneInfo) -> Period:
    """Give the days of a review and those of the week before, both up to the same hour.

    A week that has ended is whole. One that runs is cut at today, and so is the week before.
    """
    last = min(ends, today(now, zone) + _DAY)
    window = Window(starts, max(last, starts + _DAY))
    before = Window(starts - _WEEK, window.until - _WEEK)
    running = window.last == today(now, zone)
    key = f"{starts}..{window.last}"
    whole = Window(starts, ends)
    return Period(key, "previous", window, _cut(before, now, zone, running), whole, running)


def month_read(week: Period, now: datetime, zone: ZoneInfo) -> Period:
    """Give the month up to the week's last day, and the month before to the same day."""
    first = month_of(week.window.last)
    before = month_of(first - _DAY)
    window = Window(first, week.window.until)
    earlier = Window(before, min(before + timedelta(days=window.length), first))
    same_day = earlier.last.day == window.last.day
    whole = Window(first, month_of(first + timedelta(days=32)))
    cut = _cut(earlier, now, zone, week.running and same_day)
    return Period(f"{first:%Y-%m}", "previous", window, cut, whole, week.running)


def _cut(window: Window, now: datetime, zone: ZoneInfo, running: bool) -> Window:
    """End a window at the hour of its last day that it is now, when today is held against it."""
    if not running:
        return window
    hour = datetime.combine(window.last, time(now.astimezone(zone).hour), tzinfo=zone)
    cut = hour.astimezone(UTC)
    if cut == day_start(window.last, zone) and window.length > 1:
        return Window(window.since, window.last)
    return Window(window.since, window.until, cut)
