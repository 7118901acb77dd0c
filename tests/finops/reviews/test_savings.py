"""What a finished action saved: worked out by hand, and stated as an estimate."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.attribution.values import merge
from finops.models import Action, Person
from finops.reviews.action_rows import action_rows, realised_so_far, within
from finops.reviews.actions import actions, finish
from finops.reviews.document import ActionRow
from finops.reviews.savings import ENOUGH_DAYS, _spread, baseline
from tests.finops.access.people_at_hand import person
from tests.finops.reviews.meetings import calls_on, days, promised, take_in

pytestmark = pytest.mark.usefixtures("ledger")

DONE = date(2026, 6, 15)
BEFORE = days(DONE - timedelta(days=28), 28)
SINCE = days(DONE + timedelta(days=1), 10)


@pytest.fixture
def tom(ledger: None) -> Person:
    return person("engineering", name="Tom")


def done(tom: Person, workflow: str = "agent", on: date = DONE) -> Action:
    """An action that was done on a day."""
    now = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    action = promised(tom, workflow=workflow, now=now - timedelta(days=3))
    return finish(action.pk, by=tom, now=now)


def rows(after: int) -> list[ActionRow]:
    """All actions, so many days after the day on which they were done."""
    return action_rows(actions(), DONE + timedelta(days=after))


def test_cheaper_runs_save_their_difference_for_each_run_since(tom: Person) -> None:
    take_in(calls_on(BEFORE, "agent", cost="3", count=2), calls_on(SINCE, "agent", cost="1"))
    done(tom)
    (row,) = rows(11)
    saved = row["realised"]

    assert saved is not None
    assert (saved["state"], saved["unit"], saved["days"], saved["volume"]) == (
        "estimate",
        "run",
        10,
        "10",
    )
    assert (saved["unit_cost_before"], saved["unit_cost_since"]) == ("3", "1")
    assert saved["amount"] == "20"
    assert Decimal(saved["a_month"] or 0) == pytest.approx(Decimal("60.83"))
    assert saved["band"] == "0"  # no two days differ


def test_calls_without_runs_are_counted_by_the_thousand(tom: Person) -> None:
    before = calls_on(BEFORE, "agent", cost="0.5", requests=500)
    since = calls_on(SINCE, "agent", cost="0.25", requests=500)
    for row in (*before, *since):
        del row["run"]
    take_in(before, since)
    done(tom)
    saved = rows(11)[0]["realised"]

    assert saved is not None
    assert (saved["unit"], saved["volume"], saved["unit_cost_before"]) == (
        "thousand_calls",
        "5",
        "1",
    )
    assert saved["amount"] == "2.5"


def test_dearer_runs_are_a_negative_saving(tom: Person) -> None:
    take_in(calls_on(BEFORE, "agent", cost="1"), calls_on(SINCE, "agent", cost="1.5"))
    done(tom)
    saved = rows(11)[0]["realised"]

    assert saved is not None
    assert saved["amount"] == "-5"


def test_days_that_differ_make_the_band_wider(tom: Person) -> None:
    uneven = [
        row
        for place, day in enumerate(BEFORE)
        for row in calls_on([day], "agent", cost="2" if place % 2 else "4")
    ]
    take_in(uneven, calls_on(SINCE, "agent", cost="1"))
    done(tom)
    saved = rows(11)[0]["realised"]

    assert saved is not None
    assert saved["amount"] == "20"
    # 28 days a dollar off: sd 1.0184, of the sum 5.389, a run 0.1925; ten runs, 1.2816 of it.
    assert Decimal(saved["band"] or 0) == pytest.approx(Decimal("2.47"), abs=Decimal("0.01"))


@pytest.mark.parametrize("after", [0, 1, 4, 7])
def test_it_is_too_early_below_seven_days(tom: Person, after: int) -> None:
    take_in(calls_on(BEFORE, "agent"), calls_on(SINCE, "agent"))
    done(tom)
    saved = rows(after)[0]["realised"]

    assert saved is not None
    assert saved["state"] == "too_early"
    assert saved["days_missing"] == ENOUGH_DAYS - max(after - 1, 0)
    assert saved["amount"] is None


def test_the_day_itself_and_the_running_one_are_left_out(tom: Person) -> None:
    dear = [
        *calls_on([DONE], "agent", cost="500"),
        *calls_on([DONE + timedelta(days=11)], "agent", cost="500"),
    ]
    take_in(calls_on(BEFORE, "agent", cost="3"), dear, calls_on(SINCE, "agent", cost="1"))
    done(tom)
    saved = rows(11)[0]["realised"]

    assert saved is not None
    assert saved["amount"] == "20"


def test_what_cannot_be_compared_says_so(tom: Person) -> None:
    take_in(calls_on(BEFORE, "agent"), calls_on(SINCE, "young"))
    states = {}
    for workflow in ("agent", "young", ""):
        states[done(tom, workflow).pk] = workflow
    found = {states[int(row["id"])]: row["realised"] for row in rows(11)}

    assert {name: saved["state"] for name, saved in found.items() if saved} == {
        "agent": "no_volume",
        "young": "unknown",
        "": "unknown",
    }


def test_what_it_cost_before_is_kept_though_history_changes(tom: Person) -> None:
    take_in(calls_on(BEFORE, "agent", cost="3"), calls_on(SINCE, "agent", cost="1"))
    done(tom)
    take_in(calls_on(BEFORE, "agent", cost="9"), source="other")
    saved = rows(11)[0]["realised"]

    assert saved is not None
    assert saved["unit_cost_before"] == "3"


def test_a_workflow_that_was_merged_goes_on_under_its_new_name(tom: Person) -> None:
    take_in(calls_on(BEFORE, "agent", cost="3"), calls_on(SINCE, "agent 2", cost="1"))
    done(tom)
    merge("workflow", "agent", into="agent 2")
    saved = rows(11)[0]["realised"]

    assert saved is not None
    assert saved["amount"] == "20"


def test_two_actions_on_one_workflow_are_not_added_up(tom: Person) -> None:
    """The first one's estimate holds what the second changed as well."""
    take_in(calls_on(BEFORE, "agent", cost="3"), calls_on(SINCE, "agent", cost="1"))
    take_in(calls_on(BEFORE, "other", cost="2"), calls_on(SINCE, "other", cost="1"))
    done(tom)
    done(tom, on=DONE + timedelta(days=1))
    done(tom, "other")
    listed = rows(11)

    assert [row["realised"]["amount"] for row in listed if row["realised"]] != ["20", "20", "10"]
    assert realised_so_far(listed) == Decimal(30)
    assert within(listed) == 0
    assert realised_so_far([]) is None


def test_savings_are_counted_for_a_year(tom: Person) -> None:
    long_ago = DONE - timedelta(days=500)
    take_in(
        calls_on(days(long_ago - timedelta(days=5), 5), "agent", cost="3"),
        calls_on(days(long_ago + timedelta(days=1), 400), "agent", cost="1"),
    )
    done(tom, on=long_ago)
    saved = rows(0)[0]["realised"]

    assert saved is not None
    assert (saved["days"], saved["amount"]) == (365, "730")


def test_nothing_that_ran_is_no_baseline() -> None:
    assert baseline("", DONE) is None
    assert baseline("nobody", DONE) is None


@given(
    st.lists(st.decimals("-1000", "1000", places=4), max_size=30),
    st.decimals("-50", "50", places=2),
)
def test_the_spread_knows_differences_alone(amounts: list[Decimal], shift: Decimal) -> None:
    moved = [amount + shift for amount in amounts]

    assert _spread(moved) == pytest.approx(_spread(amounts), abs=Decimal("1e-12"))
    assert _spread(amounts[:1] * len(amounts)) == 0
