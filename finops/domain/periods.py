"""Calendar time in the organisation's one reporting zone.

Every period is half-open, ``[start, end)``. Instants are UTC; days and months are cut in the
zone, so a day may have 23, 24 or 25 hours, and an hour may start at half past in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Grain = Literal["total", "hour", "day", "month"]
GRAINS: Final = ("total", "hour", "day", "month")

#: Every call lies well within; so do the days around it, in every zone.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2999
#: The smallest step by which a clock is ever moved.
_HALF_AN_HOUR: Final = timedelta(minutes=30)


def zone_named(name: str) -> ZoneInfo:
    """Look up an IANA zone. Raises ValueError that names it when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}; use an IANA name such as UTC") from error


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Give the UTC instant at which a calendar day begins in the zone."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def parse_day(text: str) -> date:
    """Read an ISO date. Raises ValueError with the expected form, or for one out of all reach."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"a date reads 2026-11-02, not {text[:40]!r}") from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"a date lies between {FIRST_YEAR} and {LAST_YEAR}")
    return day


def month_of(day: date) -> date:
    """Give the first day of a day's month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """Give the first day of the month after a day's month."""
    return month_of(month_of(day) + timedelta(days=32))


def hours_label(hour: datetime, zone: ZoneInfo) -> str:
    """Write an hour bucket as RFC 3339 with the zone's offset at that instant."""
    return hour.astimezone(zone).isoformat()


def labels(grain: Grain, since: date, until: date, zone: ZoneInfo) -> list[str]:
    """Write all hours, days or months that begin in the days ``[since, until)``, in order.

    They are the labels that answers carry. ``total`` has none.
    """
    days = [since + timedelta(days=n) for n in range((until - since).days)]
    if grain == "hour":
        return [hours_label(hour, zone) for day in days for hour in _hours(day, zone)]
    written = {"day": "%Y-%m-%d", "month": "%Y-%m"}.get(grain)
    return list(dict.fromkeys(f"{day:{written}}" for day in days)) if written else []


def _hours(day: date, zone: ZoneInfo) -> list[datetime]:
    """List when the hours of a day begin, as ``date_trunc`` cuts them: back to the full hour of
    the clock that shows, also where a shift of half an hour has just moved it.
    """
    begin, end = day_start(day, zone), day_start(day + timedelta(days=1), zone)
    moments = (begin + n * _HALF_AN_HOUR for n in range((end - begin) // _HALF_AN_HOUR))
    return list(dict.fromkeys(m - timedelta(minutes=m.astimezone(zone).minute) for m in moments))
