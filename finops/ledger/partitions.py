"""Monthly partitions of the calls, made when the first call of a month is about to arrive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from django.db import transaction
from psycopg import sql

from finops.domain.periods import next_month

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

_LOCK: Final = 7_310_001


def ensure_partitions(cursor: CursorWrapper, months: Iterable[date]) -> None:
    """Make the partitions that are missing for the given months (first days, UTC).

    Each is made beside the table and then attached: that lock lets readers and writers of other
    months go on, where ``CREATE TABLE … PARTITION OF`` would make them wait.
    """
    missing = [month for month in sorted(set(months)) if not _exists(cursor, month)]
    for month in missing:
        with transaction.atomic():
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            if not _exists(cursor, month):
                _attach(cursor, month)


def _name(month: date) -> str:
    return f"calls_{month:%Y_%m}"


def _exists(cursor: CursorWrapper, month: date) -> bool:
    # Not to_regclass: it may answer from a cache that was filled before the lock was had.
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
        " WHERE inhparent = 'calls'::regclass AND relname = %s)",
        [_name(month)],
    )
    return bool(cursor.fetchone()[0])


def _attach(cursor: CursorWrapper, month: date) -> None:
    table = sql.Identifier(_name(month))
    start, end = (
        sql.Literal(datetime(day.year, day.month, 1, tzinfo=UTC))
        for day in (month, next_month(month))
    )
    cursor.execute(
        sql.SQL("CREATE TABLE {} (LIKE calls INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(
            table
        )
    )
    cursor.execute(
        sql.SQL("ALTER TABLE calls ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            table, start, end
        )
    )
