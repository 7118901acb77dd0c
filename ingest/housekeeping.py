"""Clear away what nobody will ask for again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection

from finops.ledger.stage import import_stage
from finops.models import ApiKeyMinute
from ingest import uploads
from ingest.models import Import

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Request counts matter for the minute they count.
_KEEP_COUNTS: Final = timedelta(hours=1)


def sweep(now: datetime) -> None:
    """Drop stages and uploads of imports that have ended, and request counts of an hour ago."""
    uploads.sweep(now)
    ApiKeyMinute.objects.filter(minute__lt=now - _KEEP_COUNTS).delete()
    with connection.cursor() as cursor:
        for import_id, start in _stages(cursor):
            if not _under_way(import_id, start):
                import_stage(import_id, start).drop(cursor)


def _stages(cursor: CursorWrapper) -> list[tuple[int, int]]:
    """Find the stages that there are: of which import, of which start."""
    cursor.execute(
        "SELECT found[1]::bigint, found[2]::integer"
        " FROM pg_tables, regexp_match(tablename, '^import_([0-9]+)_([0-9]+)$') AS found"
        " WHERE schemaname = 'staging' AND found IS NOT NULL"
    )
    return list(cursor.fetchall())


def _under_way(import_id: int, start: int) -> bool:
    job = Import.objects.filter(pk=import_id, status__in=[Import.QUEUED, Import.RUNNING]).first()
    return job is not None and job.options.get("stage", 0) == start
