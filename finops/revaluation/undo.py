"""Put back what a revaluation changed: exactly, whole, once, on record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from psycopg import sql

from finops.ledger.publish import mark_stale
from finops.models import Revaluation
from finops.revaluation.apply import LOCK
from finops.revaluation.columns import COLUMN_TYPES, values_of
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: One column back from the image, when the image has it; the text form keeps every digit.
_ASSIGNMENT: Final = sql.SQL(
    "{column} = CASE WHEN image.before ? {name}"
    " THEN (image.before ->> {name})::{kind} ELSE {current} END"
)


class UndoRefused(ValueError):
    """The run cannot be undone (now); the message says why."""


def undo_revaluation(job: Revaluation, *, by: str, now: datetime, reason: str = "") -> Revaluation:
    """Restore the before-images of an applied run, in one transaction with the record of it.

    Calls that have gone or were replaced meanwhile are left alone and counted in
    ``result["skipped"]``. Raises UndoRefused for a run that was not applied, is undone already,
    or when a later run changed some of the same calls.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        held = Revaluation.objects.select_for_update().get(pk=job.pk)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        _check(held)
        _check_order(cursor, held)
        restored, hours = _restore(cursor, held)
        cursor.execute("DELETE FROM call_before_images WHERE revaluation_id = %s", [held.pk])
        mark_stale(cursor, hours)
        held.undone_at, held.undone_by, held.undo_reason = now, by, reason
        held.result |= {"restored": restored, "skipped": held.result["changed"] - restored}
        held.save(update_fields=["undone_at", "undone_by", "undo_reason", "result"])
    job.refresh_from_db()
    return job


def _check(job: Revaluation) -> None:
    if job.undone_at:
        raise UndoRefused(f"{job} was undone already, on {job.undone_at:%Y-%m-%d %H:%M} UTC")
    if not job.applied_at:
        raise UndoRefused(f"{job} was never applied")


def _check_order(cursor: CursorWrapper, job: Revaluation) -> None:
    cursor.execute(
        load_sql("revaluation/find_later_runs.sql").format(),
        {"revaluation_id": job.pk, "applied_at": job.applied_at},
    )
    later = [f"revaluation {pk} ({calls} of them)" for pk, calls in cursor.fetchall()]
    if later:
        raise UndoRefused(
            f"the same calls were changed again by {', then '.join(later)}; undo that first"
        )


def _restore(cursor: CursorWrapper, job: Revaluation) -> tuple[int, list[datetime]]:
    """Write the images back; gives how many calls took them, and the touched hours."""
    cursor.execute(
        "SELECT min(started_at), max(started_at) FROM call_before_images WHERE revaluation_id = %s",
        [job.pk],
    )
    first, last = cursor.fetchone()
    statement = load_sql("revaluation/restore.sql").format(
        assignments=sql.SQL(", ").join(map(_assignment, COLUMN_TYPES)), values=values_of("call")
    )
    cursor.execute(statement, {"revaluation_id": job.pk, "first": first, "last": last})
    restored: tuple[Any, ...] = cursor.fetchone()
    return restored[0], restored[1]


def _assignment(column: str) -> sql.Composed:
    return _ASSIGNMENT.format(
        column=sql.Identifier(column),
        name=sql.Literal(column),
        kind=sql.SQL(COLUMN_TYPES[column]),
        current=sql.Identifier("call", column),
    )
