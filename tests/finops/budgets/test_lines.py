"""Which lines hold for a period."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finops.budgets.editing import revise, undo
from finops.budgets.lines import NO_LINES, Lines, lines_of, schedules_of
from finops.models import Budget

from .drawn import NOW, budget, line

pytestmark = pytest.mark.usefixtures("ledger")
OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)


def reds(made: Budget, *starts: date) -> list[Decimal | None]:
    return [lines_of(made, start).red for start in starts]


def test_lines_hold_from_the_running_period_on() -> None:
    made = budget(10, 20)

    assert lines_of(made, OCTOBER) == NO_LINES
    assert lines_of(made, NOVEMBER) == Lines(None, Decimal(10), Decimal(20), None)
    assert reds(made, date(2031, 5, 1)) == [Decimal(20)]


def test_a_day_within_a_period_means_its_beginning() -> None:
    made = budget(effective_from=date(2026, 10, 31))

    assert reds(made, date(2026, 9, 1), OCTOBER) == [None, Decimal(20)]


def test_a_later_change_leaves_past_periods_their_lines() -> None:
    made = budget(10, 20)
    revise(made, lines=[line(15, 30)], effective_from=DECEMBER, now=NOW, by="Tom")

    assert reds(made, NOVEMBER, DECEMBER) == [Decimal(20), Decimal(30)]


def test_the_change_that_was_saved_last_wins_from_its_day_on() -> None:
    made = budget(10, 20)
    revise(made, lines=[line(15, 30)], effective_from=DECEMBER, now=NOW, by="Tom")
    revise(made, lines=[line(1, 2)], effective_from=OCTOBER, now=NOW + timedelta(1), by="Ann")

    assert reds(made, OCTOBER, NOVEMBER, DECEMBER) == [Decimal(2)] * 3


def test_an_undone_change_never_held() -> None:
    made = budget(10, 20)
    revise(made, lines=[line(15, 30)], now=NOW + timedelta(1), by="Tom")
    undo(made, now=NOW + timedelta(1, seconds=600), by="Ann")

    assert reds(made, NOVEMBER) == [Decimal(20)]


def test_twelve_months_have_a_line_each_and_the_last_goes_on() -> None:
    months = [date(2027, month, 1) for month in range(1, 13)]
    made = budget(
        lines=[line(n, 10 * n, starts=month) for n, month in enumerate(months, 1)],
        effective_from=months[0],
    )

    assert reds(made, *months) == [Decimal(10 * n) for n in range(1, 13)]
    assert reds(made, DECEMBER, date(2028, 1, 1)) == [None, Decimal(120)]


def test_no_lines_take_lines_away() -> None:
    made = budget(10, 20, workflow_share=Decimal(30))
    revise(made, lines=[], effective_from=DECEMBER, now=NOW, by="Tom")

    assert lines_of(made, DECEMBER) == Lines(workflow_share=Decimal(30))


def test_the_lines_of_many_budgets_are_read_at_once() -> None:
    made = [budget(name=f"budget {number}") for number in range(5)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = schedules_of(made)

    assert len(queries) == 2
    assert [found[each.pk].lines(NOVEMBER).red for each in made] == [Decimal(20)] * 5
