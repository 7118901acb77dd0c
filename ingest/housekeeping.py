"""Clear away what nobody will ask for again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from finops.ledger.stage import import_stage
from finops.models import ApiKeyMinute
from ingest.models import Import

#: Request counts matter for the minute they count.
_KEEP_COUNTS: Final = timedelta(hours=1)


def sweep(now: datetime) -> None:
    """Drop stages of imports that have ended, and request counts older than an hour."""
    ApiKeyMinute.objects.filter(minute__lt=now - _KEEP_COUNTS).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substring(tablename FROM '^import_([0-9]+)$')::bigint FROM pg_tables"
            " WHERE schemaname = 'staging' AND tablename ~ '^import_[0-9]+$'"
        )
        staged = [number for (number,) in cursor.fetchall()]
        alive = set(
            Import.objects.filter(
                pk__in=staged, status__in=[Import.QUEUED, Import.RUNNING]
            ).values_list("pk", flat=True)
        )
        for number in set(staged) - alive:
            import_stage(number).drop(cursor)
