"""What budgets' running periods will end at: by the forecast, or by somebody's own word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

import pandas as pd

from finops.budgets.facts import Asked, spend_by_day
from finops.budgets.grouped import Pairs
from finops.budgets.lines import Lines, of_budgets
from finops.domain.budget_periods import BudgetPeriod
from finops.domain.measures import BILL_BASES
from finops.forecast.forecast import Forecast, crosses_on, forecast_many
from finops.forecast.history import DAYS_USED
from finops.forecast.hours import usual_share
from finops.models import Budget, ForecastOverride
from finops.rollups.queries import reporting
from finops.sql import load_sql, snapshot

#: Instead of the forecast's own states: somebody said what to expect; or it is over.
OVERRIDE, COMPUTED, ENDED = "override", "computed", "ended"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a period is expected to end at, in dollars, and when it would cross its lines.

    ``state`` is that of a forecast, or ``override``; the amounts are None where there is none.
    """

    state: str
    low: Decimal | None = None
    mid: Decimal | None = None
    high: Decimal | None = None
    crosses_yellow_on: date | None = None
    crosses_red_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Running:
    """A budget's running period: what it cost so far, and what it is held against."""

    budget: Budget
    period: BudgetPeriod
    scope: Pairs
    actual: Decimal
    lines: Lines


def outlooks(
    running: Iterable[Running],
    at: datetime,
    *,
    before: datetime | None = None,
    data_to: Mapping[str, datetime] | None = None,
) -> dict[int, Outlook]:
    """Forecast running periods, by the budgets' numbers; all of one basis from one read of days.

    ``data_to`` says by basis up to when its data has come in; nothing is foreseen from none.
    """
    wanted = list(running)
    expected = _overrides(wanted)
    found = {pk: Outlook(state=OVERRIDE, low=it, mid=it, high=it) for pk, it in expected.items()}
    by_basis: defaultdict[str, list[Running]] = defaultdict(list)
    for each in wanted:
        if each.budget.pk not in expected:
            by_basis[each.budget.basis].append(each)
    for basis, rest in by_basis.items():
        found |= _forecasts(rest, at, before, basis, (data_to or {}).get(basis))
    return found


def _forecasts(
    running: list[Running],
    at: datetime,
    before: datetime | None,
    basis: str,
    data_to: datetime | None,
) -> dict[int, Outlook]:
    local = at.astimezone(reporting().zone)
    known = local if data_to is None else min(local, data_to.astimezone(local.tzinfo))
    of_bills = basis in BILL_BASES
    if of_bills:  # their days are whole ones: nothing of the running one is known
        known = datetime.combine(known.date(), time(), known.tzinfo)
    forecasts = forecast_many(
        _frame(running, known.date() if of_bills else local.date(), before),
        {each.budget.pk: each.period for each in running},
        local,
        spent={each.budget.pk: each.actual for each in running},
        data_to=known if known < at else None,
        day_passed=0.0 if of_bills else usual_share(known),
    )
    return {each.budget.pk: _outlook(forecasts[each.budget.pk], each.lines) for each in running}


def _overrides(running: Iterable[Running]) -> dict[int, Decimal]:
    starts = {each.budget.pk: each.period.start for each in running}
    rows = of_budgets(ForecastOverride.objects.filter(withdrawn_at=None), starts)
    return {
        row.budget_id: row.amount for row in rows if starts.get(row.budget_id) == row.period_start
    }


def _frame(running: Iterable[Running], today: date, before: datetime | None) -> pd.DataFrame:
    """Lay the days out: one row for each, one column for each budget."""
    wanted = list(running)
    first = _first_day(today, of_bills=wanted[0].budget.basis in BILL_BASES)
    histories = {
        each.budget.pk: Asked.of(dict(each.scope), first, today + _DAY, each.budget.basis)
        for each in wanted
    }
    costs = spend_by_day(histories.values(), before=before)
    days = [first + n * _DAY for n in range((today - first).days + 1)]
    nothing = Decimal(0)
    return pd.DataFrame(
        {pk: [costs[asked].get(day, nothing) for day in days] for pk, asked in histories.items()},
        index=pd.Index(days),
        dtype=object,
    )


def _first_day(today: date, *, of_bills: bool) -> date:
    """Give the organisation's first day with a call, or a charge, as far back as forecasts look.

    The same for every budget: days on which it cost nothing are known, and not missing.
    """
    with snapshot() as cursor:
        name = "budgets/first_billed_day.sql" if of_bills else "budgets/first_day.sql"
        cursor.execute(load_sql(name).format(), {"since": today - DAYS_USED * _DAY})
        first: date | None = cursor.fetchone()[0]
    return min(first or today, today)


def _outlook(forecast: Forecast, lines: Lines) -> Outlook:
    return Outlook(
        state=forecast.state,
        low=forecast.low,
        mid=forecast.mid,
        high=forecast.high,
        crosses_yellow_on=crosses_on(forecast, lines.yellow),
        crosses_red_on=crosses_on(forecast, lines.red),
    )


def override_of(budget: Budget, period: BudgetPeriod) -> ForecastOverride | None:
    """Give what somebody said a period will end at, where nobody has taken it back."""
    return budget.forecast_overrides.filter(period_start=period.start, withdrawn_at=None).first()
