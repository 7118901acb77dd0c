"""Many budgets raised or lowered by dollars: seen before, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from finops.budgets.bulk import LINES, Moved, move, save
from finops.budgets.editing import revise
from finops.budgets.lines import lines_of
from finops.budgets.refusals import BudgetRefused, ChangedMeanwhile
from finops.models import Budget, BudgetRevision

from .drawn import NOW, budget, line

pytestmark = pytest.mark.usefixtures("ledger")
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
REASON = "Prices went up by a tenth"


def moved(
    budgets: Sequence[Budget], amount: object, direction: Any = "raise", which: Any = LINES
) -> list[Moved]:
    return move(budgets, Decimal(str(amount)), direction, which, now=NOW)


def said(found: Sequence[Moved]) -> list[list[str]]:
    return [[str(change) for change in each.changes] for each in found]


def saving(found: Sequence[Moved]) -> int:
    seen = {each.budget.pk: each.budget.version for each in found}
    return save(found, reason=REASON, now=NOW, by="Priya", seen=seen)


def test_lines_are_raised_together_with_one_reason() -> None:
    both = [budget(10, 20, name="A"), budget(100, 200, name="B", lines=[line(100, 200, 90)])]

    found = moved(both, 5)

    assert said(found) == [
        ["Yellow line $10 → $15.", "Red line $20 → $25."],
        ["Yellow line $100 → $105.", "Red line $200 → $205.", "Planned amount $90 → $95."],
    ]
    assert BudgetRevision.objects.count() == 2, "nothing is saved by looking"
    assert saving(found) == 2
    assert [lines_of(each, NOVEMBER).red for each in both] == [25, 205]
    assert {each.reason for each in BudgetRevision.objects.filter(reason=REASON)} == {REASON}


def test_one_line_may_move_alone() -> None:
    found = moved([budget(10, 20)], "2.50", "lower", ["red"])

    assert said(found) == [["Red line $20 → $17.50."]]


def test_lines_that_are_still_ahead_move_as_well() -> None:
    one = budget(lines=[line(10, 20), line(30, 40, starts=DECEMBER)])

    saving(moved([one], 5))

    assert [lines_of(one, day)[1:3] for day in (NOVEMBER, DECEMBER)] == [(15, 25), (35, 45)]


def test_past_periods_keep_their_lines() -> None:
    one = budget(10, 20, effective_from=date(2026, 9, 1))

    saving(moved([one], 5))

    assert lines_of(one, date(2026, 10, 1)).red == 20


def test_the_share_of_one_workflow_stays() -> None:
    one = budget(10, 20, workflow_share=Decimal(35))

    saving(moved([one], 5))

    assert lines_of(one, NOVEMBER).workflow_share == 35


@pytest.mark.parametrize(
    ("amount", "which", "problem"),
    [
        ("11", ["yellow", "red"], "Yellow must be 0 or more."),
        ("11", ["red"], "Red must not be less than yellow ($10)."),
    ],
)
def test_one_that_cannot_move_holds_all_back(amount: str, which: list[str], problem: str) -> None:
    both = [budget(10, 20, name="A"), budget(100, 200, name="B")]

    found = moved(both, amount, "lower", which)

    assert [each.problem for each in found] == [problem, ""]
    with pytest.raises(BudgetRefused, match=r"A: "):
        saving(found)
    assert [lines_of(each, NOVEMBER).red for each in both] == [20, 200]


def test_a_budget_without_lines_has_none_to_move() -> None:
    assert moved([budget(lines=[])], 5)[0].problem == "It has no lines."


def test_somebody_quicker_holds_all_back() -> None:
    both = [budget(10, 20, name="A"), budget(100, 200, name="B")]
    found = moved(both, 5)
    seen = {each.budget.pk: each.budget.version for each in found}
    quick = Budget.objects.get(pk=both[1].pk)
    revise(quick, lines=[line(1, 2)], now=NOW, by="Tom")

    with pytest.raises(ChangedMeanwhile):
        save(found, reason=REASON, now=NOW, by="Priya", seen=seen)

    assert [lines_of(each, NOVEMBER).red for each in both] == [20, 2]


def test_it_needs_a_reason() -> None:
    found = moved([budget()], 5)

    with pytest.raises(BudgetRefused) as refused:
        save(found, reason="why not", now=NOW, by="Priya", seen={found[0].budget.pk: 1})
    assert refused.value.field == "reason"
