"""Celery's doors into the product: one call into the domain each, safe to run twice."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from finops.access import throttling
from finops.models import LeaseLost, Revaluation
from finops.organization import clock
from finops.revaluation.apply import run_revaluation
from finops.rollups.refresh import refresh


@shared_task(name="finops.refresh_rollups")
def refresh_rollups(**_: Any) -> int:
    """Work off stale hours, unless another worker is at it."""
    return refresh(wait=False)


@shared_task(name="finops.take_up_revaluations")
def take_up_revaluations(**_: Any) -> int:
    """Run revaluations that wait, and those whose worker died; gives how many were run."""
    run = 0
    for job in Revaluation.objects.due(timezone.now()).order_by("pk"):
        try:
            run_revaluation(job, clock=timezone.now)
        except LeaseLost:
            continue  # another worker was quicker
        run += 1
    if run:
        refresh(wait=False)
    return run


@shared_task(name="finops.take_up_zone_changes")
def take_up_zone_changes(**_: Any) -> int:
    """Make changes of the reporting time zone that wait, or whose worker died; gives how many."""
    run = 0
    for job in clock.due(timezone.now()):
        try:
            clock.run_zone_change(job, clock=timezone.now)
        except LeaseLost:
            continue  # another worker was quicker
        run += 1
    if run:
        refresh(wait=False)
    return run


@shared_task(name="finops.sweep")
def sweep(**_: Any) -> None:
    """Forget sessions that have ended, and failed sign-ins that no longer count."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    throttling.sweep(now)
