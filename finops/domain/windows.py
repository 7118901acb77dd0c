"""The stretch of time that a page shows, and the fair one to hold beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from finops.domain import display
from finops.domain.periods import month_of, next_month, parse_day

Against = Literal["previous", "year"]
AGAINST: Final = ("previous", "year")
#: Periods that end today, by how many days they have.
ROLLING: Final = (7, 30, 90)

_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_ROLLING: Final = re.compile(r"(\d{1,3})d")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Whole days ``[since, until)`` in the reporting zone, of which the last may be cut short.

    ``cut`` is the instant, on a full hour of the last day, before which calls still belong to it.
    """

    since: date
    until: date
    cut: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse an empty window."""
        if self.since >= self.until:
            raise ValueError("the last day must not be before the first")

    @property
    def last(self) -> date:
        """The last day, whole or cut."""
        return self.until - _DAY

    @property
    def length(self) -> int:
        """How many days it touches."""
        return (self.until - self.since).days

    @property
    def days(self) -> list[date]:
        """All its days in order."""
        return [self.since + timedelta(days=n) for n in range(self.length)]

    def label(self, zone: ZoneInfo) -> str:
        """Write it for people: ``1–20 October 2026``, or ``…, until 09:00`` when it is cut."""
        text = display.days(self.since, self.last)
        return f"{text}, until {self.cut.astimezone(zone):%H:%M}" if self.cut else text


@dataclass(frozen=True)
class Period:
    """What was asked for: its spelling in addresses, its window, and the one to compare with."""

    key: str
    against: Against
    window: Window
    before: Window
    whole: Window
    running: bool

    @property
    def is_month(self) -> bool:
        """Say whether it is a calendar month, whole or running."""
        return bool(_MONTH.fullmatch(self.key))

    @property
    def name(self) -> str:
        """What it is called: ``November 2026``, ``Last 30 days``, ``3 Oct–9 Nov 2026``."""
        if self.is_month:
            return f"{self.whole.since:%B %Y}"
        if match := _ROLLING.fullmatch(self.key):
            return f"Last {match[1]} days"
        return display.days(self.window.since, self.window.last)


def period(key: str, now: datetime, zone: ZoneInfo, *, against: str = "previous") -> Period:
    """Resolve ``2026-11``, ``30d`` or ``2026-10-03..2026-11-09`` (both inclusive) at an instant.

    The empty key is the running month. A period that reaches into today is cut at today, and what
    it is compared with is cut at the same hour of its last day. ``previous`` is the month before
    to the same day, or as many days directly before; ``year`` the same days a year before.
    Raises ValueError for another spelling or a period that lies in the future.
    """
    today = now.astimezone(zone).date()
    key = key or f"{today:%Y-%m}"
    whole = _whole(key, today)
    if whole.since > today:
        raise ValueError("this period has not begun")
    if against not in AGAINST:
        raise ValueError(f"compare with one of {', '.join(AGAINST)}")
    window = Window(whole.since, min(whole.until, today + _DAY))
    running = window.last == today
    by_month, by_year = bool(_MONTH.fullmatch(key)), against == "year"
    before = _before(window, whole, by_month=by_month, by_year=by_year, running=running)
    # The 31st has no day to be held against in a month of 30: all of that month was before.
    has_same_day = before.last.day == today.day or not (by_month or by_year)
    if running and has_same_day:
        before = _cut(before, now, zone)
    return Period(key, against, window, before, whole, running)  # type: ignore[arg-type]  # checked


def _whole(key: str, today: date) -> Window:
    if match := _MONTH.fullmatch(key):
        first = parse_day(f"{key}-01")
        return Window(first, next_month(first))
    if match := _ROLLING.fullmatch(key):
        days = int(match[1])
        if not 1 <= days <= 366:
            raise ValueError("a period has 1 to 366 days")
        return Window(today - timedelta(days=days - 1), today + _DAY)
    first_text, dots, last_text = key.partition("..")
    if not dots:
        raise ValueError("a period reads 2026-11, 30d or 2026-10-03..2026-11-09")
    window = Window(parse_day(first_text), parse_day(last_text) + _DAY)
    if window.length > 1_100:
        raise ValueError("a period has at most three years")
    return window


def _before(
    window: Window, whole: Window, *, by_month: bool, by_year: bool, running: bool
) -> Window:
    if by_year:
        since = _year_before(window.since)
        return Window(since, max(_year_before(window.last) + _DAY, since + _DAY))
    if not by_month:
        return Window(window.since - timedelta(days=window.length), window.since)
    first = month_of(whole.since - _DAY)
    if window == whole and not running:
        return Window(first, whole.since)
    return Window(first, min(first + timedelta(days=window.length), whole.since))


def _cut(before: Window, now: datetime, zone: ZoneInfo) -> Window:
    """End the window at the hour of the day that it is now; at midnight its last day is whole."""
    hour = now.astimezone(zone).hour
    cut = datetime.combine(before.last, time(hour), tzinfo=zone).astimezone(UTC)
    if hour:
        return Window(before.since, before.until, cut)
    if before.length > 1:
        return Window(before.since, before.last)
    return Window(before.since, before.until, cut)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
