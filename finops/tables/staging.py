"""Stages: tables in which rows wait, filled by COPY in text format, thrown away at once or later.

Staging is unlogged: after a crash of the database it is empty, and the work starts over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
from django.db import OperationalError, transaction
from psycopg import sql
from psycopg.errors import LockNotAvailable

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

# COPY's text format. Python writes a missing value as "None", so that is what NULL is called
# there; a text that really reads "None" has its first letter escaped and stays a text.
_ESCAPES: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_needs_escape: Final[Callable[[str], object]] = re.compile(r"[\\\t\n\r]").search
_escape_table: Final = str.maketrans(_ESCAPES)


def text_cell(value: str | None) -> str:
    """Write a text, or that there is none, as a cell of a line."""
    if value is None:
        return "None"
    if _needs_escape(value):
        return value.translate(_escape_table)
    return "\\x4eone" if value == "None" else value


def json_cell(value: object) -> str:
    """Write what JSON can hold as a cell of a line; nothing for what is empty."""
    return msgspec.json.encode(value).decode().replace("\\", "\\\\") if value else "None"


def copy_lines(
    cursor: CursorWrapper, table: sql.Identifier, columns: Sequence[str], lines: Sequence[str]
) -> None:
    """Copy lines, whose cells are in the order of ``columns``, into a table; the caller commits."""
    if not lines:
        return
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT text, NULL 'None')").format(
        table, sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    # Django wraps what it runs itself; a copy must fail as the same kinds of error.
    with cursor.db.wrap_database_errors, cursor.copy(statement) as copy:
        copy.write("".join(lines))


def drop_tables(cursor: CursorWrapper, *tables: sql.Identifier) -> bool:
    """Throw tables away, at once or not at all; says whether they are gone.

    A worker that hangs in the middle of a batch still holds them. Whoever sweeps tries again.
    """
    try:
        with transaction.atomic():
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.SQL(", ").join(tables)))
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        raise
    return True


def count_rows(cursor: CursorWrapper, table: sql.Identifier) -> int | None:
    """Count the rows of a table; None when there is no such table."""
    cursor.execute("SELECT to_regclass(%s)", [table.as_string()])
    if cursor.fetchone() == (None,):
        return None
    cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(table))
    (count,) = cursor.fetchone()
    return int(count)
