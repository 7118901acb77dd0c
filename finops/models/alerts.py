"""Alerts and the outbox: what was raised, who was told over which way, and whether it arrived."""

from __future__ import annotations

from datetime import time
from typing import Final
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone

from finops.models.people import Person


class AlertSettings(models.Model):
    """How the organisation wants to be told: one row.

    Between ``quiet_from`` and ``quiet_until`` (clock times of the reporting zone, over midnight
    when the first is later) only red is sent. With ``digest_at`` everything but red waits for one
    mail a day at that time. At red ``escalate_to`` is told, ``escalate_after_minutes`` later unless
    somebody acknowledges first; 0 is at once.
    """

    escalate_to = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    escalate_after_minutes = models.PositiveIntegerField(default=60)
    quiet_from = models.TimeField(null=True, blank=True, default=None)
    quiet_until = models.TimeField(null=True, blank=True, default=None)
    digest_at = models.TimeField(null=True, blank=True, default=None)

    class Meta:
        constraints = [
            models.CheckConstraint(name="alert_settings_only_one", condition=Q(pk=1)),
            models.CheckConstraint(
                name="alert_quiet_hours_whole",
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return "how alerts are sent"

    @classmethod
    def current(cls) -> AlertSettings:
        """Give the settings; they exist from their migration on."""
        return cls.objects.get(pk=1)

    def is_quiet_at(self, clock: time) -> bool:
        """Say whether a clock time of the reporting zone lies in the quiet hours."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= clock < self.quiet_until
        return clock >= self.quiet_from or clock < self.quiet_until


class Endpoint(models.Model):
    """Where alerts go besides e-mail: a Slack-compatible or a signed webhook.

    The URL of a Slack webhook is itself a secret, and so is ``secret``, with which a signed one is
    signed. ``only_red`` leaves the rest out; one that is not active gets nothing.
    """

    SLACK, WEBHOOK = "slack", "webhook"
    KINDS: Final = (SLACK, WEBHOOK)

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=[(k, k) for k in KINDS])
    url = models.CharField(max_length=2000)
    secret = models.CharField(max_length=200, blank=True, default="")
    only_red = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.CharField(max_length=200, blank=True, default="")
    is_sample = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """Something that people had to hear about, once: ``key`` makes it unique.

    ``facts`` are the figures as they were when it was raised, from which every message is written;
    money in them is a decimal string.
    """

    YELLOW, RED, HEADING, NOTE = "yellow", "red", "heading", "note"
    SEVERITIES: Final = (YELLOW, RED, HEADING, NOTE)

    key = models.CharField(max_length=300, unique=True)
    severity = models.CharField(max_length=20, choices=[(s, s) for s in SEVERITIES])
    budget = models.ForeignKey(
        "finops.Budget", on_delete=models.CASCADE, null=True, blank=True, related_name="alerts"
    )
    cap = models.ForeignKey(
        "finops.Cap", on_delete=models.CASCADE, null=True, blank=True, related_name="alerts"
    )
    title = models.CharField(max_length=500)
    facts = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=200, blank=True, default="")
    acknowledged_note = models.TextField(blank=True, default="")
    escalate_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        ordering = ("-raised_at", "-pk")
        indexes = [
            models.Index(fields=["-raised_at"], name="alert_by_time"),
            models.Index(
                fields=["escalate_at"],
                condition=Q(escalated_at__isnull=True),
                name="alert_to_raise",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Delivery(models.Model):
    """One message to one recipient in the outbox, kept for the record after it was sent.

    ``key`` makes it unique, so that a message is queued once. A worker takes it by a lease
    (``lease_until``) before it sends; a failure waits until ``due_at``, ever longer, until it is
    ``dead``, which a person sees and may send again. ``dropped`` messages had nobody to go to,
    ``kept`` ones no mail server; ``carried`` ones went out inside another one, a digest.
    """

    EMAIL, SLACK, WEBHOOK = "email", "slack", "webhook"
    CHANNELS: Final = (EMAIL, SLACK, WEBHOOK)
    QUEUED, SENT, DEAD, DROPPED = "queued", "sent", "dead", "dropped"
    KEPT, CARRIED = "kept", "carried"
    STATES: Final = (QUEUED, SENT, DEAD, DROPPED, KEPT, CARRIED)
    #: Why somebody is told.
    ALERT, ESCALATION, DIGEST, REVIEW, TEST = "alert", "escalation", "digest", "review", "test"
    PURPOSES: Final = (ALERT, ESCALATION, DIGEST, REVIEW, TEST)

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    key = models.CharField(max_length=400, unique=True)
    alert = models.ForeignKey(
        Alert, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    purpose = models.CharField(max_length=20, choices=[(p, p) for p in PURPOSES])
    channel = models.CharField(max_length=20, choices=[(c, c) for c in CHANNELS])
    recipient = models.CharField(max_length=320)
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.SET_NULL, null=True, blank=True, related_name="deliveries"
    )
    subject = models.CharField(max_length=500, blank=True, default="")
    text = models.TextField(blank=True, default="")
    html = models.TextField(blank=True, default="")
    payload = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=20, default=QUEUED, choices=[(s, s) for s in STATES])
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="")
    sent_at = models.DateTimeField(null=True, blank=True)
    carried_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="carries"
    )
    is_sample = models.BooleanField(default=False)

    class Meta:
        ordering = ("-queued_at", "-pk")
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="queued"), name="delivery_due"),
            models.Index(fields=["-queued_at"], name="delivery_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.recipient}: {self.subject}"
