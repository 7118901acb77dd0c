"""Section 4 of a review: budgets as they were judged last, those that need a word first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from finops.budgets.scope import scope_words
from finops.budgets.standings import current
from finops.domain.money import plain
from finops.models import BudgetStanding, Decision
from finops.models.budgets import GREEN
from finops.reviews.document import BudgetRow, Reason
from finops.reviews.spending import maybe


def budget_rows(now: datetime) -> list[BudgetRow]:
    """Give every budget in its running period, worst first."""
    return [_row(standing) for standing in current(now)]


def needs_a_word(row: BudgetRow) -> bool:
    """Say whether the meeting should talk about a budget: anything but plainly green."""
    return row["status"] != GREEN or row["stale"] or bool(row["heading_for"])


def _row(standing: BudgetStanding) -> BudgetRow:
    budget = standing.budget
    return {
        "subject_kind": Decision.BUDGET,
        "subject": str(budget.pk),
        "name": budget.name,
        "scope": scope_words(budget.scope),
        "basis": budget.basis,
        "period": budget.period,
        "period_first": standing.period_start.isoformat(),
        "period_last": (standing.period_end - timedelta(days=1)).isoformat(),
        "owner": str(budget.owner) if budget.owner else "",
        "status": standing.status,
        "stale": standing.stale,
        "heading_for": standing.heading_for,
        "reasons": _reasons(standing.reasons),
        "actual": plain(standing.actual),
        "unpriced_calls": standing.unpriced_calls,
        "planned": maybe(standing.planned),
        "yellow": maybe(standing.yellow),
        "red": maybe(standing.red),
        "forecast_state": standing.forecast_state,
        "forecast_low": maybe(standing.forecast_low),
        "forecast_mid": maybe(standing.forecast_mid),
        "forecast_high": maybe(standing.forecast_high),
        "crosses_yellow_on": _day(standing.crosses_yellow_on),
        "crosses_red_on": _day(standing.crosses_red_on),
        "data_to": standing.data_to.isoformat() if standing.data_to else None,
        "evaluated_at": standing.evaluated_at.isoformat(),
    }


def _reasons(reasons: Iterable[Any]) -> list[Reason]:
    return [{"code": str(each["code"]), "text": str(each["text"])} for each in reasons]


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None
