"""Shared cost: pools of charges, dated splits, drivers, and every run with its inputs."""

from __future__ import annotations

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from finops.models.fields import MoneyField

#: How a pool is split. ``priced_tokens`` (tokens at book price) is the default for AI cost;
#: ``metered`` leaves everybody what their own calls cost, and the rest as unreconciled.
METHODS: Final = (
    "even",
    "fixed",
    "direct_cost",
    "calls",
    "priced_tokens",
    "metered",
    "driver",
    "hold",
)
#: What happens to a pool whose driver is zero for everybody.
FALLBACKS: Final = ("even", "previous", "unallocated")
#: Whom a pool may be split over.
TARGET_DIMENSIONS: Final = ("team", "feature", "customer", "workflow")


class CostPool(models.Model):
    """A shared cost: the charges that it picks, or a percentage on top of what targets carry.

    ``kinds`` and the patterns (``*`` wildcards, empty admits everything) must all hold; a charge
    that has a value of the target dimension already is direct and in no pool. Pools of one stage
    are split at once, later stages after; a charge is in the first pool that picks it. With
    ``surcharge_percent`` the amount is that share of everything split or direct before its stage.
    """

    name = models.CharField(max_length=200)
    stage = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveIntegerField(default=1)
    dimension = models.CharField(
        max_length=20, default="team", choices=[(d, d) for d in TARGET_DIMENSIONS]
    )
    kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    provider = models.CharField(max_length=200, blank=True, default="")
    service_name = models.CharField(max_length=500, blank=True, default="")
    sku_meter = models.CharField(max_length=500, blank=True, default="")
    resource = models.CharField(max_length=500, blank=True, default="")
    account = models.CharField(max_length=500, blank=True, default="")
    sub_account = models.CharField(max_length=500, blank=True, default="")
    tag = models.CharField(max_length=500, blank=True, default="")
    tag_value = models.CharField(max_length=500, blank=True, default="")
    surcharge_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    stopped_from = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                condition=Q(stopped_from__isnull=True),
                name="cost_pool_name_in_use_once",
            ),
            models.CheckConstraint(name="cost_pool_named", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class PoolSplit(models.Model):
    """How a pool is split from a month on. Splits are never edited: a later one replaces it.

    ``weights`` is ``{target: decimal text}``: percents of a fixed split (summing to 100), or what
    a driver is kept to. ``targets`` limits an even or proportional split to these; empty is every
    target with a direct cost or a call in the month. ``utilisation`` (percent) splits only the
    used part by the method; the idle rest goes to ``idle_to``, or is held.
    """

    pool = models.ForeignKey(CostPool, on_delete=models.CASCADE, related_name="splits")
    effective_from = models.DateField()
    method = models.CharField(max_length=20, choices=[(m, m) for m in METHODS])
    fallback = models.CharField(
        max_length=20, default="unallocated", choices=[(f, f) for f in FALLBACKS]
    )
    weights = models.JSONField(default=dict, blank=True)
    targets = ArrayField(models.CharField(max_length=500), default=list, blank=True)
    driver = models.CharField(max_length=200, blank=True, default="")
    utilisation = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    idle_to = models.CharField(max_length=500, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("effective_from", "set_at", "pk")
        constraints = [
            models.CheckConstraint(name="pool_split_method_known", condition=Q(method__in=METHODS)),
            models.CheckConstraint(
                name="pool_split_utilisation_is_percent",
                condition=Q(utilisation__isnull=True) | Q(utilisation__gte=0, utilisation__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool} by {self.method} from {self.effective_from}"


class DriverValue(models.Model):
    """What a target used of something in a month (GPU-seconds, seats …), as it was uploaded."""

    driver = models.CharField(max_length=200)
    month = models.DateField()
    target = models.CharField(max_length=500)
    value = MoneyField()
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["driver", "month", "target"], name="driver_value_once"),
            models.CheckConstraint(name="driver_value_not_negative", condition=Q(value__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.driver} {self.month:%Y-%m} {self.target}: {self.value}"


class AllocationRun(models.Model):
    """One published allocation of a month, with everything that went in.

    ``inputs`` holds pools, splits and driver values as they were, ``sha256`` of it. ``current`` is
    the statement in force; an earlier one of the month stays on record.
    """

    month = models.DateField()
    dimension = models.CharField(max_length=20, choices=[(d, d) for d in TARGET_DIMENSIONS])
    basis = models.CharField(max_length=20, default="effective")
    version = models.PositiveIntegerField(default=1)
    current = models.BooleanField(default=True)
    currency = models.CharField(max_length=3)
    inputs = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64)
    total_in = MoneyField()
    total_out = MoneyField()
    direct = MoneyField()
    unallocated = MoneyField()
    unreconciled = models.JSONField(default=dict)
    reason = models.TextField(blank=True, default="")
    run_at = models.DateTimeField(default=timezone.now)
    run_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("-month", "-version")
        constraints = [
            models.UniqueConstraint(
                fields=["month", "dimension"],
                condition=Q(current=True),
                name="allocation_current_once",
            ),
            models.UniqueConstraint(
                fields=["month", "dimension", "version"], name="allocation_version_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} by {self.dimension} v{self.version}"


class AllocationShare(models.Model):
    """What a pool gave a target in a run, in whole cents; ``target`` empty is what stayed."""

    run = models.ForeignKey(AllocationRun, on_delete=models.CASCADE, related_name="shares")
    pool = models.ForeignKey(CostPool, on_delete=models.SET_NULL, null=True, related_name="+")
    pool_name = models.CharField(max_length=200)
    stage = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=20)
    target = models.CharField(max_length=500, blank=True, default="")
    weight = MoneyField(null=True)
    amount = MoneyField()

    class Meta:
        indexes = [models.Index(fields=["run", "target"], name="allocation_share_by_target")]

    def __str__(self) -> str:
        return f"{self.pool_name} to {self.target or 'nobody'}: {self.amount}"
