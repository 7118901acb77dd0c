"""Where budgets stand, as last remembered: the running periods, in the order of their gravity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from django.db.models import F, Q, QuerySet

from finops.budgets.looking import day_of
from finops.domain.budget_periods import PERIOD_KINDS, period_around
from finops.models import Budget, BudgetStanding
from finops.models.budgets import NONE, RED, YELLOW
from finops.rollups.queries import reporting

#: What a row is ranked as, gravest first. A stale one that is red or yellow stays that.
HEADING_RED, HEADING_YELLOW, STALE = "heading_red", "heading_yellow", "stale"
RANKS: Final = (RED, HEADING_RED, YELLOW, HEADING_YELLOW, STALE, NONE, "green")


def current(now: datetime) -> list[BudgetStanding]:
    """Give the running periods' standings, gravest first, with budgets and owners at hand.

    A budget that was never evaluated in its running period is not among them.
    """
    return sorted(running(now).select_related("budget__owner"), key=_place)


def running(now: datetime) -> QuerySet[BudgetStanding]:
    """Give the running periods' standings of budgets in use, in no order."""
    today, month = day_of(now), reporting().fiscal_year_start_month
    runs = Q()
    for kind in PERIOD_KINDS:
        start = period_around(kind, today, fiscal_start=month).start
        runs |= Q(budget__period=kind, period_start=start)
    used = Q(budget__stopped_from=None) | Q(budget__stopped_from__gt=F("period_start"))
    return BudgetStanding.objects.filter(runs, used)


def of_budget(budget: Budget) -> list[BudgetStanding]:
    """Give all that is remembered of one budget's periods, the newest first."""
    rows = BudgetStanding.objects.filter(budget=budget).select_related("budget__owner")
    return list(rows.order_by("-period_start"))


def counts(rows: Iterable[BudgetStanding]) -> dict[str, int]:
    """Count rows by what they are ranked as; every rank has a count."""
    found = Counter(map(rank, rows))
    return {each: found[each] for each in RANKS}


class Ranked(Protocol):
    """What a row has to say to be ranked."""

    @property
    def status(self) -> str: ...  # noqa: D102  # the model says what it is

    @property
    def heading_for(self) -> str: ...  # noqa: D102  # the model says what it is

    @property
    def stale(self) -> bool: ...  # noqa: D102  # the model says what it is


def rank(row: Ranked) -> str:
    """Say what a row is ranked as: its status, or what is worse than being green."""
    if row.status == RED:
        return RED
    if row.heading_for == RED:
        return HEADING_RED
    if row.status == YELLOW:
        return YELLOW
    if row.heading_for == YELLOW:
        return HEADING_YELLOW
    return STALE if row.stale else row.status


def _place(row: BudgetStanding) -> tuple[int, object, str, int]:
    """Order by rank, then by what was spent, most first."""
    return RANKS.index(rank(row)), -row.actual, row.budget.name.casefold(), row.pk
