"""Runs that price or attribute history again, on record and undoable."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Self

from django.db import models
from django.db.models import Q

from finops.models.jobs import LeasedJob, takeable


class RevaluationQuerySet(models.QuerySet["Revaluation"]):
    """Questions about previews and runs."""

    def on_record(self) -> Self:
        """Keep runs that can change the ledger; not those that ask what a price would do."""
        return self.filter(proposal=None)

    def due(self, now: datetime) -> Self:
        """Keep what a worker should run: an unmade preview, or a run that somebody has asked for.

        A preview that was made waits for a person, and is nobody's work until then.
        """
        return self.filter(takeable(now)).filter(
            Q(preview={}) | Q(apply_requested_at__isnull=False)
        )


class Revaluation(LeasedJob):
    """One run over the calls of a scope: what was asked, what it changes, what it changed.

    A preview has ``status`` queued and its figures filled in; it is applied once somebody has
    asked for it (``apply_requested_at``). Before-images of every changed row are kept in
    ``call_before_images`` until the run is undone. ``preview`` and ``result`` hold figures as
    ``finops.revaluation.figures`` writes them. With a ``proposal`` it asks what would be if that
    price were in the book; such a run is never applied.
    """

    PRICE, ATTRIBUTION, CHARGES = "price", "attribution", "charges"
    #: What can be worked out again of a call; charges of bills are a run of their own.
    PARTS: Final = (PRICE, ATTRIBUTION)

    parts = models.JSONField()
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    filters = models.JSONField(default=dict)
    unpriced_only = models.BooleanField(default=False)
    reason = models.TextField(blank=True, default="")
    proposal = models.ForeignKey(
        "PriceProposal", null=True, blank=True, on_delete=models.CASCADE, related_name="effects"
    )
    preview = models.JSONField(default=dict)
    apply_requested_at = models.DateTimeField(null=True, blank=True)
    forced = models.BooleanField(default=False)
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.CharField(max_length=200, blank=True, default="")
    result = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=200, blank=True, default="")
    undo_reason = models.TextField(blank=True, default="")

    objects = RevaluationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"revaluation {self.pk} ({', '.join(self.parts)})"

    @property
    def state(self) -> str:
        """Say in one word where it stands: previewed, applied, undone, or the job's own status."""
        if self.undone_at:
            return "undone"
        if self.applied_at:
            return "applied"
        waits = self.status == self.QUEUED and self.preview and not self.apply_requested_at
        return "previewed" if waits else self.status

    def wait(self, **changes: Any) -> None:
        """Hand the job back, to wait for a person or its next turn. Raises as ``end`` does."""
        self._while_leased(status=self.QUEUED, lease_token=None, lease_until=None, **changes)
