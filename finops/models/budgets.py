"""Budgets: what they cover, the dated lines that finance drew, and where they stood and stand.

Lines are never changed in place: every change is a revision that holds from a day on, so that past
periods keep the lines they had. What a budget's status is, is computed from the ledger each time
(``finops.budgets``); the tables of standings only remember the last answer, and every change of it.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from finops.domain.budget_periods import PERIOD_KINDS
from finops.models.fields import MoneyField
from finops.models.people import Person

GREEN, YELLOW, RED, NONE = "green", "yellow", "red", "none"
#: How a period stands, mildest first; ``none`` is spend without lines.
STATUSES: Final = (NONE, GREEN, YELLOW, RED)
#: Which dollars a budget is held against; bills have billed and effective cost.
BUDGET_BASES: Final = ("metered", "billed", "effective")


class Budget(models.Model):
    """What is watched, in which periods, by whom. Its lines are in its revisions.

    ``scope`` maps dimensions to one value each, all of which must hold; ``{}`` is everything.
    Scope, period and basis never change: another scope is another budget. ``version`` counts
    saves, for optimistic locking. After ``stopped_from`` it is held against nothing any more.
    ``recipients`` are told besides the owner; ``escalate_to`` (else the organisation's) at red.
    """

    name = models.CharField(max_length=200)
    scope = models.JSONField(default=dict, blank=True)
    basis = models.CharField(
        max_length=20, default="metered", choices=[(b, b) for b in BUDGET_BASES]
    )
    period = models.CharField(
        max_length=10, default="month", choices=[(p, p) for p in PERIOD_KINDS]
    )
    owner = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="budgets"
    )
    recipients = ArrayField(models.EmailField(), default=list, blank=True, size=20)
    escalate_to = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    tell_at_yellow = models.BooleanField(default=True)
    tell_at_red = models.BooleanField(default=True)
    tell_when_heading = models.BooleanField(default=True)
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
                name="budget_name_in_use_once",
            ),
            models.CheckConstraint(name="budget_named", condition=~Q(name="")),
            models.CheckConstraint(
                name="budget_period_known", condition=Q(period__in=PERIOD_KINDS)
            ),
            models.CheckConstraint(name="budget_basis_known", condition=Q(basis__in=BUDGET_BASES)),
        ]

    def __str__(self) -> str:
        return self.name

    def is_used_on(self, day: date) -> bool:
        """Say whether it was, or is, held against a period that begins on this day."""
        return self.stopped_from is None or day < self.stopped_from


class BudgetRevision(models.Model):
    """One saved change of a budget's lines: it holds for every period from ``effective_from`` on.

    A later revision replaces the earlier ones from its own day on; an undone one never counts.
    ``workflow_share`` is the concentration limit in percent; None switches the rule off.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="revisions")
    effective_from = models.DateField()
    workflow_share = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200, blank=True, default="")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("set_at", "pk")
        constraints = [
            models.CheckConstraint(
                name="budget_workflow_share_is_percent",
                condition=Q(workflow_share__isnull=True)
                | Q(workflow_share__gt=0, workflow_share__lte=100),
            )
        ]

    def __str__(self) -> str:
        return f"{self.budget} from {self.effective_from}"


