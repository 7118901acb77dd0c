"""What a change of lines would change: told amount by amount, from each day on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.budgets.differences import (
    dated,
    differences,
    line_differences,
    status_becomes,
    stretches,
)
from finops.budgets.editing import revise, undo
from finops.budgets.judgements import accept_share
from finops.budgets.lines import Lines, schedule_of
from finops.budgets.looking import period_on
from finops.models import Budget

from .drawn import NOW, budget, dollars, line, spent

pytestmark = pytest.mark.usefixtures("ledger")
OCTOBER, NOVEMBER, DECEMBER = (date(2026, month, 1) for month in (10, 11, 12))
JANUARY = date(2027, 1, 1)


def told(one: Budget, *lines: object, share: Decimal | None = None) -> list[str]:
    new = dated(lines, NOVEMBER, share)  # type: ignore[arg-type]  # made by ``line``
    return [str(each) for each in differences(schedule_of(one), new)]


def test_the_sentence_of_the_design() -> None:
    before, after = (Lines(yellow=Decimal(12_000), red=Decimal(red)) for red in ("14500", "16000"))

    assert [str(each) for each in line_differences(before, after)] == [
        "Red line $14,500 → $16,000."
    ]


def test_the_same_lines_differ_in_nothing() -> None:
    one = budget(10, 20)

    assert told(one, line(10, 20)) == told(one, line("10.00", "20.0")) == []


def test_each_amount_is_told_with_its_day() -> None:
    one = budget(lines=[line(10, 20), line(30, 40, starts=DECEMBER)])

    assert told(one, line(10, 25, 5), line(30, 45, 5, starts=JANUARY)) == [
        "Red line $20 → $25.",
        "Planned amount none → $5.",
        "Yellow line from 1 Dec 2026 $30 → $10.",
        "Red line from 1 Dec 2026 $40 → $25.",
        "Red line from 1 Jan 2027 $40 → $45.",
    ]


def test_lines_and_the_limit_of_shares_may_come_and_go() -> None:
    assert told(budget(lines=[]), line(1, 2), share=Decimal(20)) == [
        "Yellow line none → $1.",
        "Red line none → $2.",
        "Share of one workflow off → 20%.",
    ]


def test_stretches_follow_every_revision_that_counts() -> None:
    one = budget(10, 20, effective_from=OCTOBER)
    revise(one, lines=[line(30, 40)], effective_from=DECEMBER, now=NOW, by="Tom")
    revise(one, lines=[line(50, 60)], effective_from=JANUARY, now=NOW, by="Tom")
    undo(one, now=NOW, by="Tom")

    found = stretches(schedule_of(one), NOVEMBER)

    assert [(day, lines.red) for day, lines in found] == [(NOVEMBER, 20), (DECEMBER, 40)]


def test_the_status_becomes_another_one_only_with_lines_of_now() -> None:
    spent(dollars(15))
    one = budget(10, 20)
    running = period_on(one, NOW.date())

    for red, becomes in ((12, "Status changes from Yellow to Red."), (16, "None")):
        new = dated([line(10, red)], NOVEMBER, None)
        assert str(status_becomes(one, running, new)) == becomes
    assert status_becomes(one, running, dated([line(1, 2)], DECEMBER, None)) is None


def test_an_accepted_share_stays_accepted_under_other_lines() -> None:
    spent(dollars(9, workflow="agent"), dollars(1))
    one = budget(100, 200)
    running = period_on(one, NOW.date())
    limited = dated([line(15, 20)], NOVEMBER, Decimal(20))
    assert str(status_becomes(one, running, limited)) == "Status changes from Green to Red."

    accept_share(one, "agent", reason="It is the whole team", now=NOW, by="Maya")

    assert status_becomes(one, running, limited) is None
