"""One mail a day instead of many: what is due together goes out together."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from django.db import transaction

from finops.alerts import messages
from finops.alerts.outbox import queue_mail
from finops.models import Alert, AlertSettings, Delivery


def gather_digests(now: datetime) -> int:
    """Put mails that are due into one for each recipient, when finance wants a digest.

    Red ones go alone, and so does the only one of a day. Gives how many digests were made. What a
    digest carries says so (``carried_by``), and is not sent by itself.
    """
    if AlertSettings.current().digest_at is None:
        return 0
    made = 0
    with transaction.atomic():
        due = list(
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(
                state=Delivery.QUEUED,
                purpose=Delivery.ALERT,
                channel=Delivery.EMAIL,
                due_at__lte=now,
                attempts=0,
            )
            .exclude(alert__severity=Alert.RED)
            .select_related("alert")
            .order_by("recipient", "queued_at", "pk")
        )
        for recipient, group in groupby(due, key=lambda delivery: delivery.recipient):
            made += _gather(recipient, list(group), now)
    return made


def _gather(recipient: str, carried: list[Delivery], now: datetime) -> int:
    if len(carried) < 2:
        return 0
    mail = messages.digest([one.alert for one in carried if one.alert is not None])
    digest = queue_mail(
        key=f"digest:{carried[0].uid}",
        purpose=Delivery.DIGEST,
        to=recipient,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        now=now,
        is_sample=all(one.is_sample for one in carried),
    )
    Delivery.objects.filter(pk__in=[one.pk for one in carried]).update(
        state=Delivery.CARRIED, carried_by=digest
    )
    return 1
