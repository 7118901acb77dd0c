"""When a message goes out: at once, after the quiet hours, or with the day's digest."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from finops.models import AlertSettings

_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


def due_at(
    now: datetime, wishes: AlertSettings, zone: ZoneInfo, *, is_red: bool, is_mail: bool
) -> datetime:
    """Say when a message that is raised now is due. Red never waits; a digest is for mails alone.

    Clock times are those of the reporting zone.
    """
    if is_red:
        return now
    due = next_at(now, wishes.digest_at, zone) if is_mail and wishes.digest_at else now
    return after_quiet_hours(due, wishes, zone)


def after_quiet_hours(moment: datetime, wishes: AlertSettings, zone: ZoneInfo) -> datetime:
    """Give the first moment from this one on that is not in the quiet hours.

    It looks at the clock minute by minute: where it is put forward or back in the night, an hour
    is missing or comes twice, and no sum of clock times says when the quiet ends.
    """
    moment = moment.astimezone(UTC)  # sums of local times would not know of the missing hour
    for _ in range(2 * 24 * 60):
        if not wishes.is_quiet_at(moment.astimezone(zone).time()):
            return moment
        moment = moment.replace(second=0, microsecond=0) + _MINUTE
    return moment  # quiet all day long: a day late is better than never


def next_at(now: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """Give the next moment at which the clock shows this time.

    On a day that skips it, as much later; on one that shows it twice, the first.
    """
    today = now.astimezone(zone).date()
    moment = _on(today, clock, zone)
    return moment if moment >= now else _on(today + _DAY, clock, zone)


def _on(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
