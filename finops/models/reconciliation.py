"""Metered against billed: one row per provider and month, its parts, and who said what of it."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils import timezone

from finops.models.fields import MoneyField

#: Why billed is not metered; the parts sum to the difference exactly (CONTRACT 6).
PARTS: Final = (
    "cut_off",
    "missing_logs",
    "unlogged_keys",
    "price",
    "discount",
    "credits",
    "unexplained",
)
STATES: Final = (
    "not_due",
    "provisional",
    "matched",
    "explained",
    "investigating",
    "accepted",
    "locked",
)


class Reconciliation(models.Model):
    """How a provider's bill of a month compares with the calls, when it was last worked out.

    A projection: worked out anew when calls or bills changed. Amounts are in the reporting
    currency; the parts sum to ``billed - metered``. ``reported`` is what sources said their calls
    cost; None where none said. ``grain`` names the finest keys that both sides had.
    ``computed_status`` is what the numbers say; ``status`` is that, unless a person investigates
    or accepted a difference.
    """

    provider = models.CharField(max_length=200)
    month = models.DateField()
    metered = MoneyField()
    reported = MoneyField(null=True)
    billed = MoneyField(null=True)
    cut_off = MoneyField(default=0)
    missing_logs = MoneyField(default=0)
    unlogged_keys = MoneyField(default=0)
    price = MoneyField(default=0)
    discount = MoneyField(default=0)
    credits = MoneyField(default=0)
    unexplained = MoneyField(default=0)
    tax = MoneyField(default=0)
    not_llm = MoneyField(default=0)
    unconverted = models.JSONField(default=dict)
    grain = models.CharField(max_length=100, blank=True, default="")
    complete = models.BooleanField(default=False)
    status = models.CharField(max_length=20, choices=[(s, s) for s in STATES])
    computed_status = models.CharField(max_length=20, choices=[(s, s) for s in STATES])
    computed_at = models.DateTimeField()
    inputs_hash = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "month"], name="reconciliation_once_per_month"
            ),
            models.CheckConstraint(name="reconciliation_month_begins", condition=Q(month__day=1)),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.month:%Y-%m}: {self.status}"


class ReconciliationLine(models.Model):
    """The comparison at the finest grain both sides have: quantities, unit prices, and its parts.

    Keys that a side does not know are empty. ``metered_quantity`` and ``billed_quantity`` count
    tokens; ``finding`` says in a word what is odd (``unlogged_key``, ``unlogged_model``,
    ``not_billed``, ``price``), empty where nothing is.
    """

    reconciliation = models.ForeignKey(
        Reconciliation, on_delete=models.CASCADE, related_name="lines"
    )
    day = models.DateField(null=True)
    account = models.CharField(max_length=500, blank=True, default="")
    credential = models.CharField(max_length=500, blank=True, default="")
    model = models.CharField(max_length=500, blank=True, default="")
    token_kind = models.CharField(max_length=20, blank=True, default="")
    metered_quantity = MoneyField(null=True)
    billed_quantity = MoneyField(null=True)
    metered = MoneyField(default=0)
    billed = MoneyField(default=0)
    book_price = MoneyField(null=True)
    billed_price = MoneyField(null=True)
    cut_off = MoneyField(default=0)
    missing_logs = MoneyField(default=0)
    unlogged_keys = MoneyField(default=0)
    price = MoneyField(default=0)
    discount = MoneyField(default=0)
    credits = MoneyField(default=0)
    unexplained = MoneyField(default=0)
    finding = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["reconciliation", "model"], name="reconciliation_line_by_model")
        ]

    def __str__(self) -> str:
        return f"{self.reconciliation} {self.model} {self.token_kind}"


class ReconciliationEvent(models.Model):
    """A person took a difference up, accepted it, or gave it back: who, when, why, how much."""

    INVESTIGATE, ACCEPT, REOPEN, LOCK, UNLOCK, RESTATED = (
        "investigate",
        "accept",
        "reopen",
        "lock",
        "unlock",
        "restated",
    )
    KINDS: Final = (INVESTIGATE, ACCEPT, REOPEN, LOCK, UNLOCK, RESTATED)

    provider = models.CharField(max_length=200)
    month = models.DateField()
    kind = models.CharField(max_length=20, choices=[(k, k) for k in KINDS])
    amount = MoneyField(null=True)
    reason = models.TextField(blank=True, default="")
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("at", "pk")
        indexes = [models.Index(fields=["provider", "month"], name="reconciliation_event_by_month")]

    def __str__(self) -> str:
        return f"{self.provider} {self.month:%Y-%m}: {self.kind}"


class ReconciliationTolerance(models.Model):
    """How far billed may be from metered: matched within the first limit, explained in the second.

    ``provider`` empty is what holds for all that have none of their own. A difference within
    ``max(amount, percent of billed)`` is none. ``days_until_due`` is how long after the month's
    end a bill is given before the month is judged.
    """

    provider = models.CharField(max_length=200, blank=True, default="", unique=True)
    matched_amount = models.DecimalField(max_digits=16, decimal_places=2, default=1)
    matched_percent = models.DecimalField(max_digits=5, decimal_places=2, default=1)
    explained_percent = models.DecimalField(max_digits=5, decimal_places=2, default=5)
    days_until_due = models.PositiveSmallIntegerField(default=3)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="tolerance_in_order",
                condition=Q(matched_amount__gte=0)
                & Q(matched_percent__gte=0)
                & Q(explained_percent__gte=models.F("matched_percent")),
            )
        ]

    def __str__(self) -> str:
        return self.provider or "all providers"
