"""What many budgets cost, each in its own days: by period, by day, by workflow, by source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from finops.attribution.values import canonical
from finops.budgets.grouped import Asked, Row, read
from finops.budgets.status import WorkflowCost
from finops.domain.money import exact_sum

__all__ = ["Asked", "Spend", "fed_by", "spend", "spend_by_day", "spend_by_workflow"]


class Spend(NamedTuple):
    """Exact dollars, and the calls that have no price yet and count nothing."""

    cost: Decimal = Decimal(0)
    unpriced_calls: int = 0


def spend(asked: Iterable[Asked], *, before: datetime | None = None) -> dict[Asked, Spend]:
    """Give what each cost; with ``before`` only calls that began before that instant count."""
    return {
        each: Spend(exact_sum(row.cost for row in rows), sum(row.unpriced_calls for row in rows))
        for each, rows in read(asked, before=before).items()
    }


def spend_by_day(
    asked: Iterable[Asked], *, before: datetime | None = None
) -> dict[Asked, dict[date, Decimal]]:
    """Give what each cost on its days; days without calls are left out."""
    return {each: _sums(rows) for each, rows in read(asked, by="day", before=before).items()}


def spend_by_workflow(
    asked: Iterable[Asked], *, before: datetime | None = None
) -> dict[Asked, list[WorkflowCost]]:
    """Give what the workflows of each cost, dearest first; calls without one are left out."""
    found = read(asked, by="workflow", before=before)
    merged = canonical("workflow")
    return {
        each: _dearest(row._replace(key=merged.get(row.key, row.key)) for row in rows if row.key)
        for each, rows in found.items()
    }


def fed_by(asked: Iterable[Asked], sources: Sequence[int]) -> dict[Asked, frozenset[int]]:
    """Say which of some sources sent calls of each."""
    found = read(asked, by="source", sources=sources)
    return {each: frozenset(int(row.key) for row in rows) for each, rows in found.items()}


def _dearest(rows: Iterable[Row]) -> list[WorkflowCost]:
    sums = _sums(rows)
    return sorted(
        (WorkflowCost(workflow, cost) for workflow, cost in sums.items()),
        key=lambda each: (-each.cost, each.workflow),
    )


def _sums(rows: Iterable[Row]) -> dict[Any, Decimal]:
    """Add rows up by their keys: days, or workflows."""
    parts: defaultdict[Any, list[Decimal]] = defaultdict(list)
    for row in rows:
        parts[row.key].append(row.cost)
    return {key: exact_sum(costs) for key, costs in parts.items()}
