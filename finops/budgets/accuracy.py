"""How wrong the forecasts of a budget would have been: past periods, foreseen in their middle."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import pandas as pd

from finops.budgets.facts import spend_by_day
from finops.budgets.grouped import Asked
from finops.budgets.looking import day_of, period_on
from finops.domain.budget_periods import periods_before
from finops.forecast.backtest import Backtest, backtest
from finops.models import Budget
from finops.rollups.queries import reporting

#: How many past periods are looked at, at most, and how many days they may have.
_PERIODS: Final = 26
_DAYS: Final = 1_200
_DAY: Final = timedelta(days=1)


def accuracy_of(budget: Budget, now: datetime) -> Backtest | None:
    """Foresee a budget's past periods by the days of then alone; None without any spend."""
    today, month = day_of(now), reporting().fiscal_year_start_month
    running = period_on(budget, today)
    first = periods_before(running, _PERIODS, fiscal_start=month)[0].start
    asked = Asked.of(budget.scope, max(first, today - _DAYS * _DAY), today + _DAY, budget.basis)
    spent = spend_by_day([asked])[asked]
    if not spent:
        return None
    begin = min(spent)
    days = [begin + n * _DAY for n in range((today - begin).days + 1)]
    daily = pd.Series(
        [spent.get(day, Decimal(0)) for day in days], index=pd.Index(days), dtype=object
    )
    return backtest(daily, running.kind, today=today, fiscal_start=month)
