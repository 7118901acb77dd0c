"""Take an import back, on record."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from finops.bills import delete as bills
from finops.ledger import delete
from finops.models import Source
from ingest.formats import format_named
from ingest.models import Import

#: How long cancelling waits for a worker that holds the import's row.
_PATIENCE: Final = "2s"


def preview_deletion(job: Import) -> delete.Doomed:
    """Say what deleting an import would take away, and what other imports vouch for."""
    if job.kind == Source.BILLING:
        return delete.Doomed(*bills.preview(job.pk), kept=0)
    return delete.preview(job.pk)


def delete_import(import_id: int, *, now: datetime, by: str) -> delete.Deleted:
    """Remove what only this import brought; its record stays, marked as deleted by whom and when.

    Of a bill's delivery all charges go, and what it had replaced does not come back. Raises
    ValueError when there is no such import, it is under way or deleted already, or its charges
    lie in a closed month. The caller refreshes the rollups.
    """
    with transaction.atomic():
        job = Import.objects.select_for_update().filter(pk=import_id).first()
        if job is None:
            raise ValueError(f"there is no import {import_id}")
        if job.status in {Import.QUEUED, Import.RUNNING}:
            raise ValueError(f"import {import_id} is under way: cancel it instead")
        if job.status == Import.DELETED:
            raise ValueError(f"import {import_id} is deleted already")
        deleted = _delete(job)
        job.status, job.deleted_at, job.deleted_by = Import.DELETED, now, by
        job.save(update_fields=["status", "deleted_at", "deleted_by"])
    return deleted


def _delete(job: Import) -> delete.Deleted:
    if job.kind == Source.BILLING:
        return delete.Deleted(removed=bills.delete_charges(job.pk), kept=0)
    if job.format:
        return delete.delete_import(job.pk, keep=format_named(job.format).keep)
    return delete.Deleted(removed=0, kept=0)


def cancel_import(import_id: int, *, now: datetime) -> bool:
    """Stop an import: one that waits at once, one that runs at its next batch; False for the first.

    Either way nothing of it is published. Raises ValueError when there is none under way, or when
    it is being published and so cannot be stopped any more.
    """
    try:
        with transaction.atomic():
            return _cancel(import_id, now)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise ValueError(
                f"import {import_id} is being published: delete it when it is done"
            ) from error
        raise


def _cancel(import_id: int, now: datetime) -> bool:
    with connection.cursor() as cursor:
        # A worker holds its import while it publishes, and only for moments before.
        cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
    job = Import.objects.select_for_update().filter(pk=import_id).first()
    if job is None or not job.is_under_way:
        raise ValueError(f"no import {import_id} is under way")
    job.cancel_requested = True
    waited = job.status == Import.QUEUED
    if waited:
        job.status, job.error, job.finished_at = Import.CANCELLED, "cancelled", now
        job.lease_token = job.lease_until = None
    job.save()
    return not waited
