"""Put back what a revaluation changed: exactly, whole, once, on record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction

from finops.models import Revaluation
from finops.months.closed import refuse_closed
from finops.revaluation.apply import LOCK
from finops.revaluation.images import CallImages, ChargeImages, Images

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


class UndoRefused(ValueError):
    """The run cannot be undone (now); the message says why."""


def undo_revaluation(job: Revaluation, *, by: str, now: datetime, reason: str = "") -> Revaluation:
    """Restore the before-images of an applied run, in one transaction with the record of it.

    Rows that have gone or were replaced meanwhile are left alone and counted in
    ``result["skipped"]``. Raises UndoRefused for a run that was not applied, is undone already,
    or when a later run changed some of the same rows; MonthClosed when finance has closed a month
    that it would change.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        held = Revaluation.objects.select_for_update().get(pk=job.pk)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        _check(held)
        images = ChargeImages(held.pk) if Revaluation.CHARGES in held.parts else CallImages(held.pk)
        images.hold(cursor)
        _check_order(cursor, held, images)
        refuse_closed(images.months(cursor))
        restored = images.restore(cursor)
        images.drop(cursor)
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


def _check_order(cursor: CursorWrapper, job: Revaluation, images: Images) -> None:
    later = [
        f"revaluation {pk} ({rows} of them)"
        for pk, rows in images.later_runs(cursor, job.applied_at)
    ]
    if later:
        raise UndoRefused(
            f"the same {images.rows} were changed again by {', then '.join(later)}; undo that first"
        )
