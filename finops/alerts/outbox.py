"""The outbox: messages are rows before anything is sent, each once by its key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

from finops.alerts import messages
from finops.alerts.acknowledging import may_by_link
from finops.alerts.links import OWN_LINK
from finops.alerts.messages import Mail
from finops.alerts.recipients import Hearer
from finops.alerts.timing import due_at
from finops.alerts.words import plain_words
from finops.models import Alert, AlertSettings, Delivery, Endpoint, Organization

#: What stands on a page, and in what is kept, for a link that is its recipient's alone.
NOT_SHOWN = "(a link of the recipient's own, not shown here)"


def queue_mail(
    *,
    key: str,
    purpose: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    now: datetime,
    is_sample: bool = False,
) -> Delivery:
    """Queue one mail to one address; give it, or the one that was queued under this key before.

    ``purpose`` is one of ``Delivery.PURPOSES``. The subject is made one harmless line. Call it in
    the transaction that decides to send, so that the mail is there exactly when the decision is.
    """
    delivery, _ = Delivery.objects.get_or_create(
        key=key,
        defaults={
            "purpose": purpose,
            "channel": Delivery.EMAIL,
            "recipient": to,
            "subject": plain_words(subject, 300),
            "text": text,
            "html": html,
            "queued_at": now,
            "due_at": now,
            "is_sample": is_sample,
        },
    )
    return delivery


def queue_alert(alert: Alert, hearers: Iterable[Hearer], *, now: datetime) -> None:
    """Queue an alert for its hearers and every endpoint that is in use, each when it is due."""
    wishes, zone = AlertSettings.current(), Organization.current().zone
    is_red = alert.severity == Alert.RED
    mail_due = due_at(now, wishes, zone, is_red=is_red, is_mail=True)
    hook_due = due_at(now, wishes, zone, is_red=is_red, is_mail=False)
    rows = [_mail_row(alert, hearer, Delivery.ALERT, now=now, due=mail_due) for hearer in hearers]
    endpoints = Endpoint.objects.filter(is_active=True).order_by("pk")
    rows += [
        _hook_row(alert, endpoint, now=now, due=hook_due)
        for endpoint in endpoints
        if is_red or not endpoint.only_red
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


def queue_escalation(alert: Alert, leaders: Iterable[Hearer], *, intro: str, now: datetime) -> None:
    """Queue an alert for leadership, at once."""
    rows = [
        _mail_row(alert, leader, Delivery.ESCALATION, now=now, due=now, intro=intro)
        for leader in leaders
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


def queue_test(endpoint: Endpoint, *, now: datetime) -> Delivery:
    """Queue a test message to an endpoint."""
    uid = uuid4()
    payload = messages.test_message(endpoint.kind, name=endpoint.name, uid=str(uid))
    return Delivery.objects.create(
        uid=uid,
        key=f"test:{uid}",
        purpose=Delivery.TEST,
        channel=endpoint.kind,
        recipient=endpoint.name,
        endpoint=endpoint,
        subject="Test message",
        text=payload["text"],
        payload=payload,
        queued_at=now,
        due_at=now,
    )


def shown(text: str) -> str:
    """Give a stored message as anybody may read it: the recipient's own link stays theirs."""
    return text.replace(OWN_LINK, NOT_SHOWN)


def _mail_row(
    alert: Alert, hearer: Hearer, purpose: str, *, now: datetime, due: datetime, intro: str = ""
) -> Delivery:
    mail: Mail = messages.mail(
        alert, why=hearer.why, intro=intro, acknowledge=may_by_link(hearer.address)
    )
    return Delivery(
        key=f"{purpose}:{alert.key}:{hearer.address}"[:400],
        alert=alert,
        purpose=purpose,
        channel=Delivery.EMAIL,
        recipient=hearer.address,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        queued_at=now,
        due_at=due,
        is_sample=alert.is_sample,
    )


def _hook_row(alert: Alert, endpoint: Endpoint, *, now: datetime, due: datetime) -> Delivery:
    uid = uuid4()
    is_chat = endpoint.kind == Endpoint.SLACK
    return Delivery(
        uid=uid,
        key=f"alert:{alert.key}:endpoint {endpoint.pk}",
        alert=alert,
        purpose=Delivery.ALERT,
        channel=endpoint.kind,
        recipient=endpoint.name,
        endpoint=endpoint,
        subject=alert.title,
        text=messages.mail(alert, why="").text,
        payload=messages.slack(alert) if is_chat else messages.webhook(alert, uid=str(uid)),
        queued_at=now,
        due_at=due,
        is_sample=alert.is_sample,
    )
