"""Take an import out of the ledger, as if it had never arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from finops.ledger.publish import mark_stale
from finops.sql import load_sql


@dataclass(frozen=True)
class Deleted:
    """What deleting did: calls that went, and calls that another route still vouches for."""

    removed: int
    kept: int


#: Statements in order; each is one set operation over the calls of the import.
_STEPS: Final = (
    "forget_removed_keys",
    "remove_calls",
    "hand_over_unchanged",
    "drop_handed_over",
    "insert_handed_over",
    "move_handed_over_keys",
    "forget_evidence",
)


def delete_import(import_id: int, *, since: datetime, until: datetime) -> Deleted:
    """Remove the calls that only this import brought; others pass to their next best route.

    ``[since, until]`` bounds the import's counted calls. Call it inside a transaction, together
    with the record that says who deleted what; it commits nothing itself.
    """
    parameters = {"import_id": import_id, "since": since, "until": until}
    touched: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('hour', started_at, 'UTC') FROM calls"
            " WHERE import_id = %(import_id)s AND started_at BETWEEN %(since)s AND %(until)s",
            parameters,
        )
        mark_stale(cursor, [hour for (hour,) in cursor.fetchall()])
        cursor.execute("DROP TABLE IF EXISTS pg_temp.heirs")
        for step in ("choose_heirs", *_STEPS):
            cursor.execute(load_sql(f"ledger/{step}.sql").format(), parameters)
            touched[step] = cursor.rowcount
        cursor.execute(
            "SELECT DISTINCT date_trunc('hour', (version->>'started_at')::timestamptz, 'UTC')"
            " FROM heirs WHERE version IS NOT NULL"
        )
        mark_stale(cursor, [hour for (hour,) in cursor.fetchall()])
    return Deleted(removed=touched["remove_calls"], kept=touched["choose_heirs"])
