"""Celery's doors into importing. The rows in PostgreSQL say what is to do; tasks only look."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from finops.models import LeaseLost
from finops.models.jobs import takeable
from finops.rollups.refresh import refresh
from ingest.housekeeping import sweep as sweep_leftovers
from ingest.models import Import
from ingest.pipeline import run_import

logger = logging.getLogger(__name__)


@shared_task(name="ingest.take_up_imports")
def take_up_imports(**_: Any) -> int:
    """Run imports that wait, and those whose worker died; gives how many this worker ended."""
    ended = 0
    for job in Import.objects.filter(takeable(timezone.now())).order_by("pk"):
        try:
            run_import(job)
        except LeaseLost:
            continue  # another worker was quicker
        ended += 1
    if ended:
        refresh(wait=False)
    return ended


@shared_task(name="ingest.sweep")
def sweep(**_: Any) -> None:
    """Clear away what ended work left behind."""
    sweep_leftovers(timezone.now())