class BudgetLine(models.Model):
    """The amounts of a revision from a day on: whole cents, 0 ≤ yellow ≤ red, or no lines."""

    revision = models.ForeignKey(BudgetRevision, on_delete=models.CASCADE, related_name="lines")
    starts = models.DateField()
    planned = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    yellow = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    red = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ("starts",)
        constraints = [
            models.UniqueConstraint(fields=["revision", "starts"], name="budget_line_once_per_day"),
            models.CheckConstraint(
                name="budget_lines_in_order",
                condition=Q(yellow__isnull=True, red__isnull=True)
                | Q(yellow__gte=0, red__gte=F("yellow")),
            ),
            models.CheckConstraint(
                name="budget_plan_not_negative",
                condition=Q(planned__isnull=True) | Q(planned__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.yellow} / {self.red} from {self.starts}"


class AcceptedShare(models.Model):
    """A workflow whose large share of a budget finance knows and accepts, up to a limit.

    ``limit`` is in percent; None accepts any share.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="accepted_shares")
    workflow = models.CharField(max_length=500)
    limit = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    reason = models.TextField()
    accepted_at = models.DateTimeField(default=timezone.now)
    accepted_by = models.CharField(max_length=200, blank=True, default="")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "workflow"],
                condition=Q(withdrawn_at__isnull=True),
                name="accepted_share_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.workflow} in {self.budget}"


class ForecastOverride(models.Model):
    """What a person expects a period to end at, in place of the computed forecast, and why."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="forecast_overrides")
    period_start = models.DateField()
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    reason = models.TextField()
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200, blank=True, default="")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "period_start"],
                condition=Q(withdrawn_at__isnull=True),
                name="forecast_override_once",
            ),
            models.CheckConstraint(
                name="forecast_override_not_negative", condition=Q(amount__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget} {self.period_start}: {self.amount}"


class BudgetStanding(models.Model):
    """How a budget's period stood when it was last looked at: one row per budget and period.

    It is a projection of the ledger, rewritten by every evaluation; nothing is ever added to it.
    ``reasons`` is a list of ``{"code", "text"}``. ``forecast_state`` says in a word why there is no
    forecast (``too_early``, ``ended``, ``no_history``), or ``computed`` or ``override``.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="standings")
    period_start = models.DateField()
    period_end = models.DateField()
    status = models.CharField(max_length=10, choices=[(s, s) for s in STATUSES])
    reasons = models.JSONField(default=list)
    actual = MoneyField()
    unpriced_calls = models.BigIntegerField(default=0)
    planned = MoneyField(null=True)
    yellow = MoneyField(null=True)
    red = MoneyField(null=True)
    workflow_share = MoneyField(null=True)
    top_workflow = models.CharField(max_length=500, blank=True, default="")
    top_workflow_cost = MoneyField(null=True)
    stale = models.BooleanField(default=False)
    data_to = models.DateTimeField(null=True)
    heading_for = models.CharField(max_length=10, blank=True, default="")
    heading_since = models.DateField(null=True)
    forecast_low = MoneyField(null=True)
    forecast_mid = MoneyField(null=True)
    forecast_high = MoneyField(null=True)
    forecast_state = models.CharField(max_length=20, blank=True, default="")
    forecast_at = models.DateTimeField(null=True)
    crosses_yellow_on = models.DateField(null=True)
    crosses_red_on = models.DateField(null=True)
    evaluated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "period_start"], name="budget_standing_once_per_period"
            )
        ]
        indexes = [models.Index(fields=["period_end"], name="budget_standing_by_end")]

    def __str__(self) -> str:
        return f"{self.budget} {self.period_start}: {self.status}"


class StatusChange(models.Model):
    """A period's status became another one: the history that late and corrected calls leave.

    ``cause`` is ``data``, ``lines`` or ``time``; ``late`` says that the period had ended by then.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="status_changes")
    period_start = models.DateField()
    at = models.DateTimeField()
    was = models.CharField(max_length=10, blank=True, default="")
    became = models.CharField(max_length=10, choices=[(s, s) for s in STATUSES])
    cause = models.CharField(max_length=10)
    late = models.BooleanField(default=False)
    reasons = models.JSONField(default=list)
    actual = MoneyField()
    yellow = MoneyField(null=True)
    red = MoneyField(null=True)

    class Meta:
        ordering = ("at", "pk")
        indexes = [models.Index(fields=["budget", "-at"], name="status_change_by_budget")]

    def __str__(self) -> str:
        return f"{self.budget} {self.period_start}: {self.was or 'new'} to {self.became}"


class Crossing(models.Model):
    """A line was crossed, once per line and period, however often it is computed again.

    Written in the transaction that stores the standing; ``finops.alerts`` turns it into messages
    and notes when it did (``alerted_at``). ``kind`` is one of ``KINDS``.
    """

    YELLOW, RED, WORKFLOW_SHARE, HEADING = "yellow", "red", "workflow_share", "heading"
    KINDS: Final = (YELLOW, RED, WORKFLOW_SHARE, HEADING)

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="crossings")
    period_start = models.DateField()
    period_end = models.DateField()
    kind = models.CharField(max_length=20, choices=[(k, k) for k in KINDS])
    line = MoneyField(null=True)
    actual = MoneyField()
    workflow = models.CharField(max_length=500, blank=True, default="")
    forecast_mid = MoneyField(null=True)
    at = models.DateTimeField()
    alerted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "period_start", "kind", "line", "workflow"],
                nulls_distinct=False,
                name="crossing_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["at"], condition=Q(alerted_at__isnull=True), name="crossing_untold"
            )
        ]

    def __str__(self) -> str:
        return f"{self.budget} {self.period_start}: {self.kind}"
