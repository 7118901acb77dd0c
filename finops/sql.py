"""Packaged SQL: set work lives in ``.sql`` files beside its caller, read once.

Files hold one statement with named parameters (``%(name)s``); ``{name}`` stands for an
identifier or a composed fragment, filled in with ``psycopg.sql`` and never by text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from django.db import connection, transaction
from psycopg import sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

#: What functions have answered since the outermost snapshot began.
_answered: Final[ContextVar[dict[Any, Any] | None]] = ContextVar("answered", default=None)


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
    if _answered.get() is not None:
        with connection.cursor() as cursor:
            yield cursor
        return
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        token = _answered.set({})
        try:
            yield cursor
        finally:
            _answered.reset(token)


def once_in_snapshot(read: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Ask the database once per snapshot, in which the answer cannot change.

    Only for reads of what is never written inside a snapshot; arguments must be hashable.
    """

    @wraps(read)
    def reading(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        answered = _answered.get()
        if answered is None:
            return read(*args, **kwargs)
        key = (read, args, tuple(kwargs.items()))
        if key not in answered:
            answered[key] = read(*args, **kwargs)
        answer: Answer = answered[key]
        return answer

    return reading
