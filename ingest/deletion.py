"""Take an import back, on record."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from finops.ledger import delete
from ingest.formats import format_named
from ingest.models import Import


def delete_import(import_id: int, *, now: datetime, by: str) -> delete.Deleted:
    """Remove what only this import brought; its record stays, marked as deleted by whom and when.

    Raises ValueError when there is no such import, or it is under way or deleted already. The
    caller refreshes the rollups.
    """
    with transaction.atomic():
        job = Import.objects.select_for_update().filter(pk=import_id).first()
        if job is None:
            raise ValueError(f"there is no import {import_id}")
        if job.status in {Import.QUEUED, Import.RUNNING}:
            raise ValueError(f"import {import_id} is under way: cancel it instead")
        if job.status == Import.DELETED:
            raise ValueError(f"import {import_id} is deleted already")
        deleted = delete.Deleted(removed=0, kept=0)
        if job.format:
            deleted = delete.delete_import(job.pk, keep=format_named(job.format).keep)
        job.status, job.deleted_at, job.deleted_by = Import.DELETED, now, by
        job.save(update_fields=["status", "deleted_at", "deleted_by"])
    return deleted


def cancel_import(import_id: int) -> None:
    """Ask an import to stop; it does so at its next batch, and publishes nothing.

    Raises ValueError when there is none under way.
    """
    asked = Import.objects.filter(pk=import_id, status__in=[Import.QUEUED, Import.RUNNING]).update(
        cancel_requested=True
    )
    if not asked:
        raise ValueError(f"no import {import_id} is under way")
