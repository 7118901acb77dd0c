"""Periods of budgets that ended in a closed month: their lines and forecasts stay as they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from django.db import connection

from finops.budgets import checks
from finops.budgets.refusals import BudgetRefused
from finops.domain.budget_periods import BudgetPeriod
from finops.domain.periods import month_of, next_month
from finops.months.closed import MonthClosed, closed_months
from finops.months.publications import keep_open

_DAY: Final = timedelta(days=1)


def refuse_closed_since(kind: str, since: date) -> None:
    """Raise BudgetRefused when lines from a day on reach a period that ended in a closed month.

    A period that is longer than a month and still runs is none, whatever months of it are closed.
    Call it in the transaction that draws the lines: no month is closed until it ends.
    """
    _refuse(
        month
        for month in _closed()
        if (ended := _last_ended_in(kind, month)) is not None and ended.start >= since
    )


def refuse_closed_period(period: BudgetPeriod) -> None:
    """Raise BudgetRefused for a period that ended in a closed month."""
    _refuse(month for month in _closed() if month == month_of(period.last))


def _closed() -> frozenset[date]:
    with connection.cursor() as cursor:
        keep_open(cursor)
    return closed_months()


def _last_ended_in(kind: str, month: date) -> BudgetPeriod | None:
    """Give the last period of a kind whose last day lies in a month; None for most of a year's."""
    period = checks.period_of(kind, next_month(month) - _DAY)
    if period.end > next_month(month):
        period = checks.period_of(kind, period.start - _DAY)
    return period if month_of(period.last) == month else None


def _refuse(months: Iterable[date]) -> None:
    if reached := list(months):
        raise BudgetRefused("effective_from", f"{MonthClosed(reached)}.")
