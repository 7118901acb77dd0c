"""How budgets stand, for pages that speak of something else: a fixed number of queries, always.

Scopes are given as they are read: a value that was merged stands for what it was merged into, so
that a workflow finds its budget whatever it was called when the budget was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, Q

from finops.attribution.values import Finals, finals
from finops.domain.budget_periods import PERIOD_KINDS, BudgetPeriod, period_around
from finops.models import BudgetStanding, Organization
from finops.models.budgets import GREEN, NONE, RED, YELLOW
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.rollups.queries import reporting
from finops.rollups.question import Question
from finops.sql import once_in_snapshot

STALE: Final = "stale"
#: What is counted, in the order in which it is shown; a stale budget counts beside its colour.
COUNTED: Final = (RED, YELLOW, GREEN, NONE, STALE)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a budget's period stood when it was last looked at: days ``[start, end)``, dollars."""

    budget: int
    name: str
    scope: Mapping[str, str]
    basis: str
    kind: str
    owner: str
    start: date
    end: date
    status: str
    reasons: Sequence[Mapping[str, str]]
    stale: bool
    data_to: datetime | None
    heading_for: str
    actual: Decimal
    planned: Decimal | None
    yellow: Decimal | None
    red: Decimal | None
    forecast_low: Decimal | None
    forecast_mid: Decimal | None
    forecast_high: Decimal | None
    forecast_state: str
    crosses_yellow_on: date | None
    crosses_red_on: date | None

    @property
    def period(self) -> BudgetPeriod:
        """The period that it speaks of."""
        return BudgetPeriod(self.kind, self.start, self.end)  # type: ignore[arg-type]  # checked by the database

    @property
    def reason(self) -> str:
        """Why it stands so, in one sentence."""
        return self.reasons[0]["text"] if self.reasons else ""

    @property
    def severity(self) -> int:
        """Its place in the order of every list (``finops.budgets.standings.RANKS``)."""
        worst_first = (
            self.status == RED,
            self.heading_for == RED,
            self.status == YELLOW,
            self.heading_for == YELLOW,
            self.stale,
            self.status == NONE,
        )
        return worst_first.index(True) if any(worst_first) else len(worst_first)


@once_in_snapshot
def standings_on(day: date) -> tuple[Standing, ...]:
    """Give the standings of all periods that hold a day, gravest first: a query or two."""
    found = _read(_holding(day, reporting().fiscal_year_start_month))
    return tuple(sorted(found, key=_gravest))


def red_on(day: date, organization: Organization) -> int:
    """Count the budgets that are red in the period that holds a day."""
    holding = _holding(day, organization.fiscal_year_start_month)
    return BudgetStanding.objects.filter(holding, status=RED).count()


def _holding(day: date, fiscal_start: int) -> Q:
    """Find the periods that hold a day, as they are cut now, of budgets in use."""
    holds = Q()
    for kind in PERIOD_KINDS:
        start = period_around(kind, day, fiscal_start=fiscal_start).start
        holds |= Q(budget__period=kind, period_start=start)
    used = Q(budget__stopped_from=None) | Q(budget__stopped_from__gt=F("period_start"))
    return holds & used


def past_standings(budget: int, until: date, count: int) -> tuple[Standing, ...]:
    """Give a budget's last periods that began by a day, latest first."""
    return tuple(_read(Q(budget=budget, period_start__lte=until), limit=count))


def counts(standings: Iterable[Standing]) -> dict[str, int]:
    """Count how many stand how, and beside that how many are stale."""
    tally = dict.fromkeys(COUNTED, 0)
    for each in standings:
        tally[each.status] += 1
        tally[STALE] += each.stale
    return tally


def of_workflows(standings: Iterable[Standing]) -> dict[str, Standing]:
    """Map workflows to the gravest standing of the budgets that cover exactly them."""
    found: dict[str, Standing] = {}
    for each in sorted(standings, key=_gravest):
        if each.scope.keys() == {"workflow"}:
            found.setdefault(each.scope["workflow"], each)
    return found


def of_question(question: Question) -> Standing | None:
    """Give the monthly standing that covers just what a question asks: its filters, its month.

    Without filters that is the budget over everything. None when the period is no month, when no
    budget covers just this, and for budgets of bills: calls are metered.
    """
    if not question.period.is_month:
        return None
    month = question.period.whole
    asked = {name: tuple(values) for name, values in question.filters.items()}
    return next(
        (
            each
            for each in standings_on(question.period.window.last)
            if (each.start, each.end) == (month.since, month.until)
            and each.basis == "metered"
            and {name: (value,) for name, value in each.scope.items()} == asked
        ),
        None,
    )


def _gravest(each: Standing) -> tuple[int, Decimal, str, int]:
    """Order as the Budgets page does: by severity, then by what was spent."""
    return each.severity, -each.actual, each.name.casefold(), each.budget


#: Where each part of a standing is kept; its scope is read through merges.
_COLUMNS: Final[Mapping[str, str]] = {
    "budget": "budget_id",
    "name": "budget__name",
    "scope": "budget__scope",
    "basis": "budget__basis",
    "kind": "budget__period",
    "owner": "budget__owner__name",
    "start": "period_start",
    "end": "period_end",
} | {
    name: name
    for name in (
        "status",
        "reasons",
        "stale",
        "data_to",
        "heading_for",
        "actual",
        "planned",
        "yellow",
        "red",
        "forecast_low",
        "forecast_mid",
        "forecast_high",
        "forecast_state",
        "crosses_yellow_on",
        "crosses_red_on",
    )
}


def _read(wanted: Q, limit: int | None = None) -> list[Standing]:
    rows = BudgetStanding.objects.filter(wanted).order_by("-period_start", "budget_id")
    merged = finals(NAMED_DIMENSIONS)
    return [_standing(row, merged) for row in rows.values_list(*_COLUMNS.values())[:limit]]


def _standing(row: Sequence[Any], merged: Finals) -> Standing:
    said = dict(zip(_COLUMNS, row, strict=True))
    scope = {name: merged.get(name, {}).get(value, value) for name, value in said["scope"].items()}
    return Standing(**said | {"scope": scope, "owner": said["owner"] or ""})
