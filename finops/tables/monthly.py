"""Monthly partitions, made when the first row of a month is about to arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from django.db import transaction
from psycopg import sql

from finops.domain.periods import next_month

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

_LOCK: Final = 7_310_001


def ensure_partitions(
    cursor: CursorWrapper,
    table: str,
    months: Iterable[date],
    *,
    bound: Callable[[date], date | datetime],
) -> None:
    """Make the partitions of a table that are missing for the given months (first days).

    ``bound`` says where the partition of a month begins, as the table's key is written. Each is
    made beside the table and then attached: that lock lets readers and writers of other months go
    on, where ``CREATE TABLE … PARTITION OF`` would make them wait.
    """
    missing = [month for month in sorted(set(months)) if not _exists(cursor, table, month)]
    for month in missing:
        with transaction.atomic():
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            if not _exists(cursor, table, month):
                _attach(cursor, table, month, bound)


def _name(table: str, month: date) -> str:
    return f"{table}_{month:%Y_%m}"


def _exists(cursor: CursorWrapper, table: str, month: date) -> bool:
    # Not to_regclass: it may answer from a cache that was filled before the lock was had.
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
        " WHERE inhparent = %s::regclass AND relname = %s)",
        [table, _name(table, month)],
    )
    return bool(cursor.fetchone()[0])


def _attach(
    cursor: CursorWrapper, table: str, month: date, bound: Callable[[date], date | datetime]
) -> None:
    parent, partition = sql.Identifier(table), sql.Identifier(_name(table, month))
    start, end = (sql.Literal(bound(day)) for day in (month, next_month(month)))
    cursor.execute(
        sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(
            partition, parent
        )
    )
    cursor.execute(
        sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            parent, partition, start, end
        )
    )
