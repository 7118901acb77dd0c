"""The dated price book: what a provider charges for a token of a kind, and from when."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from finops.domain.usage import PROCESSING_MODES, TOKEN_KINDS
from finops.models.fields import MoneyField

#: What a rate may be charged for: a token kind of the usage record, or one request.
RATE_KINDS: Final = (*TOKEN_KINDS, "requests")


class Price(models.Model):
    """A rate card: one model of one provider, in one region and processing mode, for a period.

    In force for calls that start in ``[effective_from, effective_to)``; an open end is null.
    ``daily_from``/``daily_to`` (UTC, half-open, may wrap midnight) narrow it to hours of the day.
    Amounts are US dollars. A card is never edited once calls carry it: a new one follows it.
    """

    provider = models.CharField(max_length=100)
    model = models.CharField(max_length=500)
    region = models.CharField(max_length=100, blank=True, default="")
    processing = models.CharField(
        max_length=20, default="standard", choices=[(mode, mode) for mode in PROCESSING_MODES]
    )
    effective_from = models.DateTimeField(null=True, blank=True)
    effective_to = models.DateTimeField(null=True, blank=True)
    daily_from = models.TimeField(null=True, blank=True)
    daily_to = models.TimeField(null=True, blank=True)
    source = models.CharField(max_length=200)
    approved_by = models.CharField(max_length=200, blank=True, default="")
    note = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="price_period_not_empty",
                condition=Q(effective_to__isnull=True)
                | Q(effective_from__isnull=True)
                | Q(effective_to__gt=F("effective_from")),
            ),
            models.CheckConstraint(
                name="price_processing_known", condition=Q(processing__in=PROCESSING_MODES)
            ),
        ]
        indexes = [models.Index(fields=["provider", "model"], name="price_by_model")]

    def __str__(self) -> str:
        since = f" from {self.effective_from:%Y-%m-%d}" if self.effective_from else ""
        return f"{self.provider}/{self.model} {self.processing}{since} (price {self.pk})"


class Rate(models.Model):
    """One line of a rate card: ``amount`` dollars for every ``per`` units of ``kind``.

    A line with ``above_input_tokens`` = N holds for the whole call once its whole prompt,
    cache included, has more than N tokens; the line with the highest such N wins.
    """

    price = models.ForeignKey(Price, on_delete=models.CASCADE, related_name="rates")
    kind = models.CharField(max_length=40, choices=[(kind, kind) for kind in RATE_KINDS])
    above_input_tokens = models.BigIntegerField(default=0)
    amount = MoneyField()
    per = models.IntegerField(default=1_000_000)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["price", "kind", "above_input_tokens"], name="rate_once_per_kind_and_tier"
            ),
            models.CheckConstraint(name="rate_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(name="rate_per_positive", condition=Q(per__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} per {self.per} {self.kind}"


class ModelAlias(models.Model):
    """One spelling of a model name, and the catalogue name that it stands for.

    ``pattern`` is compared in lower case, in the way that ``match`` says, with the given name of a
    call of ``provider``; the lowest ``rank`` wins. ``priced_as`` names another provider whose
    prices apply (a reseller without a price list of its own).
    """

    EQUALS, STARTS_WITH, ENDS_WITH, CONTAINS, REGEX = (
        "equals",
        "starts_with",
        "ends_with",
        "contains",
        "regex",
    )
    MATCHES: Final = (EQUALS, STARTS_WITH, ENDS_WITH, CONTAINS, REGEX)

    provider = models.CharField(max_length=100)
    match = models.CharField(max_length=20, default=EQUALS, choices=[(m, m) for m in MATCHES])
    pattern = models.CharField(max_length=500)
    model = models.CharField(max_length=500)
    priced_as = models.CharField(max_length=100, blank=True, default="")
    rank = models.IntegerField(default=0)
    source = models.CharField(max_length=200)
    added_by = models.CharField(max_length=200, blank=True, db_default="")
    note = models.TextField(blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "match", "pattern", "model"], name="model_alias_once"
            )
        ]
        indexes = [models.Index(fields=["provider", "rank"], name="model_alias_by_provider")]

    def __str__(self) -> str:
        return f"{self.provider}/{self.pattern} is {self.model}"


class PriceProposal(models.Model):
    """A rate card that somebody has written down, and what finance made of it.

    It is no price: no call is valued by it until it is approved and becomes one. ``card`` is a
    ``finops.pricing.cards.RateCard``; ``reason`` is the proposer's, ``decision_note`` finance's.
    """

    WAITING, APPROVED, DECLINED = "waiting", "approved", "declined"
    STATES: Final = (WAITING, APPROVED, DECLINED)

    card = models.JSONField()
    reason = models.TextField()
    state = models.CharField(max_length=20, default=WAITING, choices=[(s, s) for s in STATES])
    proposed_by = models.CharField(max_length=200)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.TextField(blank=True, default="")
    price = models.OneToOneField(
        Price, null=True, blank=True, on_delete=models.SET_NULL, related_name="proposal"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="price_proposal_decided_on_record",
                condition=Q(state="waiting", decided_at__isnull=True)
                | Q(state__in=["approved", "declined"], decided_at__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["state", "-id"], name="price_proposal_by_state")]

    def __str__(self) -> str:
        return f"price proposal {self.pk}"
