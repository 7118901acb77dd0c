"""In which clock a provider cuts its billing days and months."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from finops.domain.periods import day_start, next_month

_UTC: Final = ZoneInfo("UTC")
#: Providers that bill by another clock than UTC. Google's invoice months are US Pacific.
BILLING_ZONES: Final = {"google": ZoneInfo("America/Los_Angeles")}


class Span(NamedTuple):
    """A month in some clock as UTC instants, ``[since, until)``."""

    since: datetime
    until: datetime

    def holds(self, instant: datetime) -> bool:
        """Say whether an instant is in the month."""
        return self.since <= instant < self.until


def billing_zone(provider: str) -> ZoneInfo:
    """Give the clock of a provider's bills."""
    return BILLING_ZONES.get(provider, _UTC)


def month_span(month: date, zone: ZoneInfo) -> Span:
    """Give the instants between which a month lies in a zone."""
    return Span(day_start(month, zone), day_start(next_month(month), zone))


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """Give the day of an instant; a naive one is taken for UTC."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return aware.astimezone(zone).date()
