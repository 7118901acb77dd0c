"""Monthly partitions of the charges, by billing period."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from finops.tables import monthly

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


def ensure_partitions(cursor: CursorWrapper, periods: Iterable[date]) -> None:
    """Make the partitions that are missing for the given billing periods (first days)."""
    monthly.ensure_partitions(cursor, "charges", periods, bound=lambda day: day)
