"""Calls that a run would change, waiting to be swapped in or dropped; nobody else sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec
from psycopg import sql

from finops.revaluation.columns import COLUMN_TYPES, VALUED, StoredCall
from finops.revaluation.value import Revised

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: What is staged beside the new values: which call, what it was, and what it cost whom.
_BESIDE: Final = {
    "call_id": "bigint NOT NULL",
    "started_at": "timestamptz NOT NULL",
    "version": "xid NOT NULL",
    "metered": "boolean NOT NULL",
    "old_team": "text",
    "old_model": "text NOT NULL",
    "old_cost": "numeric",
    "before": "jsonb NOT NULL",
}
_TEAM, _MODEL, _COST = (VALUED.index(name) for name in ("team", "model", "cost"))


class Stage:
    """The unlogged table of one run, and the rows that wait to be sent to it."""

    def __init__(self, revaluation_id: int) -> None:
        self.table = sql.Identifier("staging", f"revaluation_{revaluation_id}")
        self._lines: list[str] = []

    def create(self, cursor: CursorWrapper) -> None:
        """Make the table, empty, whatever an earlier attempt left."""
        self.drop(cursor)
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
            for name, kind in (_BESIDE | COLUMN_TYPES).items()
        )
        cursor.execute(sql.SQL("CREATE UNLOGGED TABLE {} ({})").format(self.table, columns))

    def drop(self, cursor: CursorWrapper) -> None:
        """Throw it away."""
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(self.table))

    def add(self, call: StoredCall, revised: Revised) -> None:
        """Queue a changed call."""
        before = revised.before
        changed = {
            name: old
            for name, old, new in zip(VALUED, before, revised.after, strict=True)
            if old != new
        }
        beside = (
            call.id,
            call.started_at,
            call.version,
            revised.metered,
            before[_TEAM],
            before[_MODEL],
            before[_COST],
            changed,
        )
        self._lines.append("\t".join(map(_field, beside + revised.after)) + "\n")

    def flush(self, cursor: CursorWrapper) -> int:
        """Send what waits; give how many rows that was. The caller commits."""
        sent = len(self._lines)
        if sent:
            columns = sql.SQL(", ").join(map(sql.Identifier, (*_BESIDE, *VALUED)))
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
