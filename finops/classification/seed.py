"""The rules that every installation starts with: which lines of known bills are AI, and what kind.

Every one may be changed, ended, deleted or put elsewhere. They are tried in this order, so what
is special stands before what is general: within a provider first what is no plain use of a model
(capacity, training, storage), then tokens, then the rest. Meters' own words say model, token kind
and unit unless a rule does.
"""

from __future__ import annotations

from typing import Final

from finops.classification.seeded.around import AROUND, PLATFORMS
from finops.classification.seeded.aws import AWS
from finops.classification.seeded.azure import AZURE
from finops.classification.seeded.focus import FOCUS_FIRST, FOCUS_LAST
from finops.classification.seeded.google import GOOGLE
from finops.classification.seeded.vendors import VENDORS
from finops.models import ChargeKindRule

DEFAULT_KIND_RULES: Final = (
    *FOCUS_FIRST,
    *AWS,
    *AZURE,
    *GOOGLE,
    *VENDORS,
    *PLATFORMS,
    *AROUND,
    *FOCUS_LAST,
)


def add_default_kind_rules() -> int:
    """Add the seed to an installation without rules; give how many were added."""
    if ChargeKindRule.objects.exists():
        return 0
    added = ChargeKindRule.objects.bulk_create(
        ChargeKindRule(position=position, seeded=True, created_by="installation", **rule._asdict())
        for position, rule in enumerate(DEFAULT_KIND_RULES, start=1)
    )
    return len(added)
