"""Monthly partitions of the calls: each begins with its month in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from finops.tables import monthly

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


def ensure_partitions(cursor: CursorWrapper, months: Iterable[date]) -> None:
    """Make the partitions that are missing for the given months (first days, UTC)."""
    monthly.ensure_partitions(
        cursor, "calls", months, bound=lambda day: datetime(day.year, day.month, 1, tzinfo=UTC)
    )
