"""A workflow's budgets: its own with its last periods, and all that its calls count against."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from finops.insights.budgeted import counted_against
from finops.insights.standings import Standing, of_workflows, past_standings, standings_on
from finops.models import BudgetRevision
from finops.rollups.question import Question
from finops.sql import snapshot

#: How many periods of its budget are shown, the running one included.
PERIODS: Final = 6


class WorkflowBudget(NamedTuple):
    """How a workflow's own budget stands and stood, latest first; who drew its lines, and when.

    ``own`` is the gravest of the budgets that cover just this workflow; ``against`` are all
    budgets that its calls count against, gravest first. ``any_budget`` says whether there is any
    budget at all, of whatever.
    """

    own: Standing | None
    history: Sequence[Standing]
    set_by: str
    set_at: datetime | None
    against: Sequence[Standing]
    any_budget: bool


def workflow_budget(question: Question, workflow: str, last_day: date | None) -> WorkflowBudget:
    """Read the budgets of a workflow as they stood at the end of a question's period."""
    day = question.period.window.last
    with snapshot():
        standings = standings_on(day)
        own = of_workflows(standings).get(workflow)
        reached = min(last_day, day) if last_day else None
        against = counted_against(workflow, reached, standings)
        history = past_standings(own.budget, day, PERIODS) if own else ()
        set_by, set_at = _last_set(own) if own else ("", None)
    return WorkflowBudget(own, history, set_by, set_at, against, bool(standings))


def _last_set(standing: Standing) -> tuple[str, datetime | None]:
    """Say who drew the lines that hold for a period: of those that reach it, the last saved."""
    reaching = BudgetRevision.objects.filter(
        budget=standing.budget, undone_at=None, effective_from__lte=standing.start
    )
    found = reaching.order_by("set_at", "pk").values_list("set_by", "set_at").last()
    return found or ("", None)
