"""Looking at budgets: facts, lines and data brought together for many at once, as of an instant.

``evaluate`` remembers what it sees, ``report`` writes it out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from finops.attribution.values import canonical, labels
from finops.budgets.bill_feed import NO_BILLS, bill_feed
from finops.budgets.facts import Asked, spend, spend_by_workflow
from finops.budgets.grouped import pairs_of
from finops.budgets.lines import Lines, Schedule, of_budgets, schedules_of
from finops.budgets.outlook import Outlook, Running, outlooks
from finops.budgets.silence import Feed, feeds
from finops.budgets.status import Facts, Judgement, Reason, judge
from finops.domain import display
from finops.domain.budget_periods import BudgetPeriod, PeriodKind, period_around
from finops.domain.measures import BILL_BASES
from finops.models import AcceptedShare, Budget
from finops.rollups.queries import reporting
from finops.sql import snapshot

STALE, SOURCE_SILENT, NO_OWNER = "stale", "source_silent", "no_owner"


class Due(NamedTuple):
    """A budget and one of its periods, which is to be looked at."""

    budget: Budget
    period: BudgetPeriod


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one period of a budget stands; there is no outlook where none was asked for."""

    budget: Budget
    period: BudgetPeriod
    lines: Lines
    facts: Facts
    judgement: Judgement
    feed: Feed
    outlook: Outlook | None = None


def day_of(at: datetime) -> date:
    """Give the day of an instant in the reporting zone."""
    return at.astimezone(reporting().zone).date()


def period_on(budget: Budget, day: date) -> BudgetPeriod:
    """Give the budget's period that holds a day."""
    month = reporting().fiscal_year_start_month
    kind: PeriodKind = budget.period  # type: ignore[assignment]  # a constraint lets no other in
    return period_around(kind, day, fiscal_start=month)


def running(budgets: Iterable[Budget], day: date) -> list[Due]:
    """List the period of each budget that holds a day, where it is in use then."""
    dues = (Due(budget, period_on(budget, day)) for budget in budgets)
    return [due for due in dues if due.budget.is_used_on(due.period.start)]


def look(
    dues: Collection[Due],
    at: datetime,
    *,
    before: datetime | None = None,
    forecast: Collection[int] = (),
    schedules: Mapping[int, Schedule] | None = None,
) -> list[Look]:
    """Look at periods of budgets, from one moment of the ledger.

    With ``before`` only calls that began before that instant count. ``forecast`` holds the numbers
    of the budgets whose running period is forecast as well.
    """
    with snapshot():
        held = schedules or schedules_of({due.budget.pk: due.budget for due in dues}.values())
        asked = {
            due: Asked.of(due.budget.scope, *due.period[1:], basis=due.budget.basis) for due in dues
        }
        lines = {due: held[due.budget.pk].lines(due.period.start) for due in dues}
        facts = _facts(asked, lines, before)
        feed = _feeds(asked.values(), at, exactly=before is not None)
        accepted = _accepted(dues)
        looks = [
            _look(due, facts[due], lines[due], accepted[due.budget.pk], feed[each])
            for due, each in asked.items()
        ]
        return _with_outlooks(looks, at, before, forecast) if forecast else looks


def _facts(
    asked: Mapping[Due, Asked], lines: Mapping[Due, Lines], before: datetime | None
) -> dict[Due, Facts]:
    """Read what periods cost; workflows only where the share of one is limited."""
    spent = spend(asked.values(), before=before)
    limited = [each for due, each in asked.items() if lines[due].workflow_share is not None]
    workflows = spend_by_workflow(limited, before=before) if limited else {}
    return {
        due: Facts(
            actual=spent[each].cost,
            unpriced_calls=spent[each].unpriced_calls,
            of_bills=each.basis in BILL_BASES,
            workflows=workflows.get(each, ()),
        )
        for due, each in asked.items()
    }


def _feeds(asked: Collection[Asked], at: datetime, *, exactly: bool) -> dict[Asked, Feed]:
    """Describe the data behind each question: calls of its scope, or the bills."""
    metered = [each for each in asked if each.basis not in BILL_BASES]
    of_calls = feeds((each.scope for each in metered), at, exactly=exactly) if metered else {}
    of_bills = bill_feed(at) if len(metered) < len(asked) else NO_BILLS
    return {each: of_bills if each.basis in BILL_BASES else of_calls[each.scope] for each in asked}


def _accepted(dues: Iterable[Due]) -> defaultdict[int, dict[str, Decimal | None]]:
    """Read which workflows' shares are accepted, by the values as which they are read."""
    found: defaultdict[int, dict[str, Decimal | None]] = defaultdict(dict)
    merged = canonical("workflow")
    wanted = {due.budget.pk for due in dues}
    for row in of_budgets(AcceptedShare.objects.filter(withdrawn_at=None), wanted):
        found[row.budget_id][merged.get(row.workflow, row.workflow)] = row.limit
    return found


def _look(
    due: Due, facts: Facts, lines: Lines, accepted: Mapping[str, Decimal | None], feed: Feed
) -> Look:
    judgement = judge(
        facts,
        lines,
        accepted=accepted,
        labels=labels("workflow"),
        currency=reporting().currency,
    )
    beside = (*judgement.reasons, *_beside(due.budget, feed))
    return Look(
        budget=due.budget,
        period=due.period,
        lines=lines,
        facts=facts,
        judgement=judgement._replace(reasons=beside),
        feed=feed,
    )


def _beside(budget: Budget, feed: Feed) -> Iterator[Reason]:
    """Say what people should know and what changes no status."""
    if feed.stale and feed.of_bills:
        since = f" since {_moment(feed.data_to)}" if feed.data_to else " so far"
        yield Reason(STALE, f"No bill{since}.")
    elif feed.stale:
        since = f" since {_moment(feed.data_to)}" if feed.data_to else " so far"
        yield Reason(STALE, f"No data{since}.")
    else:
        for each in feed.silent:
            yield Reason(SOURCE_SILENT, f"No data of {each.name} since {_moment(each.last_call)}.")
    if budget.owner is None or not budget.owner.is_active:
        yield Reason(NO_OWNER, "Nobody owns this budget.")


def _moment(at: datetime) -> str:
    return display.moment(at, reporting().zone)


def _with_outlooks(
    looks: Iterable[Look], at: datetime, before: datetime | None, forecast: Collection[int]
) -> list[Look]:
    """Add what running periods will end at; past ones have ended."""
    day = day_of(at)
    wanted = [
        Running(
            budget=each.budget,
            period=each.period,
            scope=pairs_of(each.budget.scope),
            actual=each.facts.actual,
            lines=each.lines,
        )
        for each in looks
        if each.budget.pk in forecast and each.period.contains(day)
    ]
    data_to: dict[str, datetime] = {}
    for each in looks:
        if each.feed.data_to:
            basis = each.budget.basis
            data_to[basis] = max(each.feed.data_to, data_to.get(basis, each.feed.data_to))
    found = outlooks(wanted, at, before=before, data_to=data_to) if wanted else {}
    return [
        replace(each, outlook=found.get(each.budget.pk)) if each.period.contains(day) else each
        for each in looks
    ]
