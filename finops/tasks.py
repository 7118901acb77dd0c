"""Celery's doors into the product: one call into the domain each, safe to run twice."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from finops.access import throttling
from finops.alerts.raising import raise_due
from finops.alerts.sending import send_due
from finops.alerts.watch import watch
from finops.budgets.evaluate import evaluate_all
from finops.models import LeaseLost, Revaluation
from finops.organization import clock
from finops.reconciliation.computing import reconcile_due
from finops.revaluation.apply import run_revaluation
from finops.reviews.preparing import prepare_due
from finops.rollups.refresh import refresh
from finops.waking import wake_sending


@shared_task(name="finops.refresh_rollups")
def refresh_rollups(**_: Any) -> int:
    """Work off stale hours, unless another worker is at it; then see who has to hear of it."""
    done = refresh(wait=False)
    if watch(timezone.now()):
        wake_sending()
    return done


@shared_task(name="finops.evaluate_budgets")
def evaluate_budgets(**_: Any) -> int:
    """Look at all budgets: time passes, sources fall silent, forecasts age."""
    seen = evaluate_all(timezone.now())
    if raise_due(timezone.now()):
        wake_sending()
    return seen


# A server that answers byte by byte would hold the worker for good.
@shared_task(name="finops.send_messages", soft_time_limit=60)
def send_messages(**_: Any) -> int:
    """Send what is due, unless another worker is at it; gives how many messages went out."""
    return send_due(timezone.now)


@shared_task(name="finops.prepare_reviews")
def prepare_reviews(**_: Any) -> int:
    """Prepare the review of the week that has ended, and close those that nobody closed."""
    return len(prepare_due(timezone.now()))


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


@shared_task(name="finops.reconcile")
def reconcile(**_: Any) -> int:
    """Hold the bills of the last months against the calls, where either has changed."""
    return reconcile_due(timezone.now())


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
