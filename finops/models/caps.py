"""Caps for agents: limits per workflow that warn, and the runs that went beyond them."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils import timezone

from finops.models.fields import MoneyField


class Cap(models.Model):
    """A limit that one run, or one step of it, of a workflow should keep. It warns, no more.

    ``limit`` is dollars for ``run_cost``, tokens for ``step_tokens``, and a count otherwise:
    steps are calls of a run, retries those beyond the first of their step, depth the longest
    chain of parents. A cap that was lifted keeps its row and its violations.
    """

    RUN_COST, STEP_TOKENS, STEPS, RETRIES, DEPTH = (
        "run_cost",
        "step_tokens",
        "steps",
        "retries",
        "depth",
    )
    KINDS: Final = (RUN_COST, STEP_TOKENS, STEPS, RETRIES, DEPTH)

    workflow = models.CharField(max_length=500)
    kind = models.CharField(max_length=20, choices=[(k, k) for k in KINDS])
    limit = MoneyField()
    reason = models.TextField(blank=True, default="")
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200, blank=True, default="")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=200, blank=True, default="")
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workflow", "kind"],
                condition=Q(lifted_at__isnull=True),
                name="cap_once_per_workflow_and_kind",
            ),
            models.CheckConstraint(name="cap_not_negative", condition=Q(limit__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.workflow}: {self.kind} ≤ {self.limit}"


class CapViolation(models.Model):
    """A run that went beyond a cap: by how much, in dollars, and the step that broke it.

    ``beyond`` is what the calls after the cap was reached cost; None when they have no price.
    ``call`` is the call that broke it. A violation that corrected data undid has ``cleared_at``.
    """

    cap = models.ForeignKey(Cap, on_delete=models.CASCADE, related_name="violations")
    run_url_id = models.UUIDField()
    run = models.CharField(max_length=500)
    started_at = models.DateTimeField()
    value = MoneyField()
    limit = MoneyField()
    beyond = MoneyField(null=True)
    step = models.CharField(max_length=500, blank=True, default="")
    call = models.CharField(max_length=500, blank=True, default="")
    found_at = models.DateTimeField()
    alerted_at = models.DateTimeField(null=True, blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cap", "run_url_id"], name="cap_violation_once_per_run")
        ]
        indexes = [
            models.Index(fields=["cap", "-started_at"], name="cap_violation_by_start"),
            models.Index(
                fields=["found_at"], condition=Q(alerted_at__isnull=True), name="violation_untold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cap} in {self.run}"


class CapCheck(models.Model):
    """How far runs have been held against the caps: those refreshed later are yet to be.

    ``held`` maps a cap's key to the stored workflows that it was held against; a cap that is new,
    or whose workflows were merged since, is held against the past month again.
    """

    checked_to = models.DateTimeField(null=True)
    held = models.JSONField(default=dict)

    class Meta:
        constraints = [models.CheckConstraint(name="cap_check_only_one", condition=Q(pk=1))]

    def __str__(self) -> str:
        return f"checked to {self.checked_to}"
