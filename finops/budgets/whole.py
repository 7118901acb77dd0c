"""One budget, whole: where it stands, what its periods cost, who drew which line, what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from finops.budgets import editing
from finops.budgets.differences import Difference, differences, stretches
from finops.budgets.lines import Lines, Schedule, schedule_of
from finops.budgets.looking import day_of, period_on
from finops.budgets.outlook import override_of
from finops.budgets.preview import History, read_history
from finops.domain.budget_periods import BudgetPeriod
from finops.models import (
    AcceptedShare,
    Alert,
    Budget,
    BudgetRevision,
    BudgetStanding,
    ForecastOverride,
    Organization,
    StatusChange,
)
from finops.sql import snapshot

#: How many entries of each list a page shows.
_SHOWN: Final = 50
_ALERTS: Final = 10


class Revised(NamedTuple):
    """One saved change of lines, and what it changed when it was saved."""

    revision: BudgetRevision
    changes: list[Difference]


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A budget at an instant. ``held`` are the lines of ``history.all``, place by place.

    ``standing`` is None before its running period was ever looked at, and once it is out of use.
    ``upcoming`` are the lines from the running period on, by the days on which they change.
    """

    budget: Budget
    period: BudgetPeriod
    in_use: bool
    standing: BudgetStanding | None
    lines: Lines
    upcoming: Sequence[tuple[date, Lines]]
    history: History
    held: Sequence[Lines]
    revisions: Sequence[Revised]
    changes: Sequence[StatusChange]
    accepted: Sequence[AcceptedShare]
    override: ForecastOverride | None
    undoable: BudgetRevision | None
    alerts: Sequence[Alert]


def whole(budget: Budget, now: datetime) -> Whole:
    """Read everything about a budget, from one moment."""
    with snapshot():
        period = period_on(budget, day_of(now))
        schedule = schedule_of(budget)
        organization = Organization.current()
        history = read_history(
            budget.scope, period.kind, now=now, organization=organization, basis=budget.basis
        )
        standing = BudgetStanding.objects.filter(budget=budget, period_start=period.start).first()
        in_use = budget.is_used_on(period.start)
        return Whole(
            budget=budget,
            period=period,
            in_use=in_use,
            standing=standing if in_use else None,
            lines=schedule.lines(period.start),
            upcoming=stretches(schedule, period.start),
            history=history,
            held=[schedule.lines(each.period.start) for each in history.all],
            revisions=_revised(budget, organization.currency),
            changes=list(budget.status_changes.order_by("-at", "-pk")[:_SHOWN]),
            accepted=list(budget.accepted_shares.filter(withdrawn_at=None).order_by("workflow")),
            override=override_of(budget, period),
            undoable=editing.undoable(budget, now),
            alerts=list(budget.alerts.order_by("-raised_at", "-pk")[:_ALERTS]),
        )


def _revised(budget: Budget, currency: str) -> list[Revised]:
    """Tell each revision by what held before it was saved, the newest first."""
    told: list[Revised] = []
    counted = Schedule()
    for revision in budget.revisions.order_by("set_at", "pk").prefetch_related("lines"):
        lines = tuple(revision.lines.all())
        share = revision.workflow_share
        new = [(line.starts, Lines(line.planned, line.yellow, line.red, share)) for line in lines]
        told.append(Revised(revision, differences(counted, new, currency)))
        if revision.undone_at is None:
            counted = Schedule((*counted.revisions, (revision, lines)))
    return told[: -_SHOWN - 1 : -1]
