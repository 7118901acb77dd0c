"""Where calls come from, and what each source's word is worth."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Source(models.Model):
    """A named stream of calls, or of bills (``kind``).

    A *meter*'s calls count; *evidence* (provider usage APIs, aggregated reports) is kept for
    reconciliation and never added to the meters. ``counts`` says which dollar is the counted
    cost of its calls: computed from the price book, or as reported by the source. The calls of an
    ``is_sample`` source are made up, and every page says so while there is one.
    """

    METER, EVIDENCE = "meter", "evidence"
    COMPUTED, REPORTED = "computed", "reported"
    USAGE, BILLING = "usage", "billing"
    KINDS: Final = (USAGE, BILLING)
    ROLES: Final = (METER, EVIDENCE)
    COUNTS: Final = (COMPUTED, REPORTED)

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, default=USAGE, choices=[(k, k) for k in KINDS])
    role = models.CharField(max_length=20, default=METER, choices=[(r, r) for r in ROLES])
    counts = models.CharField(max_length=20, default=COMPUTED, choices=[(c, c) for c in COUNTS])
    time_zone = models.CharField(max_length=64, blank=True, default="")
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(name="source_named", condition=~Q(name="")),
            models.CheckConstraint(
                name="source_kind_known", condition=Q(kind__in=["usage", "billing"])
            ),
            models.CheckConstraint(
                name="source_role_known", condition=Q(role__in=["meter", "evidence"])
            ),
            models.CheckConstraint(
                name="source_counts_known", condition=Q(counts__in=["computed", "reported"])
            ),
        ]

    def __str__(self) -> str:
        return self.name
