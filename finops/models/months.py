"""The close of a month: who, when, why, and the figures as they were then."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class MonthClose(models.Model):
    """One close of a month of the organisation; reopening ends it, closing again is the next one.

    ``checklist`` and ``figures`` are what was read then, ``sha256`` of both: figures of a closed
    month are read from here, whatever becomes of calls, charges, prices and names.
    """

    month = models.DateField()
    version = models.PositiveIntegerField(default=1)
    closed_at = models.DateTimeField(default=timezone.now)
    closed_by = models.CharField(max_length=200, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    checklist = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopened_by = models.CharField(max_length=200, blank=True, default="")
    reopen_reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("-month", "-version")
        constraints = [
            models.UniqueConstraint(
                fields=["month"],
                condition=Q(reopened_at__isnull=True),
                name="month_closed_once",
            ),
            models.UniqueConstraint(fields=["month", "version"], name="month_close_version_once"),
            models.CheckConstraint(name="month_close_begins", condition=Q(month__day=1)),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} v{self.version}"
