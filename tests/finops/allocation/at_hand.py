"""Pools, splits and a month of charges, made in one word for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from finops.domain.charge import ChargeRecord
from finops.models import CostPool, PoolSplit
from tests.finops.bills.charges import charge

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
OCTOBER = date(2026, 10, 1)


def pool(name: str = "Gateway", *, method: str = "even", **fields: Any) -> CostPool:
    """A pool with one split that holds from January 2026; fields of either."""
    of_split = {
        field: fields.pop(field)
        for field in ("fallback", "weights", "targets", "driver", "utilisation", "idle_to", "since")
        if field in fields
    }
    since = of_split.pop("since", date(2026, 1, 1))
    made = CostPool.objects.create(name=name, **fields)
    PoolSplit.objects.create(pool=made, effective_from=since, method=method, **of_split)
    return made


def shared(service: str, cost: str, **fields: Any) -> ChargeRecord:
    """A charge of nobody."""
    return charge(service_name=service, billed_cost=Decimal(cost), **fields)


def own(team: str, cost: str, *, service: str = "Compute", **fields: Any) -> ChargeRecord:
    """A charge that says its team itself, by a tag."""
    return shared(service, cost, tags={"team": team}, **fields)
