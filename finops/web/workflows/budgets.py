"""A workflow's budgets on its page: a bullet for each period, and how many it counts against."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from finops.domain import display
from finops.insights.standings import Standing
from finops.insights.workflow_budget import WorkflowBudget
from finops.models.budgets import RED, YELLOW
from finops.rollups.question import Question
from finops.web.standing import bullet_row


def section(budget: WorkflowBudget, question: Question) -> dict[str, Any]:
    """Give what ``pages/workflows/budget.html`` shows; nothing without any budget at all."""
    today = question.now.astimezone(question.zone).date()
    return {
        "budget_heading": heading(budget.own, today, question.currency),
        "budget_rows": [
            bullet_row(each, today, question.currency, name=period_name(each, today))
            for each in budget.history
        ],
        "against_heading": against_heading(budget.against),
    }


def heading(own: Standing | None, today: date, currency: str) -> str:
    """Say how a workflow's own budget stands: ``Budget: $362 over the red line``."""
    if own is None:
        return "No budget of its own"
    if own.yellow is None or own.red is None:
        return "Budget without lines"
    name, line = (RED, own.red) if own.actual > own.red else (YELLOW, own.yellow)
    if own.actual == line:
        return f"Budget: exactly on the {name} line"
    distance = display.money(abs(own.actual - line), currency)
    side = "over" if own.actual > line else "under" if own.end <= today else "left below"
    return f"Budget: {distance} {side} the {name} line"


def period_name(standing: Standing, today: date) -> str:
    """Name a period in a row of them: ``November so far``, ``October, full month``."""
    if standing.kind != "month":
        return f"{standing.period.label}{'' if standing.end <= today else ' so far'}"
    year = f" {standing.start.year}" if standing.start.year != today.year else ""
    tail = ", full month" if standing.end <= today else " so far"
    return f"{standing.start:%B}{year}{tail}"


def against_heading(against: Sequence[Standing]) -> str:
    """Say how many budgets a call counts against."""
    if not against:
        return "Its calls count against no budget"
    return f"Its calls count against {display.counted(len(against), 'budget')}"
