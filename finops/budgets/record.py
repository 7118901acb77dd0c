"""What is on record of one budget: who drew which lines, and how its periods stood and stand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from finops.budgets.standings import of_budget
from finops.domain.money import plain
from finops.models import Budget, BudgetRevision, BudgetStanding, StatusChange


def history(budget: Budget) -> dict[str, Any]:
    """Give what is on record of a budget: its revisions, standings and changes, newest first."""
    revisions = budget.revisions.prefetch_related("lines").order_by("-set_at", "-pk")
    return {
        "budget": budget.name,
        "stopped_from": budget.stopped_from.isoformat() if budget.stopped_from else None,
        "revisions": [_revision(each) for each in revisions],
        "periods": [_period(each) for each in of_budget(budget)],
        "changes": [_change(each) for each in budget.status_changes.order_by("-at", "-pk")],
    }


def _revision(revision: BudgetRevision) -> dict[str, Any]:
    return {
        "effective_from": revision.effective_from.isoformat(),
        "workflow_share": _plain(revision.workflow_share),
        "reason": revision.reason,
        "set_at": revision.set_at.isoformat(),
        "set_by": revision.set_by,
        "undone_at": revision.undone_at.isoformat() if revision.undone_at else None,
        "undone_by": revision.undone_by,
        "lines": [
            {"starts": line.starts.isoformat()} | _amounts(line.planned, line.yellow, line.red)
            for line in revision.lines.all()
        ],
    }


def _period(standing: BudgetStanding) -> dict[str, Any]:
    return {
        "start": standing.period_start.isoformat(),
        "end": standing.period_end.isoformat(),
        "status": standing.status,
        "actual": plain(standing.actual),
        **_amounts(standing.planned, standing.yellow, standing.red),
        "evaluated_at": standing.evaluated_at.isoformat(),
    }


def _change(change: StatusChange) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(),
        "period": change.period_start.isoformat(),
        "was": change.was or None,
        "became": change.became,
        "cause": change.cause,
        "late": change.late,
        "actual": plain(change.actual),
        "yellow": _plain(change.yellow),
        "red": _plain(change.red),
        "reasons": change.reasons,
    }


def _amounts(
    planned: Decimal | None, yellow: Decimal | None, red: Decimal | None
) -> dict[str, str | None]:
    return {"planned": _plain(planned), "yellow": _plain(yellow), "red": _plain(red)}


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
