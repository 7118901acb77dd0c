"""Which lines hold for a period: the last revision's that reaches it, and in that the last line's.

Every saved change is a revision that holds from a day on, for all periods that begin there or
later. Where two reach a period, the one that was saved last wins; an undone one never counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

from django.db.models import Model, QuerySet

from finops.models import Budget, BudgetLine, BudgetRevision


class Lines(NamedTuple):
    """What one period is held against, in dollars; ``workflow_share`` is in percent of actual.

    Yellow and red are there together or not at all; None switches the rule of shares off.
    """

    planned: Decimal | None = None
    yellow: Decimal | None = None
    red: Decimal | None = None
    workflow_share: Decimal | None = None


NO_LINES: Final = Lines()

#: From how many budgets on they are not named one by one.
_MANY: Final = 200
_Drawn = tuple[BudgetRevision, tuple[BudgetLine, ...]]
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Schedule:
    """The revisions of one budget that count, in the order in which they were saved."""

    revisions: tuple[_Drawn, ...] = ()

    @property
    def since(self) -> date | None:
        """The first day that any revision reaches; None without a revision."""
        return min((revision.effective_from for revision, _ in self.revisions), default=None)

    def revision_for(self, start: date) -> BudgetRevision | None:
        """Give the revision that holds for the period that begins on a day."""
        return next(
            (each for each, _ in reversed(self.revisions) if each.effective_from <= start), None
        )

    def lines(self, start: date) -> Lines:
        """Give the lines of the period that begins on a day."""
        for revision, lines in reversed(self.revisions):
            if revision.effective_from <= start:
                share = revision.workflow_share
                reached = [line for line in lines if line.starts <= start]
                if not reached:
                    return Lines(workflow_share=share)
                line = reached[-1]
                return Lines(line.planned, line.yellow, line.red, share)
        return NO_LINES


def of_budgets(rows: QuerySet[Row], numbers: Collection[int], by: str = "budget") -> QuerySet[Row]:
    """Narrow rows down to those of some budgets; of very many, reading all rows is quicker."""
    return rows if len(numbers) > _MANY else rows.filter(**{f"{by}__in": numbers})


def schedules_of(budgets: Iterable[Budget]) -> dict[int, Schedule]:
    """Read the schedules of budgets, by number: two queries, however many there are."""
    wanted = {budget.pk for budget in budgets}
    revisions = BudgetRevision.objects.filter(undone_at=None).order_by("set_at", "pk")
    drawn = BudgetLine.objects.filter(revision__undone_at=None).order_by("starts")
    lines: defaultdict[int, list[BudgetLine]] = defaultdict(list)
    for line in of_budgets(drawn, wanted, by="revision__budget"):
        lines[line.revision_id].append(line)
    found: defaultdict[int, list[_Drawn]] = defaultdict(list)
    for revision in of_budgets(revisions, wanted):
        found[revision.budget_id].append((revision, tuple(lines[revision.pk])))
    return {pk: Schedule(tuple(found[pk])) for pk in wanted}


def schedule_of(budget: Budget) -> Schedule:
    """Read the schedule of one budget."""
    return schedules_of([budget])[budget.pk]


def lines_of(budget: Budget, start: date) -> Lines:
    """Give the lines of a budget for its period that begins on a day."""
    return schedule_of(budget).lines(start)
