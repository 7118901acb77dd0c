"""Short ways to write a call in this folder's tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from finops.domain.usage import UsageRecord

LATE_2026: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


def call(provider: str, model: str, at: datetime = LATE_2026, **fields: Any) -> UsageRecord:
    """Build a usage record; token fields are the disjoint kinds."""
    return UsageRecord(started_at=at, provider=provider, model=model, **fields)
