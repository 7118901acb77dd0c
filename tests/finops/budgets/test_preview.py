"""What lines would have said about the periods that were, before anybody saves them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.budgets.amounts import MOST
from finops.budgets.lines import Lines
from finops.budgets.preview import (
    History,
    Spent,
    colour,
    doubt,
    listed,
    name_of,
    read_history,
    start_from,
    verdict,
)
from finops.domain.budget_periods import PERIOD_KINDS, period_around, periods_before
from finops.models import Organization

from .drawn import NOW, dollars, organization, spent

TODAY = date(2026, 11, 20)
MONEY = st.decimals(min_value=0, max_value=MOST, places=2)


def lines(yellow: object, red: object, planned: object = None) -> Lines:
    return Lines(
        planned=None if planned is None else Decimal(str(planned)),
        yellow=Decimal(str(yellow)),
        red=Decimal(str(red)),
    )


def months(*amounts: object) -> History:
    """Months up to October, and November so far."""
    running = period_around("month", TODAY)
    periods = [*periods_before(running, len(amounts) - 1), running]
    found = [
        Spent(period, Decimal(str(each))) for period, each in zip(periods, amounts, strict=True)
    ]
    return History(tuple(found[:-1]), found[-1])


# --- the sentence -------------------------------------------------------------------------------


def test_the_sentence_of_the_design() -> None:
    history = months(15_000, 11_000, 17_020, 14_862)

    assert verdict(history, lines(12_000, 14_500)) == (
        "With these lines, August and October would have been red and September green."
        " November is red now ($14,862)."
    )


def test_three_colours_stand_gravest_first() -> None:
    assert verdict(months(5, 15, 25, 0), lines(10, 20)) == (
        "With these lines, October would have been red, September yellow and August green."
        " November is green now ($0)."
    )


def test_many_alike_are_said_in_one_breath() -> None:
    assert verdict(months(1, 1, 1, 1), lines(10, 20)) == (
        "With these lines, all of August to October would have been green."
        " November is green now ($1.00)."
    )


def test_a_scope_without_a_past_has_only_its_present() -> None:
    assert verdict(months(15), lines(10, 20)) == "November is yellow now ($15.00)."
    assert verdict(months(15, 15), Lines()) == ""


def test_exactly_on_a_line_is_the_milder_state() -> None:
    drawn = lines(10, 20)

    seen = [colour(drawn, Decimal(each)) for each in ("10", "10.01", "20", "20.01", "-3")]

    assert seen == ["green", "yellow", "yellow", "red", "green"]


@pytest.mark.parametrize(
    ("kind", "day", "fiscal_start", "name"),
    [
        ("month", TODAY, 1, "November"),
        ("day", TODAY, 1, "20 November"),
        ("week", TODAY, 1, "16\N{EN DASH}22 November"),
        ("quarter", TODAY, 1, "October to December 2026"),
        ("quarter", TODAY, 3, "September to November 2026"),
        ("year", TODAY, 1, "2026"),
        ("year", TODAY, 4, "April 2026 to March 2027"),
    ],
)
def test_a_period_has_a_name_inside_a_sentence(
    kind: Any, day: date, fiscal_start: int, name: str
) -> None:
    assert name_of(period_around(kind, day, fiscal_start=fiscal_start)) == name


def test_names_are_listed() -> None:
    assert [listed(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


# --- start from last month, and the question ----------------------------------------------------


@pytest.mark.parametrize(
    ("last", "yellow", "red"),
    [
        ("17020", "15300.00", "17000.00"),
        ("812.40", "700.00", "800.00"),
        ("56", "100.00", "100.00"),
        ("40", "36.00", "40.00"),
        ("0.30", "1.00", "1.00"),
    ],
)
def test_lines_start_from_last_month(last: str, yellow: str, red: str) -> None:
    started = start_from(Decimal(last))
    assert started is not None
    assert [str(started.yellow), str(started.red)] == [yellow, red]


@pytest.mark.parametrize("last", ["0", "-5"])
def test_nothing_starts_from_nothing(last: str) -> None:
    assert start_from(Decimal(last)) is None


@given(MONEY.filter(bool))
def test_started_lines_are_lines(last: Decimal) -> None:
    started = start_from(last)

    assert started is not None
    assert started.yellow is not None
    assert started.red is not None
    assert 1 <= started.yellow <= started.red
    assert abs(started.red - last) <= max(Decimal(50), last / 2, 1)


def test_an_amount_beyond_all_proportion_is_asked_about() -> None:
    assert doubt(lines(12_000, 145_000), Decimal(17_020), "month") == (
        "Is $145,000 right? Last month was $17,020."
    )
    assert doubt(lines(1, 2, 100), Decimal(30), "day") == "Is $100 right? Yesterday was $30.00."


def test_up_to_three_times_and_after_nothing_there_is_no_question() -> None:
    assert doubt(lines(12_000, 51_060), Decimal(17_020), "month") == ""
    assert doubt(lines(12_000, 51_060), Decimal(0), "month") == ""


# --- the read -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("ledger")
class TestTheRead:
    def test_periods_are_cut_where_the_organisation_cuts_them(self) -> None:
        organization(time_zone="America/New_York")
        spent(
            dollars(1, "2026-10-01T03:59:00Z", team="growth"),
            dollars(2, "2026-10-01T04:00:00Z", team="growth"),
            dollars(4, "2026-11-02T12:00:00Z", team="growth"),
            dollars(8, "2026-11-02T12:00:00Z", team="other"),
        )

        seen = self.history({"team": "growth"})

        assert [(str(each.period.start), each.actual) for each in seen.all] == [
            ("2026-09-01", 1),
            ("2026-10-01", 2),
            ("2026-11-01", 4),
        ]
        assert seen.last == 2

    def test_what_was_before_the_first_spend_is_left_out(self) -> None:
        spent(dollars(5, "2026-08-03T12:00:00Z"))

        assert [each.actual for each in self.history({}).all] == [5, 0, 0, 0]

    def test_nothing_at_all_leaves_the_running_period(self) -> None:
        seen = self.history({"workflow": "nobody"})

        assert (len(seen.past), seen.running.actual, seen.last) == (0, 0, 0)

    @pytest.mark.parametrize("kind", PERIOD_KINDS)
    def test_every_kind_of_period_is_read_in_one_statement(
        self, kind: Any, django_assert_max_num_queries: Any
    ) -> None:
        spent(dollars(5, "2026-11-20T10:00:00Z", team="growth"))
        now = Organization.current()

        with django_assert_max_num_queries(8):
            seen = read_history({"team": "growth"}, kind, now=NOW, organization=now)

        assert seen.running.actual == 5

    @staticmethod
    def history(scope: dict[str, str]) -> History:
        return read_history(scope, "month", now=NOW, organization=Organization.current())
