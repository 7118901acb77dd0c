"""The chart of a budget's page: its period added up against its lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from finops.figures.budgets import budget_burn_up, read_budget_question
from finops.models import Budget, Organization
from finops.sql import snapshot


def burn_up(budget: Budget, now: datetime, organization: Organization) -> dict[str, Any]:
    """Give what ``components/figure.html`` draws: the period that was looked at last."""
    question = read_budget_question(
        {"budget": [str(budget.pk)]}, now=now, organization=organization
    )
    with snapshot():
        return {"burn_up": budget_burn_up(question), "burn_question": question}
