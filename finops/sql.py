"""Packaged SQL: set work lives in ``.sql`` files beside its caller, read once.

Files hold one statement with named parameters (``%(name)s``); ``{name}`` stands for an
identifier or a composed fragment, filled in with ``psycopg.sql`` and never by text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from django.db import connection, transaction
from psycopg import sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


@cache
def load_sql(path: str) -> sql.SQL:
    """Read ``"ledger/insert_calls.sql"`` below ``finops/*/sql``.

    Raises FileNotFoundError for a file that is not packaged.
    """
    package, _, name = path.partition("/")
    text = files(f"finops.{package}").joinpath("sql", name).read_text(encoding="utf-8")
    return sql.SQL(text)


@contextmanager
def snapshot() -> Iterator[CursorWrapper]:
    """Read everything inside from one moment, so that parts sum to the whole.

    Snapshots nest: inside another one, or a transaction, that one's moment holds.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield cursor
