"""Tables: fields, constraints, QuerySets. No workflow lives here.

The calls, their keys and the rollups are not here: they are partitioned or filled by set work,
so their tables are made by migrations and reached through ``finops.ledger`` and
``finops.rollups`` alone.
"""

from __future__ import annotations

from finops.models.access import ApiKey, ApiKeyMinute
from finops.models.alerts import Alert, AlertSettings, Delivery, Endpoint
from finops.models.allocation import (
    AllocationRun,
    AllocationShare,
    CostPool,
    DriverValue,
    PoolSplit,
)
from finops.models.attribution import AttributionRule
from finops.models.bills import BillSnapshot, ChargeKindRule, ExchangeRate
from finops.models.budgets import (
    AcceptedShare,
    Budget,
    BudgetLine,
    BudgetRevision,
    BudgetStanding,
    Crossing,
    ForecastOverride,
    StatusChange,
)
from finops.models.caps import Cap, CapCheck, CapViolation
from finops.models.dimensions import DimensionValue
from finops.models.jobs import LeasedJob, LeaseLost
from finops.models.months import MonthClose
from finops.models.organization import Organization, ZoneChange
from finops.models.people import Person
from finops.models.prices import ModelAlias, Price, PriceProposal, Rate
from finops.models.reconciliation import (
    Reconciliation,
    ReconciliationEvent,
    ReconciliationLine,
    ReconciliationTolerance,
)
from finops.models.revaluation import Revaluation
from finops.models.reviews import (
    Action,
    AddedNote,
    Confirmation,
    Decision,
    Review,
    ReviewNote,
    ReviewVersion,
)
from finops.models.sources import Source

__all__ = [
    "AcceptedShare",
    "Action",
    "AddedNote",
    "Alert",
    "AlertSettings",
    "AllocationRun",
    "AllocationShare",
    "ApiKey",
    "ApiKeyMinute",
    "AttributionRule",
    "BillSnapshot",
    "Budget",
    "BudgetLine",
    "BudgetRevision",
    "BudgetStanding",
    "Cap",
    "CapCheck",
    "CapViolation",
    "ChargeKindRule",
    "Confirmation",
    "CostPool",
    "Crossing",
    "Decision",
    "Delivery",
    "DimensionValue",
    "DriverValue",
    "Endpoint",
    "ExchangeRate",
    "ForecastOverride",
    "LeaseLost",
    "LeasedJob",
    "ModelAlias",
    "MonthClose",
    "Organization",
    "Person",
    "PoolSplit",
    "Price",
    "PriceProposal",
    "Rate",
    "Reconciliation",
    "ReconciliationEvent",
    "ReconciliationLine",
    "ReconciliationTolerance",
    "Revaluation",
    "Review",
    "ReviewNote",
    "ReviewVersion",
    "Source",
    "StatusChange",
    "ZoneChange",
]
