"""Section 5 of a review: what is new, what nobody answers for, and how complete the data is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from finops.attribution.values import labels
from finops.budgets.scope import final_scope
from finops.domain.dimensions import UNALLOCATED
from finops.domain.money import plain
from finops.domain.windows import Window
from finops.insights.news import EVERY_DIMENSION, Newcomer, newcomers
from finops.insights.overview import COVERED, Part
from finops.models import Budget, Decision, Source
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.reviews.document import (
    Completeness,
    Gap,
    NewRow,
    News,
    SourceRow,
    UnbudgetedRow,
    UnpricedRow,
)
from finops.reviews.people import technical_owners
from finops.reviews.spending import maybe
from finops.rollups.activity import Activity, activity
from finops.rollups.queries import complete_to
from finops.rollups.question import Question
from finops.rollups.spend import total
from finops.rollups.unpriced import unpriced_groups
from finops.sql import snapshot

#: Of so many of the dearest workflows it is asked whether they have a budget.
_ASKED: Final = 10
_MOST_UNPRICED: Final = 20

_Budgeted = frozenset[tuple[str, str]]


def news(week: Question, parts: Sequence[Part], completeness: Completeness) -> News:
    """Say what is new and unknown in the week; ``parts`` are its workflows, dearest first."""
    window = week.period.window
    budgeted = _budgeted(week)
    owners = technical_owners()
    return {
        "rows": [_new_row(new, owners, budgeted) for new in newcomers(window, EVERY_DIMENSION)],
        "gaps": [gap for name in COVERED if (gap := _gap(name, window))["calls"]],
        "unpriced": _unpriced(window),
        "unpriced_calls": sum(part.now.unpriced_calls for part in parts),
        "stale_sources": [source for source in completeness["sources"] if source["stale"]],
        "unbudgeted": [
            _unbudgeted(part)
            for part in [part for part in parts if part.value != UNALLOCATED][:_ASKED]
            if part.now.calls and ("workflow", part.value) not in budgeted
        ],
    }


def data_completeness(window: Window, now: datetime) -> Completeness:
    """Say how far the data reaches, and how much of the window each source sent."""
    with snapshot() as cursor:
        reached = complete_to(cursor)
        sources = [_source_row(one, window, now) for one in activity(now)]
    return {"complete_to": reached.isoformat() if reached else None, "sources": sources}


def _source_row(one: Activity, window: Window, now: datetime) -> SourceRow:
    days = [count for day, count in one.days.items() if window.since <= day < window.until]
    return {
        "name": one.source.name,
        "role": one.source.role,
        "last_call": one.last_call.isoformat() if one.last_call else None,
        "stale": one.source.role == Source.METER and one.is_stale(now),
        "days_with_calls": len(days),
        "days": window.length,
        "unpriced_calls": sum(count.unpriced for count in days),
    }


def _new_row(new: Newcomer, owners: Mapping[tuple[str, str], str], budgeted: _Budgeted) -> NewRow:
    key = (new.dimension, new.value)
    names = labels(new.dimension) if new.dimension in NAMED_DIMENSIONS else {}
    return {
        "subject_kind": Decision.NEW,
        "subject": f"{new.dimension}:{new.value}",
        "dimension": new.dimension,
        "value": new.value,
        "name": names.get(new.value, new.value),
        "first_day": new.first_day.isoformat(),
        "calls": new.calls,
        "unpriced_calls": new.unpriced_calls,
        "cost": maybe(new.cost),
        "owner": owners.get(key, ""),
        "budgeted": key in budgeted,
    }


def _gap(dimension: str, window: Window) -> Gap:
    without = total(window, filters={dimension: [UNALLOCATED]})
    return {"dimension": dimension, "cost": plain(without.cost), "calls": without.calls}


def _unpriced(window: Window) -> list[UnpricedRow]:
    return [
        {
            "provider": group.provider,
            "model": group.model,
            "reason": group.reason,
            "calls": group.measures.calls,
        }
        for group in unpriced_groups(window.since, limit=_MOST_UNPRICED)
    ]


def _unbudgeted(part: Part) -> UnbudgetedRow:
    return {
        "subject_kind": Decision.WORKFLOW,
        "subject": part.value,
        "name": part.name,
        "cost": plain(part.now.cost),
    }


def _budgeted(week: Question) -> _Budgeted:
    """List the values that a budget in use names."""
    day = week.now.astimezone(week.zone).date()
    scopes = [
        final_scope(budget.scope) for budget in Budget.objects.all() if budget.is_used_on(day)
    ]
    return frozenset(pair for scope in scopes for pair in scope.items())
