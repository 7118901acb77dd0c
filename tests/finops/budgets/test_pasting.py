"""A stretch of a spreadsheet: every way in which finance may copy it lands in the same cells."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.budgets.pasting import LONGEST, read_paste
from finops.budgets.refusals import BudgetRefused
from finops.domain.budget_periods import BudgetPeriod, period_after, period_around

NOV, DEC, JAN = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


def year() -> list[BudgetPeriod]:
    found = [period_around("month", NOV)]
    while len(found) < 12:
        found.append(period_after(found[-1]))
    return found


def test_rows_without_names_go_by_their_order() -> None:
    pasted = read_paste("$12,000\t12 500\n14,500\t15,000\n11k\t\n", year())

    assert pasted == {
        ("yellow", NOV): "$12,000",
        ("yellow", DEC): "12 500",
        ("red", NOV): "14,500",
        ("red", DEC): "15,000",
        ("planned", NOV): "11k",
    }


@pytest.mark.parametrize(
    "header",
    [
        "\tJan 2027\tNov 2026\tTotal",
        "\tJanuary\tNovember\tTotal",
        "Line\tJan-27\tNov-26\tTotal",
        "Line\t2027-01\t2026-11\tTotal",
        "Line\t2027-01-01\t2026-11-01\tTotal",
        "Line\t1/2027\t11/2026\tSum",
    ],
)
def test_months_and_names_are_understood_wherever_they_stand(header: str) -> None:
    pasted = read_paste(
        f"{header}\nRed line\t2\t4\t6\nYellow line\t1\t3\t4\nNotes\tx\ty\tz", year()
    )

    assert pasted == {
        ("red", JAN): "2",
        ("red", NOV): "4",
        ("yellow", JAN): "1",
        ("yellow", NOV): "3",
    }


def test_months_may_run_down() -> None:
    down = "Month\tYellow\tRed\nNov 2026\t1\t2\nDec 2026\t3\t4\nJan 2027\t5\t6"

    assert read_paste(down, year()) == {
        ("yellow", NOV): "1",
        ("red", NOV): "2",
        ("yellow", DEC): "3",
        ("red", DEC): "4",
        ("yellow", JAN): "5",
        ("red", JAN): "6",
    }


def test_more_rows_than_lines_are_months() -> None:
    assert read_paste("1\t2\n1\t2\n1\t2\n3\t4\n", year())["yellow", date(2027, 2, 1)] == "3"


def test_months_of_another_year_are_left_out() -> None:
    assert read_paste("\tNov 2025\tNov 2026\nYellow\t1\t2", year()) == {("yellow", NOV): "2"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Nothing was pasted. Copy cells in your spreadsheet, and paste them here."),
        ("\n \n", "Nothing was pasted. Copy cells in your spreadsheet, and paste them here."),
        ("1\t" * 13 + "1", "There are more than 12 columns. Copy a year at most."),
        ("1\t2\t3\t4\n" * 4, "There are more than three rows. Copy yellow, red and planned only."),
        ("1" * (LONGEST + 1), "That is too much. Copy the rows of one budget only."),
        (
            "\tMay 2020\nRed\t5",
            "Nothing in it could be placed. Copy rows of amounts, and paste again.",
        ),
    ],
)
def test_what_fits_nowhere_is_refused(text: str, says: str) -> None:
    with pytest.raises(BudgetRefused) as refused:
        read_paste(text, year())
    assert (refused.value.field, str(refused.value)) == ("pasted", says)


@given(st.text(alphabet="\t\n\r0123456789,.$ kMNovDecYelowRd\0'\"=-", max_size=200))
def test_any_text_is_placed_or_refused(text: str) -> None:
    try:
        found = read_paste(text, year())
    except BudgetRefused:
        return
    starts = {period.start for period in year()}
    assert found
    assert {start for _, start in found} <= starts
