"""Budgets as an evaluation would have left them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from finops.models import Budget, BudgetStanding


def standing(name: str, status: str = "red", **fields: Any) -> BudgetStanding:
    """A monthly budget over everything, and how it stands in June 2026."""
    budget = Budget.objects.create(name=name, scope=fields.pop("scope", {}))
    return BudgetStanding.objects.create(
        budget=budget,
        **{
            "period_start": date(2026, 6, 1),
            "period_end": date(2026, 7, 1),
            "status": status,
            "reasons": [{"code": "above_red", "text": "$362 above red."}],
            "actual": Decimal("14862.5"),
            "yellow": Decimal(12000),
            "red": Decimal(14500),
            "evaluated_at": datetime(2026, 6, 22, tzinfo=UTC),
        }
        | fields,
    )
