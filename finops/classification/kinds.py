"""Read the rules that say what charges pay for."""

from __future__ import annotations

from finops.classification.match import KindRules
from finops.classification.names import CatalogueNames
from finops.classification.rule import KindRule
from finops.models import ChargeKindRule


def stored_rules() -> tuple[KindRule, ...]:
    """Give all rules in the order in which they are tried."""
    rows = ChargeKindRule.objects.order_by("position").values_list(*KindRule._fields)
    return tuple(KindRule(*row) for row in rows)


def kind_rules() -> KindRules:
    """Give the rules with the catalogue's names of models, for one import or one revaluation."""
    return KindRules(stored_rules(), CatalogueNames())
