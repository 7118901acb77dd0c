"""Spend without a budget: the dearest teams and workflows that nobody drew lines for."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from finops.attribution.values import canonical, labels
from finops.budgets.looking import day_of
from finops.domain.dimensions import UNALLOCATED
from finops.domain.periods import month_of
from finops.domain.windows import Window
from finops.models import Budget
from finops.rollups.spend import spend
from finops.sql import snapshot

#: What is looked through, and how little is not worth a row.
_DIMENSIONS: Final = ("team", "workflow")
_LEAST: Final = Decimal(1)
_SHOWN: Final = 5


class Unbudgeted(NamedTuple):
    """A team or workflow without a budget, and what it cost this month, in dollars."""

    dimension: str
    value: str
    name: str
    cost: Decimal


def unbudgeted(now: datetime, *, limit: int = _SHOWN) -> list[Unbudgeted]:
    """List the dearest of the running month, the dearest first."""
    today = day_of(now)
    window = Window(month_of(today), today + timedelta(days=1))
    with snapshot():
        covered = _covered(now)
        found = [
            Unbudgeted(dimension, value, labels(dimension).get(value, value), measures.cost)
            for dimension in _DIMENSIONS
            for (value,), measures in spend(window, by=(dimension,)).items()
            if value != UNALLOCATED and (dimension, value) not in covered
        ]
    dear = [each for each in found if each.cost >= _LEAST]
    return sorted(dear, key=lambda each: (-each.cost, each.dimension, each.value))[:limit]


def _covered(now: datetime) -> set[tuple[str, str]]:
    """Find what is covered by a budget of its own, merged values as they are read."""
    merged = {dimension: canonical(dimension) for dimension in _DIMENSIONS}
    today, found = day_of(now), set()
    for scope, stopped_from in Budget.objects.values_list("scope", "stopped_from"):
        if len(scope) == 1 and (stopped_from is None or today < stopped_from):
            ((dimension, value),) = scope.items()
            found.add((dimension, merged.get(dimension, {}).get(value, value)))
    return found
