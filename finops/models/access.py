"""Keys with which programs read and write. Only a hash of each is kept."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ApiKey(models.Model):
    """A named key. ``write`` keys push calls of one source; ``admin`` includes read and write."""

    WRITE, READ, ADMIN = "write", "read", "admin"
    SCOPES: Final = (WRITE, READ, ADMIN)

    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    scope = models.CharField(max_length=10, default=WRITE, choices=[(s, s) for s in SCOPES])
    source = models.ForeignKey(
        "finops.Source", on_delete=models.PROTECT, null=True, blank=True, related_name="keys"
    )
    requests_per_minute = models.PositiveIntegerField(default=600)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200, blank=True, default="")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="api_key_writer_has_source",
                condition=Q(scope="read") | Q(source__isnull=False),
            ),
            models.CheckConstraint(
                name="api_key_rate_positive", condition=Q(requests_per_minute__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.scope})"


class ApiKeyMinute(models.Model):
    """How many requests a key made in one minute; older minutes are swept away."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE)
    minute = models.DateTimeField()
    requests = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "minute"], name="api_key_minute_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} at {self.minute:%H:%M}: {self.requests}"
