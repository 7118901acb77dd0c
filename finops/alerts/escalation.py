"""Leadership is told at red: once, at once, or when nobody has acknowledged within a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from finops.alerts.outbox import queue_escalation
from finops.alerts.recipients import leaders_of
from finops.domain import display
from finops.models import Alert, AlertSettings, Delivery

_AT_ONCE = "Leadership is told about every red line at once."


def leaders_hear_at(now: datetime) -> datetime:
    """Say when leadership hears about what is raised now, unless somebody acknowledges it."""
    return now + timedelta(minutes=AlertSettings.current().escalate_after_minutes)


def escalate_due(now: datetime) -> int:
    """Tell leadership about every red that nobody acknowledged in time; gives how many."""
    waiting = Alert.objects.filter(escalate_at__lte=now, escalated_at=None, acknowledged_at=None)
    return sum(_escalate_one(pk, now) for pk in waiting.values_list("pk", flat=True))


def escalate(alert: Alert, *, now: datetime) -> bool:
    """Tell leadership if it is time. The caller holds the alert's row, or has just made it.

    Whoever was told already, as owner or recipient, is not told again.
    """
    if alert.escalate_at is None or alert.escalate_at > now:
        return False
    if alert.escalated_at or alert.acknowledged_at or alert.budget is None:
        return False
    told = set(alert.deliveries.filter(channel=Delivery.EMAIL).values_list("recipient", flat=True))
    leaders = [leader for leader in leaders_of(alert.budget) if leader.address not in told]
    queue_escalation(alert, leaders, intro=_intro(alert, now), now=now)
    alert.escalated_at = now
    alert.save(update_fields=["escalated_at"])
    return True


def _escalate_one(pk: int, now: datetime) -> int:
    """Lock the alert, so that it is escalated once and never while somebody acknowledges it."""
    with transaction.atomic():
        alert = (
            Alert.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("budget__escalate_to")
            .filter(pk=pk)
            .first()
        )
        return int(alert is not None and escalate(alert, now=now))


def _intro(alert: Alert, now: datetime) -> str:
    minutes = int((now - alert.raised_at).total_seconds() // 60)
    if not minutes:
        return _AT_ONCE
    return f"Nobody has acknowledged this for {display.counted(minutes, 'minute')}."
