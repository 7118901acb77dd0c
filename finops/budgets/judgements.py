"""What people say against the machine: a share that is accepted, another forecast; on record."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from finops.attribution.values import canonical
from finops.budgets import checks
from finops.budgets.closed import refuse_closed_period
from finops.budgets.refusals import BudgetRefused
from finops.budgets.saving import Saved, changing
from finops.domain.dimensions import UNALLOCATED
from finops.models import AcceptedShare, Budget, ForecastOverride


def accept_share(
    budget: Budget,
    workflow: str,
    *,
    reason: str,
    now: datetime,
    by: str,
    limit: Decimal | None = None,
    seen: int | None = None,
) -> Saved:
    """Accept that a workflow takes a large share: up to a limit in percent, or any (None).

    Replaces what was accepted for it before. Raises BudgetRefused without a reason of ten letters.
    """
    name = canonical("workflow").get(workflow.strip(), workflow.strip())
    if not name or name == UNALLOCATED or len(name) > 500 or "\0" in name:
        raise BudgetRefused("workflow", "Name the workflow whose share you accept.")
    said = checks.check_reason(reason, required=True)
    percent = checks.check_share(limit)
    with changing(budget, seen, now) as held:
        _withdraw_share(held, name, now, by)
        AcceptedShare.objects.create(
            budget=held,
            workflow=name,
            limit=percent,
            reason=said,
            accepted_at=now,
            accepted_by=by[:200],
        )
        return Saved(held)


def withdraw_share(
    budget: Budget, workflow: str, *, now: datetime, by: str, seen: int | None = None
) -> Saved:
    """Hold a workflow to the budget's own limit again. Raises BudgetRefused when it is already."""
    with changing(budget, seen, now) as held:
        if not _withdraw_share(held, workflow, now, by):
            raise BudgetRefused("workflow", "No share of this workflow is accepted.")
        return Saved(held)


def override_forecast(
    budget: Budget,
    period_start: date,
    amount: Decimal,
    *,
    reason: str,
    now: datetime,
    by: str,
    seen: int | None = None,
) -> Saved:
    """Say what a period will end at, in place of the computed forecast, in whole cents.

    Raises BudgetRefused without a reason of ten letters, or for an amount that is none.
    """
    said = checks.check_reason(reason, required=True)
    expected = checks.check_amount("amount", amount)
    with changing(budget, seen, now) as held:
        period = checks.period_of(held.period, period_start)
        refuse_closed_period(period)
        start = period.start
        _withdraw_override(held, start, now, by)
        ForecastOverride.objects.create(
            budget=held,
            period_start=start,
            amount=expected,
            reason=said,
            set_at=now,
            set_by=by[:200],
        )
        return Saved(held)


def withdraw_override(
    budget: Budget, period_start: date, *, now: datetime, by: str, seen: int | None = None
) -> Saved:
    """Go by the computed forecast again. Raises BudgetRefused when nothing stood in its place."""
    with changing(budget, seen, now) as held:
        period = checks.period_of(held.period, period_start)
        refuse_closed_period(period)
        start = period.start
        if not _withdraw_override(held, start, now, by):
            raise BudgetRefused("amount", "No forecast of this period was set by hand.")
        return Saved(held)


def _withdraw_share(budget: Budget, workflow: str, now: datetime, by: str) -> bool:
    row = budget.accepted_shares.filter(workflow=workflow, withdrawn_at=None).first()
    return row is not None and _withdraw(row, now, by)


def _withdraw_override(budget: Budget, start: date, now: datetime, by: str) -> bool:
    row = budget.forecast_overrides.filter(period_start=start, withdrawn_at=None).first()
    return row is not None and _withdraw(row, now, by)


def _withdraw(row: AcceptedShare | ForecastOverride, now: datetime, by: str) -> bool:
    row.withdrawn_at, row.withdrawn_by = now, by[:200]
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return True
