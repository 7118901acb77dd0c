"""What of the spend has a budget, and which budgets the calls of a workflow count against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import exact_sum
from finops.domain.windows import Window
from finops.insights.standings import Standing
from finops.rollups.question import Question
from finops.rollups.registry import FULL_DAY, ROLLUPS
from finops.rollups.spend import spend

#: From how many of its last days a workflow's calls are read.
_LAST_DAYS: Final = 3
#: The dimensions that a whole period is told apart by in one quick read.
_QUICK: Final = frozenset(rollup.dimension for rollup in ROLLUPS)


class Unbudgeted(NamedTuple):
    """What no budget of one dimension's values covers, in dollars, of the whole."""

    dimension: str
    cost: Decimal
    whole: Decimal


def unbudgeted(question: Question, standings: Iterable[Standing]) -> Unbudgeted | None:
    """Say what is spent beside all budgets of the dimension that most budgets are drawn by.

    Budgets over everything, and over several dimensions at once, leave nothing out by themselves.
    None when no budget has one dimension, and for a question that is narrowed already.
    """
    single = [each.scope for each in standings if len(each.scope) == 1 and _is_metered(each)]
    by = Counter(dimension for scope in single for dimension in scope if dimension in _QUICK)
    if not by or question.filters:
        return None
    dimension = max(by, key=lambda name: (by[name], name == "workflow", name))
    budgeted = {scope[dimension] for scope in single if dimension in scope}
    costs = spend(question.period.window, by=(dimension,))
    return Unbudgeted(
        dimension,
        exact_sum(found.cost for (value,), found in costs.items() if value not in budgeted),
        exact_sum(found.cost for found in costs.values()),
    )


def counted_against(
    workflow: str, last_day: date | None, standings: Sequence[Standing]
) -> list[Standing]:
    """Give the budgets that the calls of a workflow count against, gravest first.

    A budget of other dimensions counts when a call of the last days was of all of them; users and
    steps are not told apart, so a budget of those counts when the rest does.
    """
    possible = [each for each in standings if each.scope.get("workflow", workflow) == workflow]
    asked = {name for each in possible for name in each.scope} & (set(FULL_DAY) - {"workflow"})
    if not asked:
        return possible
    by = tuple(sorted(asked))
    seen = [dict(zip(by, values, strict=True)) for values in _combined(workflow, last_day, by)]
    return [each for each in possible if not asked & each.scope.keys() or _holds(each, seen)]


def _combined(
    workflow: str, last_day: date | None, by: tuple[str, ...]
) -> Iterable[tuple[str, ...]]:
    if last_day is None:
        return ()
    window = Window(last_day - timedelta(days=_LAST_DAYS - 1), last_day + timedelta(days=1))
    return spend(window, by=by, filters={"workflow": [workflow]})


def _holds(standing: Standing, seen: Iterable[dict[str, str]]) -> bool:
    return any(
        all(standing.scope.get(name, value) == value for name, value in call.items())
        for call in seen
    )


def _is_metered(standing: Standing) -> bool:
    return standing.basis == "metered"
