"""Tables: fields, constraints, QuerySets. No workflow lives here.

The calls, their keys and the rollups are not here: they are partitioned or filled by set work,
so their tables are made by migrations and reached through ``finops.ledger`` and
``finops.rollups`` alone.
"""

from __future__ import annotations

from finops.models.access import ApiKey, ApiKeyMinute
from finops.models.attribution import AttributionRule
from finops.models.dimensions import DimensionValue
from finops.models.jobs import LeasedJob, LeaseLost
from finops.models.organization import Organization, ZoneChange
from finops.models.people import Person
from finops.models.prices import ModelAlias, Price, PriceProposal, Rate
from finops.models.revaluation import Revaluation
from finops.models.sources import Source

__all__ = [
    "ApiKey",
    "ApiKeyMinute",
    "AttributionRule",
    "DimensionValue",
    "LeaseLost",
    "LeasedJob",
    "ModelAlias",
    "Organization",
    "Person",
    "Price",
    "PriceProposal",
    "Rate",
    "Revaluation",
    "Source",
    "ZoneChange",
]
