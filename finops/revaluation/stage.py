"""Rows that a run would change, waiting to be swapped in or dropped; nobody else sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec
from psycopg import sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


class Stage:
    """The unlogged table of one run, and the rows that wait to be sent to it.

    ``columns`` are its columns and their types, in order.
    """

    def __init__(self, revaluation_id: int, columns: Mapping[str, str]) -> None:
        self.table = sql.Identifier("staging", f"revaluation_{revaluation_id}")
        self._columns = columns
        self._lines: list[str] = []

    def create(self, cursor: CursorWrapper) -> None:
        """Make the table, empty, whatever an earlier attempt left."""
        self.drop(cursor)
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
            for name, kind in self._columns.items()
        )
        cursor.execute(sql.SQL("CREATE UNLOGGED TABLE {} ({})").format(self.table, columns))

    def drop(self, cursor: CursorWrapper) -> None:
        """Throw it away."""
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(self.table))

    def add(self, values: Iterable[object]) -> None:
        """Queue a changed row."""
        self._lines.append("\t".join(map(_field, values)) + "\n")

    def flush(self, cursor: CursorWrapper) -> int:
        """Send what waits; give how many rows that was. The caller commits."""
        sent = len(self._lines)
        if sent:
            columns = sql.SQL(", ").join(map(sql.Identifier, self._columns))
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(self.table, columns)
            with cursor.copy(statement) as copy:
                copy.write("".join(self._lines))
            self._lines.clear()
        return sent

    def analyze(self, cursor: CursorWrapper) -> None:
        """Tell the planner how much there is."""
        cursor.execute(sql.SQL("ANALYZE {}").format(self.table))


# COPY's text format; a Decimal in JSON is a string with all its digits.
_needs_escape: Final[Callable[[str], object]] = re.compile(r"[\\\t\n\r]").search
_escape_table: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _field(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, dict):
        value = msgspec.json.encode(value).decode()
    if isinstance(value, str):
        return value.translate(_escape_table) if _needs_escape(value) else value
    return str(value)
