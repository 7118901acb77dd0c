"""What a change of lines would change: old against new from each day on, and the status with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from finops.budgets.amounts import write_amount
from finops.budgets.checks import Line
from finops.budgets.facts import spend, spend_by_workflow
from finops.budgets.grouped import Asked
from finops.budgets.lines import Lines, Schedule, schedule_of
from finops.budgets.status import Facts, judge
from finops.domain import display
from finops.domain.budget_periods import BudgetPeriod
from finops.domain.measures import BILL_BASES
from finops.models import Budget

_LABELS: Final = {"yellow": "Yellow line", "red": "Red line", "planned": "Planned amount"}
_SHARE: Final = "Share of one workflow"


class Difference(NamedTuple):
    """One amount before and after; ``since`` is set where it changes on a day of its own."""

    label: str
    before: str
    after: str
    since: date | None = None

    def __str__(self) -> str:
        label = f"{self.label} from {display.day(self.since)}" if self.since else self.label
        return f"{label} {self.before} → {self.after}."


class StatusBecomes(NamedTuple):
    """How the running period stands with the old lines and with the new ones."""

    before: str
    after: str

    def __str__(self) -> str:
        return f"Status changes from {self.before.capitalize()} to {self.after.capitalize()}."


def dated(lines: Sequence[Line], start: date, share: Decimal | None) -> list[tuple[date, Lines]]:
    """Give new lines by the day from which each holds, the first from ``start``."""
    found = [
        (line.starts or start, Lines(line.planned, line.yellow, line.red, share)) for line in lines
    ]
    return sorted(found, key=lambda pair: pair[0])


def stretches(schedule: Schedule, start: date) -> list[tuple[date, Lines]]:
    """Give the lines that hold from a day on by the days on which they change."""
    days = {start} | {
        day
        for revision, lines in schedule.revisions
        for day in (revision.effective_from, *(line.starts for line in lines))
        if day > start
    }
    found: list[tuple[date, Lines]] = []
    for day in sorted(days):
        held = schedule.lines(day)
        if not found or found[-1][1] != held:
            found.append((day, held))
    return found


def differences(
    schedule: Schedule, new: Sequence[tuple[date, Lines]], currency: str = "USD"
) -> list[Difference]:
    """Say what changes from the first of the new days on, amount by amount."""
    if not new:
        return []
    start = new[0][0]
    old = stretches(schedule, start)
    days = sorted({day for day, _ in (*old, *new)})
    found: list[Difference] = []
    told: set[tuple[str, str, str]] = set()
    for day in days:
        for label, before, after in _pairs(_at(old, day), _at(new, day), currency):
            if before != after and (label, before, after) not in told:
                told.add((label, before, after))
                found.append(Difference(label, before, after, day if day != start else None))
    return found


def line_differences(before: Lines, after: Lines, currency: str = "USD") -> list[Difference]:
    """Say what differs between two lines."""
    return [
        Difference(label, old, new)
        for label, old, new in _pairs(before, after, currency)
        if old != new
    ]


def facts_of(budget: Budget, period: BudgetPeriod) -> Facts:
    """Read what a period of a budget cost, with its workflows, for a judgement by other lines."""
    asked = Asked.of(budget.scope, period.start, period.end, budget.basis)
    spent = spend([asked])[asked]
    return Facts(
        actual=spent.cost,
        unpriced_calls=spent.unpriced_calls,
        of_bills=budget.basis in BILL_BASES,
        workflows=spend_by_workflow([asked])[asked],
    )


def status_becomes(
    budget: Budget, period: BudgetPeriod, new: Sequence[tuple[date, Lines]]
) -> StatusBecomes | None:
    """Say how the status of a running period would change; None when it would not."""
    if not new or new[0][0] > period.start:
        return None
    accepted = dict(
        budget.accepted_shares.filter(withdrawn_at=None).values_list("workflow", "limit")
    )
    facts = facts_of(budget, period)
    before, after = (
        judge(facts, lines, accepted=accepted).status
        for lines in (schedule_of(budget).lines(period.start), _at(new, period.start))
    )
    return StatusBecomes(before, after) if before != after else None


def _at(dated_lines: Iterable[tuple[date, Lines]], day: date) -> Lines:
    """Give the lines that hold on a day; none before the first."""
    held = Lines()
    for since, lines in dated_lines:
        if since <= day:
            held = lines
    return held


def _pairs(before: Lines, after: Lines, currency: str) -> Iterable[tuple[str, str, str]]:
    for name, label in _LABELS.items():
        old, new = getattr(before, name), getattr(after, name)
        yield label, _written(old, currency), _written(new, currency)
    yield _SHARE, _percent(before.workflow_share), _percent(after.workflow_share)


def _written(amount: Decimal | None, currency: str) -> str:
    return write_amount(amount, currency) or "none"


def _percent(share: Decimal | None) -> str:
    return "off" if share is None else f"{share.normalize():f}%"
