"""Instants as whole milliseconds since 1970, and as RFC 3339 text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def to_ms(instant: datetime) -> int:
    """Return the first whole millisecond at or after an instant; it needs a zone."""
    if instant.utcoffset() is None:
        raise ValueError(f"{instant} has no time zone")
    return -((EPOCH - instant) // timedelta(milliseconds=1))


@lru_cache(maxsize=4096)
def _minute_text(minute: int) -> str:
    return (EPOCH + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:")


def rfc3339(ms: int) -> str:
    """Write an instant in UTC with milliseconds: ``2026-11-02T09:30:00.125Z``."""
    minute, rest = divmod(ms, MINUTE)
    return f"{_minute_text(minute)}{rest // 1000:02d}.{rest % 1000:03d}Z"
