"""Bills: snapshots of what a provider charged, exchange rates, and what each charge is.

The charges themselves are not here: one row per billing line lies in the partitioned table
``charges``, reached through ``finops.bills`` alone.
"""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from finops.domain.charge import CHARGE_KINDS, TOKEN_MEASURES
from finops.models.fields import MoneyField
from finops.models.sources import Source

#: Rules that pick charges compare these columns; ``*`` is a wildcard, empty admits everything.
CHARGE_CONDITIONS: Final = (
    "service_provider",
    "service_name",
    "service_category",
    "sku_meter",
    "resource",
    "description",
    "account",
    "sub_account",
)


class BillSnapshot(models.Model):
    """What a source said about one billing account and billing period, at one delivery.

    The *current* snapshot is the bill; it is swapped as a whole, and its predecessors keep their
    totals but no rows. A *held* one waits for a person (``held_because``: ``closed`` month,
    ``shrinks``, ``older``); its rows wait with it.

    ``totals`` is ``{currency: {"rows", "billed_cost", "effective_cost", "list_cost",
    "contracted_cost", "missing": {cost: rows}}}``, amounts as decimal strings; ``services`` is
    ``{currency: {service: billed_cost}}``, from which ``diff`` says what became of the one before;
    ``score`` counts findings of the FOCUS rules of ``schema``.
    """

    STAGED, CURRENT, SUPERSEDED, HELD, DISCARDED = (
        "staged",
        "current",
        "superseded",
        "held",
        "discarded",
    )
    STATUSES: Final = (STAGED, CURRENT, SUPERSEDED, HELD, DISCARDED)

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="bill_snapshots")
    # Imports are another app's table, which builds on this one.
    import_id = models.BigIntegerField(db_index=True)
    billing_account_id = models.CharField(max_length=500, blank=True, default="")
    billing_account_name = models.CharField(max_length=500, blank=True, default="")
    billing_period = models.DateField()
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=20, default=STAGED, choices=[(s, s) for s in STATUSES])
    held_because = models.CharField(max_length=40, blank=True, default="")
    schema = models.CharField(max_length=40, blank=True, default="")
    content_hash = models.CharField(max_length=64, blank=True, default="")
    rows = models.BigIntegerField(default=0)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    totals = models.JSONField(default=dict)
    services = models.JSONField(default=dict)
    score = models.JSONField(default=dict)
    diff = models.JSONField(default=dict)
    provider = models.CharField(max_length=200, blank=True, default="")
    accounting_month = models.DateField(null=True)
    published_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    decision_reason = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "billing_account_id", "billing_period"],
                condition=Q(status="current"),
                name="bill_snapshot_current_once",
            ),
            models.CheckConstraint(
                name="bill_period_is_a_month", condition=Q(billing_period__day=1)
            ),
        ]
        indexes = [
            models.Index(fields=["-billing_period", "source"], name="bill_snapshot_by_period")
        ]

    def __str__(self) -> str:
        return (
            f"{self.source} {self.billing_account_id} {self.billing_period:%Y-%m} v{self.version}"
        )


class ExchangeRate(models.Model):
    """What one unit of ``currency`` is worth in the reporting currency, from a day on.

    A later rate replaces it from its own day on. Loaded by finance, never guessed.
    """

    currency = models.CharField(max_length=3)
    effective_from = models.DateField()
    rate = MoneyField()
    origin = models.CharField(max_length=200, blank=True, default="")
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["currency", "effective_from"], name="exchange_rate_once_per_day"
            ),
            models.CheckConstraint(name="exchange_rate_positive", condition=Q(rate__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.rate} from {self.effective_from}"


class ChargeKindRule(models.Model):
    """What is AI on a bill: a charge that matches is of this kind, provider, model and token kind.

    Rules are tried by ``position``; the first match decides. Conditions compare ``*`` patterns,
    ``|`` between alternatives, without regard to case; empty ones admit everything.
    ``model_pattern`` is a regular expression over ``model_from`` (a column) whose named group
    ``model`` is the model as the bill spells it; ``model`` gives it outright. In force for charges
    that begin in
    ``[effective_from, effective_to)``. ``seeded`` ones came with Costline.
    """

    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    service_provider = models.CharField(max_length=200, blank=True, default="")
    service_name = models.CharField(max_length=500, blank=True, default="")
    service_category = models.CharField(max_length=200, blank=True, default="")
    sku_meter = models.CharField(max_length=500, blank=True, default="")
    resource = models.CharField(max_length=500, blank=True, default="")
    description = models.CharField(max_length=500, blank=True, default="")
    account = models.CharField(max_length=500, blank=True, default="")
    sub_account = models.CharField(max_length=500, blank=True, default="")
    unit = models.CharField(max_length=200, blank=True, default="")

    kind = models.CharField(max_length=20, choices=[(k, k) for k in CHARGE_KINDS])
    provider = models.CharField(max_length=200, blank=True, default="")
    model = models.CharField(max_length=500, blank=True, default="")
    model_from = models.CharField(max_length=40, blank=True, default="")
    model_pattern = models.CharField(max_length=500, blank=True, default="")
    token_kind = models.CharField(
        max_length=20, blank=True, default="", choices=[(k, k) for k in TOKEN_MEASURES]
    )
    #: How many tokens one unit of the consumed quantity is; None = as the unit's own words say.
    tokens_per_unit = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    effective_from = models.DateField(null=True, blank=True)
    effective_to = models.DateField(null=True, blank=True)
    seeded = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["position"],
                name="charge_kind_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(name="charge_kind_known", condition=Q(kind__in=CHARGE_KINDS)),
            models.CheckConstraint(
                name="charge_kind_period_not_empty",
                condition=Q(effective_to__isnull=True)
                | Q(effective_from__isnull=True)
                | Q(effective_to__gt=F("effective_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"
