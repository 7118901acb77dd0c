"""Runs that price or attribute history again, on record and undoable."""

from __future__ import annotations

from typing import Final

from django.db import models

from finops.models.jobs import LeasedJob


class Revaluation(LeasedJob):
    """One run over the calls of a scope: what was asked, what it changes, what it changed.

    A preview has ``status`` queued and its figures filled in. Before-images of every changed row
    are kept in ``call_before_images`` until the run is undone.
    """

    PRICE, ATTRIBUTION = "price", "attribution"
    PARTS: Final = (PRICE, ATTRIBUTION)

    parts = models.JSONField()
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    filters = models.JSONField(default=dict)
    reason = models.TextField(blank=True, default="")
    preview = models.JSONField(default=dict)
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"revaluation {self.pk} ({', '.join(self.parts)})"
