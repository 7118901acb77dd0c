"""All figures by their name in addresses. A new one is one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from finops.figures.bills import ai_on_bills
from finops.figures.budgets import budget_burn_up, read_budget_question
from finops.figures.costs import costs
from finops.figures.coverage import owner_coverage
from finops.figures.figure import Figure
from finops.figures.spend import daily_spend, spend_so_far
from finops.figures.workflow import workflow_days
from finops.insights.bills import read_bill_question
from finops.insights.cost_question import read_cost_question
from finops.insights.coverage import read_coverage_question
from finops.rollups.question import Question, read_question

FIGURES: Final[Mapping[str, Callable[[Any], Figure]]] = {
    "spend-so-far": spend_so_far,
    "daily-spend": daily_spend,
    "workflow-days": workflow_days,
    "costs": costs,
    "budget-burn-up": budget_burn_up,
    "ai-on-bills": ai_on_bills,
    "owner-coverage": owner_coverage,
}
#: Figures whose question has more to it than a period and filters, and how it is read.
_READERS: Final[Mapping[str, Callable[..., Question]]] = {
    "costs": read_cost_question,
    "budget-burn-up": read_budget_question,
    "ai-on-bills": read_bill_question,
    "owner-coverage": read_coverage_question,
}


def reader_of(name: str) -> Callable[..., Question]:
    """Give what reads the query string for a figure."""
    return _READERS.get(name, read_question)
