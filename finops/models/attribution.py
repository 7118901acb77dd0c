"""Rules that give a call its owner when the call itself does not say."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from finops.domain.dimensions import RULE_TARGETS


class AttributionRule(models.Model):
    """If a call matches, ``dimension`` becomes ``value``, or what the tag ``value_tag`` says.

    Rules are tried by ``position``; for each dimension the first match that yields a value wins.
    An empty condition matches everything. ``model`` and ``source`` take ``*`` as a wildcard.
    In force for calls that start in ``[effective_from, effective_to)``.
    """

    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=200, blank=True, default="")
    provider = models.CharField(max_length=200, blank=True, default="")
    model = models.CharField(max_length=500, blank=True, default="")
    environment = models.CharField(max_length=500, blank=True, default="")
    tag = models.CharField(max_length=500, blank=True, default="")
    tag_value = models.CharField(max_length=500, blank=True, default="")
    # What only charges of bills have; a rule that asks for one of these matches no call.
    service = models.CharField(max_length=500, blank=True, default="")
    account = models.CharField(max_length=500, blank=True, default="")
    sub_account = models.CharField(max_length=500, blank=True, default="")
    resource = models.CharField(max_length=500, blank=True, default="")
    principal = models.CharField(max_length=500, blank=True, default="")
    dimension = models.CharField(max_length=20, choices=[(d, d) for d in RULE_TARGETS])
    value = models.CharField(max_length=500, blank=True, default="")
    value_tag = models.CharField(max_length=500, blank=True, default="")
    effective_from = models.DateTimeField(null=True, blank=True)
    effective_to = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200, blank=True, default="")

    #: Conditions that only charges of bills can meet.
    CHARGE_CONDITIONS: Final = ("service", "account", "sub_account", "resource", "principal")
    CONDITIONS: Final = ("source", "provider", "model", "environment", "tag", "tag_value")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["position"],
                name="rule_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                name="rule_gives_one_value",
                condition=(Q(value="") & ~Q(value_tag="")) | (~Q(value="") & Q(value_tag="")),
            ),
            models.CheckConstraint(
                name="rule_period_not_empty",
                condition=Q(effective_to__isnull=True)
                | Q(effective_from__isnull=True)
                | Q(effective_to__gt=F("effective_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"
