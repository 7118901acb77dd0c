"""What people know about the values of a dimension: a readable name, owners, what it is now."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q

#: Dimensions whose values have owners and may be renamed, archived and merged.
NAMED_DIMENSIONS: Final = ("feature", "team", "customer", "workflow", "environment")


class DimensionValue(models.Model):
    """One value of a dimension that somebody has described; calls keep the value as it was sent.

    A value that was *merged* is read as another one everywhere: ``merged_into`` is the final
    target, never itself merged (``finops.attribution.values`` keeps it so). An *archived* value
    keeps its history and leaves the lists of what can be chosen.
    """

    dimension = models.CharField(max_length=20, choices=[(d, d) for d in NAMED_DIMENSIONS])
    value = models.CharField(max_length=500)
    display_name = models.CharField(max_length=200, blank=True, default="")
    business_owner = models.ForeignKey(
        "finops.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    technical_owner = models.ForeignKey(
        "finops.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_values"
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dimension", "value"], name="dimension_value_described_once"
            ),
            models.CheckConstraint(name="dimension_value_named", condition=~Q(value="")),
            models.CheckConstraint(
                name="dimension_value_not_merged_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.value
