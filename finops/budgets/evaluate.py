"""Where every budget stands, computed from the ledger again and again, and remembered.

Nothing is counted and nothing reset: each evaluation reads what the calls say now and writes over
what was known. One evaluation runs at a time, whoever asks; a killed one leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Min, QuerySet

from finops.budgets.lines import of_budgets
from finops.budgets.looking import Due, day_of, look, period_on, running
from finops.budgets.outlook import ENDED
from finops.budgets.remembering import known_standings, remember
from finops.budgets.seen import DATA, TIME
from finops.domain.budget_periods import PERIOD_KINDS, BudgetPeriod, period_around, periods_before
from finops.models import Budget, BudgetRevision, BudgetStanding
from finops.rollups.queries import reporting
from finops.sql import load_sql, snapshot

#: How long a forecast is good for.
FORECAST_EVERY: Final = timedelta(minutes=10)

_LOCK: Final = 7_310_040
#: How many past periods of a budget are looked at again after a change of its lines.
_MOST_PAST: Final = 400

#: Says, of what was known of a running period, whether its forecast is made anew.
_Renew = Callable[[BudgetStanding | None], bool]


def evaluate(
    budgets: Iterable[Budget],
    now: datetime,
    *,
    otherwise: str = TIME,
    before: datetime | None = None,
) -> int:
    """Look at every period of some budgets that lines reach; gives how many periods those are.

    For budgets that somebody changed: their forecasts are made anew. ``otherwise`` is the cause of
    a change of status that neither calls nor lines explain. With ``before`` only calls that began
    before that instant count, for a history that is told afterwards.
    """
    wanted = {budget.pk for budget in budgets}
    if not wanted:
        return 0
    with _alone():
        found = list(_budgets().filter(pk__in=wanted))
        dues = running(found, day_of(now)) + _past(found, day_of(now))
        return _evaluate(dues, now, otherwise=otherwise, renew=lambda _: True, before=before)


def evaluate_all(now: datetime, *, before: datetime | None = None) -> int:
    """Look at the running periods of all budgets, and a last time at those that have just ended.

    Gives how many periods that was. Forecasts that are missing or old are made anew. ``before`` is
    as for ``evaluate``.
    """
    with _alone():
        budgets, today = list(_budgets()), day_of(now)
        dues = running(budgets, today) + _ended(budgets, today)
        return _evaluate(
            dues, now, otherwise=TIME, renew=lambda known: _is_old(known, now), before=before
        )


def evaluate_due(now: datetime) -> int:
    """Look at every period that holds a day which a refresh touched, past ones too.

    Gives how many periods that was. To be called after a refresh of the rollups: it takes away the
    word of exactly those days that it has seen.
    """
    with _alone(), connection.cursor() as cursor:
        cursor.execute(load_sql("budgets/take_days.sql"))
        words, days = cursor.fetchone()
        if not words:
            return 0
        dues = _holding(list(_budgets()), days, day_of(now))
        done = _evaluate(dues, now, otherwise=DATA, renew=lambda _: False)
        cursor.execute("DELETE FROM refreshed_days WHERE id = ANY (%s)", [words])
        return done


def _evaluate(
    dues: list[Due],
    now: datetime,
    *,
    otherwise: str,
    renew: _Renew,
    before: datetime | None = None,
) -> int:
    known = known_standings(dues)
    today = day_of(now)
    forecast = {
        due.budget.pk
        for due in dues
        if due.period.contains(today) and renew(known.get((due.budget.pk, due.period.start)))
    }
    looks = look(dues, now, before=before, forecast=forecast)
    remember(looks, known, now, otherwise=otherwise)
    return len(dues)


def _is_old(known: BudgetStanding | None, now: datetime) -> bool:
    if known is None or known.forecast_at is None:
        return True
    return now - known.forecast_at > FORECAST_EVERY


def _budgets() -> QuerySet[Budget]:
    return Budget.objects.select_related("owner").order_by("pk")


@contextmanager
def _alone() -> Iterator[None]:
    """Let one evaluation run at a time, which sees all that the one before it has written.

    The lock comes before the snapshot. Inside somebody's transaction it lasts as long as that.
    """
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        with snapshot():
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            with snapshot():
                yield
        finally:
            if connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


# --- which periods ------------------------------------------------------------------------------


def _holding(budgets: Iterable[Budget], days: Iterable[date], today: date) -> list[Due]:
    """List the periods that hold any of some days: running ones, and past ones that had lines."""
    wanted = list(days)
    month = reporting().fiscal_year_start_month
    periods: dict[str, list[BudgetPeriod]] = {
        kind: sorted({period_around(kind, day, fiscal_start=month) for day in wanted})
        for kind in PERIOD_KINDS
    }
    found = list(budgets)
    since = _lines_since(found)
    return [
        Due(budget, period)
        for budget in found
        for period in periods[budget.period]
        if budget.is_used_on(period.start)
        and (period.contains(today) or since.get(budget.pk, today) <= period.start <= today)
    ]


def _past(budgets: Iterable[Budget], today: date) -> list[Due]:
    """List the past periods of budgets that any of their lines reach, undone ones too."""
    month = reporting().fiscal_year_start_month
    found = list(budgets)
    since = _lines_since(found)
    return [
        Due(budget, period)
        for budget in found
        if since.get(budget.pk, today) < period_on(budget, today).start
        for period in periods_before(period_on(budget, today), _MOST_PAST, fiscal_start=month)
        if period.start >= since[budget.pk] and budget.is_used_on(period.start)
    ]


def _lines_since(budgets: Iterable[Budget]) -> dict[int, date]:
    """Give the first day that any revision of each budget reaches, also one that was undone."""
    rows = of_budgets(BudgetRevision.objects.all(), {budget.pk for budget in budgets})
    return dict(rows.values_list("budget").annotate(Min("effective_from")).order_by())


def _ended(budgets: Iterable[Budget], today: date) -> list[Due]:
    """List the periods that were last looked at while they ran, and have ended since."""
    used = {budget.pk: budget for budget in budgets}
    rows = BudgetStanding.objects.filter(period_end__lte=today).exclude(forecast_state=ENDED)
    return [
        Due(budget, BudgetPeriod(budget.period, row.period_start, row.period_end))  # type: ignore[arg-type]  # a constraint lets no other kind in
        for row in of_budgets(rows, used)
        if (budget := used[row.budget_id]).is_used_on(row.period_start)
    ]
