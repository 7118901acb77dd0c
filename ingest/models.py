"""The record of every import, and of every row that could not be read."""

from __future__ import annotations

from django.db import models

from finops.models import LeasedJob
from finops.models.fields import MoneyField


class Import(LeasedJob):
    """One delivery of one file, folder entry, upload or push.

    For usage ``rows = accepted + duplicates + superseded + rejected + skipped``. ``cost`` is the
    counted cost of the accepted and superseding calls, in ``currency``.
    """

    path = models.TextField()
    format = models.CharField(max_length=100, blank=True, default="")
    kind = models.CharField(max_length=20, default="usage")
    source = models.ForeignKey(
        "finops.Source", on_delete=models.PROTECT, null=True, related_name="imports"
    )
    options = models.JSONField(default=dict)
    rows = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    superseded = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    unpriced = models.BigIntegerField(default=0)
    cost = MoneyField(default=0)
    currency = models.CharField(max_length=3, default="USD")
    calls_from = models.DateTimeField(null=True, blank=True)
    calls_to = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["status", "lease_until"], name="import_by_status")]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.path}"


class RejectedRow(models.Model):
    """A row that was not read: where it stood, why, and its trimmed text without content."""

    parent = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rejects")
    line = models.BigIntegerField()
    reason = models.TextField()
    field = models.CharField(max_length=500, blank=True, default="")
    raw = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["parent", "line"], name="reject_by_line")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
