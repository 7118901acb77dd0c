"""How the organisation wants to be told: who is told at red, when it is quiet, and the digest."""

from __future__ import annotations

from datetime import datetime, time

from django.db import transaction

from finops.alerts.timing import due_at
from finops.models import Alert, AlertSettings, Delivery, Organization, Person


def change_preferences(
    *,
    escalate_to: Person | None,
    escalate_after_minutes: int,
    quiet_from: time | None,
    quiet_until: time | None,
    digest_at: time | None,
    now: datetime,
) -> AlertSettings:
    """Save the wishes, and hold what waits against them: a shorter night lets it out at once."""
    with transaction.atomic():
        wishes = AlertSettings.objects.select_for_update().get(pk=1)
        wishes.escalate_to = escalate_to
        wishes.escalate_after_minutes = escalate_after_minutes
        wishes.quiet_from, wishes.quiet_until = quiet_from, quiet_until
        wishes.digest_at = digest_at
        wishes.save()
        _time_again(wishes, now)
    return wishes


def _time_again(wishes: AlertSettings, now: datetime) -> None:
    """Give messages that nobody has tried to send yet their time anew; red ones never waited."""
    zone = Organization.current().zone
    waiting = (
        Delivery.objects.select_for_update(of=("self",))
        .filter(state=Delivery.QUEUED, purpose=Delivery.ALERT, attempts=0, due_at__gt=now)
        .exclude(alert__severity=Alert.RED)
    )
    for message in waiting:
        is_mail = message.channel == Delivery.EMAIL
        message.due_at = due_at(now, wishes, zone, is_red=False, is_mail=is_mail)
        message.save(update_fields=["due_at"])
