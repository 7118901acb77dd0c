"""Raising or lowering the lines of many budgets by dollars: looked at first, all or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from finops.budgets import editing
from finops.budgets.checks import Line, check_line
from finops.budgets.differences import Difference, dated, differences, stretches
from finops.budgets.lines import Lines, Schedule, schedules_of
from finops.budgets.looking import day_of, period_on
from finops.budgets.refusals import BudgetRefused
from finops.models import Budget

Direction = Literal["raise", "lower"]
LINES: Final = ("yellow", "red", "planned")
#: How many budgets can be changed at once.
MOST: Final = 500


@dataclass
class Moved:
    """One budget: its lines from the running period on, moved; or why they cannot be."""

    budget: Budget
    lines: list[Line] = field(default_factory=list)
    changes: list[Difference] = field(default_factory=list)
    problem: str = ""


def move(
    budgets: Iterable[Budget],
    amount: Decimal,
    direction: Direction,
    which: Sequence[str],
    *,
    now: datetime,
    currency: str = "USD",
) -> list[Moved]:
    """Work out what moving some lines by an amount would do; nothing is saved.

    ``which`` names lines of ``LINES``. Lines that are still ahead move as well.
    """
    wanted = list(budgets)
    schedules = schedules_of(wanted)
    by = dict.fromkeys(which, amount if direction == "raise" else -amount)
    return [_moved(each, schedules[each.pk], by, now, currency) for each in wanted]


def save(
    moved: Sequence[Moved], *, reason: str, now: datetime, by: str, seen: dict[int, int]
) -> int:
    """Save them all with one reason; gives how many. ``seen`` maps budgets to versions shown.

    Raises BudgetRefused and ChangedMeanwhile; nothing is saved then.
    """
    wrong = next((each for each in moved if each.problem), None)
    if wrong is not None:
        raise BudgetRefused("", f"{wrong.budget}: {wrong.problem}")
    with editing.together(now):
        for each in moved:
            editing.revise(
                each.budget,
                lines=each.lines,
                reason=reason,
                reason_required=True,
                now=now,
                by=by,
                seen=seen.get(each.budget.pk, 0),
            )
    return len(moved)


def _moved(
    budget: Budget, schedule: Schedule, by: Mapping[str, Decimal], now: datetime, currency: str
) -> Moved:
    start = period_on(budget, day_of(now)).start
    held = stretches(schedule, start)
    if all(lines.yellow is None for _, lines in held):
        return Moved(budget, problem="It has no lines.")
    try:
        lines = [_line(each, since, by) for since, each in held]
    except BudgetRefused as error:
        return Moved(budget, problem=str(error))
    new = dated(lines, start, held[0][1].workflow_share)
    return Moved(budget, lines, differences(schedule, new, currency))


def _line(held: Lines, since: date, by: Mapping[str, Decimal]) -> Line:
    """Move one line. Raises BudgetRefused below 0, and where red would be less than yellow."""
    amounts = {name: getattr(held, name) for name in LINES}
    moved = {
        name: amount if amount is None else amount + by.get(name, 0)
        for name, amount in amounts.items()
    }
    return replace(check_line(Line(**moved)), starts=since)
