"""The record of every import, and of every row that could not be read."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Final

from django.db import models

from finops.models import LeasedJob
from finops.models.fields import MoneyField

#: Where calls come from that somebody pushed: no file, but an address.
PUSH: Final = "POST /api/v1/calls/"
#: What an import's options hold besides what a person asked for.
_RUN_FACTS: Final = frozenset(("fingerprint", "stage", "read", "staged", "content_hash", "waits"))


class Import(LeasedJob):
    """One delivery of one file, folder entry, upload or push.

    ``rows = accepted + duplicates + superseded + rejected + skipped``. ``cost`` is the counted
    cost of the accepted and superseding calls, or what a bill comes to, in ``currency``;
    ``unpriced`` rows are in no cost.
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

    @property
    def is_upload(self) -> bool:
        """Say whether the file was sent through a page, and is ours to delete."""
        return "label" in self.options

    @property
    def label(self) -> str:
        """What people call it: the name that its sender gave the file, or its own."""
        if self.path == PUSH:
            return "Pushed calls"
        if self.path == "-":
            return "Standard input"
        return str(self.options.get("label") or PurePath(self.path).name)

    @property
    def is_under_way(self) -> bool:
        """Say whether it waits or runs."""
        return self.status in {self.QUEUED, self.RUNNING}

    @property
    def waits(self) -> bool:
        """Say whether somebody has to say first how to read it."""
        return self.status == self.QUEUED and bool(self.options.get("waits"))

    @property
    def percent_read(self) -> int | None:
        """How much of its file has been read; None where that is not known."""
        size, read = self.options.get("size"), self.options.get("read")
        return min(100 * int(read) // int(size), 100) if size and read is not None else None

    @property
    def told_options(self) -> dict[str, Any]:
        """Its options without what running it added."""
        return {name: told for name, told in self.options.items() if name not in _RUN_FACTS}

    @property
    def reason(self) -> str:
        """Why it ended as it did, without the place of the file on the server."""
        return self.error.replace(self.path, self.label) if len(self.path) > 1 else self.error


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
