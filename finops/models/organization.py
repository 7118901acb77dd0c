"""The one organisation of an installation: its clock, its currency, its fiscal year."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from finops.domain.periods import zone_named
from finops.models.jobs import LeasedJob


class Organization(models.Model):
    """A single row. ``time_zone`` cuts days and months everywhere; changing it is a rebuild."""

    name = models.CharField(max_length=200, blank=True, default="")
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="USD")
    fiscal_year_start_month = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )

    class Meta:
        constraints = [models.CheckConstraint(name="organization_only_one", condition=Q(pk=1))]

    def __str__(self) -> str:
        return self.name or "the organisation"

    @classmethod
    def current(cls) -> Organization:
        """Give the organisation; it exists from the first migration on."""
        return cls.objects.get(pk=1)

    @property
    def zone(self) -> ZoneInfo:
        """The reporting time zone."""
        return zone_named(self.time_zone)


class ZoneChange(LeasedJob):
    """A recorded change of the reporting time zone: the clock and every rollup, at one stroke."""

    before = models.CharField(max_length=64)
    after = models.CharField(max_length=64)
    reason = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"{self.before} to {self.after}"
