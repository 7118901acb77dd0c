"""Spend added up against the lines that finance drew, and where a forecast leads."""

from __future__ import annotations

from finops.figures.budgets.burn_up import budget_burn_up, month_burn_up, read_budget_question

__all__ = ["budget_burn_up", "month_burn_up", "read_budget_question"]
