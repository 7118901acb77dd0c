"""What a review reads: figures that agree with each other, and say what moved them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.attribution.values import describe, merge
from finops.models import Cap, CapViolation, Decision, Review
from finops.reviews import actions, deciding
from finops.reviews.document import canonical, decisions_by_row, loaded
from finops.reviews.reading import read
from tests.conftest import empty_ledger
from tests.finops.access.people_at_hand import person
from tests.finops.reviews.budgets_at_hand import standing
from tests.finops.reviews.meetings import (
    HOSTILE,
    KEY,
    MONDAY,
    calls_on,
    in_zone,
    meeting,
    promised,
    take_in,
    total_of,
    two_weeks,
    week_of,
)

pytestmark = pytest.mark.usefixtures("ledger")


def test_the_week_is_told_in_sentences_and_numbers() -> None:
    two_weeks()
    stand = read(meeting(), MONDAY)["stand"]

    assert stand["story"] == [
        "AI cost $128.75 on 15–21 June 2026, $44.75 more than the week before.",
        "agent rose $29.75 and explains most of it.",
    ]
    assert stand["week"]["cost"] == "128.75"
    assert stand["week"]["cost_before"] == "84"
    assert (stand["week"]["attributed"], stand["week"]["unattributed"]) == ("127.75", "1")
    assert (stand["month"]["days"]["first"], stand["month"]["days"]["last"]) == (
        "2026-06-01",
        "2026-06-21",
    )
    assert stand["month"]["cost"] == "212.75"


def test_the_chart_of_the_month_is_there_without_a_float() -> None:
    two_weeks()
    figure = read(meeting(), MONDAY)["stand"]["figure"]

    assert figure["meta"]["rows"][20][1] == "212.75"
    assert figure["data"][1]["y"][20] == "212.75"


def test_the_top_workflows_say_rank_and_why() -> None:
    two_weeks()
    rows = read(meeting(), MONDAY)["workflows"]["rows"]

    assert [(row["name"], row["rank"], row["rank_before"]) for row in rows] == [
        ("agent", 1, 1),
        ("helper", 2, 2),
    ]
    assert rows[0]["change"] == "29.75"
    assert [reason["code"] for reason in rows[0]["why"]] == ["dearer_calls"]
    assert [reason["text"] for reason in rows[1]["why"]] == ["Runs rose from 7 to 14 (+100.0%)."]
    assert rows[0]["models"] == [
        {"model": "house-model", "cost": "99.75", "cost_before": "70", "change": "29.75"}
    ]
    assert Decimal(rows[0]["cost_per_run"] or 0) == pytest.approx(
        Decimal("14.25"), rel=Decimal("0.01")
    )
    assert rows[0]["weeks"][-2:] == ["70", "99.75"]
    assert rows[0]["dearest_run"] is not None
    assert rows[0]["dearest_run"]["cost"] == "14.25"


def test_a_workflow_that_is_new_has_no_rank_before() -> None:
    take_in(calls_on(week_of("2026-W24"), "agent"), calls_on(week_of(), "fresh", cost="5"))
    document = read(meeting(), MONDAY)

    assert document["workflows"]["rows"][0]["rank_before"] is None
    assert document["workflows"]["rows"][0]["why"][0]["code"] == "new"
    new = {row["subject"]: row for row in document["news"]["rows"]}
    assert new["workflow:fresh"]["cost"] == "35"
    assert "workflow:agent" not in new


def test_new_customers_are_told_though_the_overview_leaves_them_out() -> None:
    take_in(
        calls_on(week_of("2026-W24"), "agent", customer="acme"),
        calls_on(week_of(), "agent", customer="globex"),
    )
    news = read(meeting(), MONDAY)["news"]

    assert [row["subject"] for row in news["rows"]] == ["customer:globex"]


def test_broken_caps_stand_beside_their_workflow() -> None:
    two_weeks()
    cap = Cap.objects.create(workflow="agent", kind=Cap.RUN_COST, limit=Decimal(5))
    for value in ("9.5", "14.25"):
        CapViolation.objects.create(
            cap=cap,
            run_url_id=uuid4(),
            run="r",
            started_at=datetime(2026, 6, 17, 9, tzinfo=UTC),
            value=Decimal(value),
            limit=Decimal(5),
            beyond=Decimal(value) - 5,
            step="compare",
            found_at=MONDAY,
        )
    (broken,) = read(meeting(), MONDAY)["workflows"]["rows"][0]["broken_caps"]

    assert (broken["runs"], broken["beyond"], broken["worst"]) == (2, "13.75", "14.25")
    assert broken["step"] == "compare"


def test_budgets_that_are_not_plainly_green_come_first_and_worst_first() -> None:
    two_weeks()
    standing("Calm", "green", reasons=[])
    standing("Rising", "green", heading_for="red", forecast_mid=Decimal("15200.123"))
    standing("Burning", "red")
    standing("Close", "yellow", actual=Decimal("13000"))
    document = read(meeting(), MONDAY)

    assert [row["name"] for row in document["budgets"]] == ["Burning", "Rising", "Close"]
    assert [row["name"] for row in document["green_budgets"]] == ["Calm"]
    burning = document["budgets"][0]
    assert (burning["actual"], burning["red"], burning["period_last"]) == (
        "14862.5",
        "14500",
        "2026-06-30",
    )
    assert burning["reasons"] == [{"code": "above_red", "text": "$362 above red."}]
    assert document["stand"]["tally"] == {
        "red": 1,
        "heading_for_red": 1,
        "yellow": 1,
        "none": 0,
        "green": 1,
        "stale": 0,
    }
    assert document["stand"]["story"][-1] == (
        "1 budget is red, 1 is heading for red and 1 is yellow."
    )


def test_what_nobody_budgeted_or_priced_is_unknown() -> None:
    two_weeks()
    take_in(calls_on(week_of()[:1], "agent", cost="1")[:0], source="gateway")
    standing("The agent", "green", scope={"workflow": "agent"})
    news = read(meeting(), MONDAY)["news"]

    assert [row["subject"] for row in news["unbudgeted"]] == ["helper"]
    assert {gap["dimension"] for gap in news["gaps"]} == {"workflow", "feature", "team", "customer"}


def test_a_source_that_fell_silent_is_stale_and_says_how_many_days_it_sent() -> None:
    take_in(calls_on(week_of("2026-W24"), "agent"), calls_on(week_of()[:3], "agent"))
    document = read(meeting(), MONDAY)

    (source,) = document["completeness"]["sources"]
    assert (source["stale"], source["days_with_calls"], source["days"]) == (True, 3, 7)
    assert document["news"]["stale_sources"] == [source]


def test_last_actions_are_open_ones_and_those_closed_since() -> None:
    two_weeks()
    tom = person("engineering", name="Tom")
    review = meeting()
    earlier = MONDAY - timedelta(days=10)
    late = promised(tom, what="Late", now=earlier, due=date(2026, 6, 19))
    open_one = promised(tom, what="Open", now=earlier, due=date(2026, 7, 1))
    done = promised(tom, what="Done", now=earlier)
    actions.finish(done.pk, by=tom, now=MONDAY - timedelta(days=3))
    old = promised(tom, what="Old", now=MONDAY - timedelta(days=60))
    actions.finish(old.pk, by=tom, now=MONDAY - timedelta(days=40))
    promised(tom, what="Of this meeting", review=review)
    document = read(review, MONDAY)

    told = [(row["what"], row["late"], row["days_late"]) for row in document["last_actions"]]
    assert told == [("Late", True, 3), ("Open", False, 0), ("Done", False, 0)]
    assert [row["what"] for row in document["read_back"]["actions"]] == ["Of this meeting"]
    assert (late.version, open_one.version) == (1, 1)


def test_reading_back_sums_what_is_known_and_counts_what_is_not() -> None:
    two_weeks()
    tom = person("engineering", name="Tom")
    review = meeting()
    agent = deciding.subject(Decision.WORKFLOW, "agent")
    deciding.choose(review, agent, Decision.FIX, by=tom, now=MONDAY)
    promised(tom, what="One", review=review, expected_saving=Decimal("1900.50"))
    promised(tom, what="Two", review=review, expected_saving=None)
    dropped = promised(tom, what="Three", review=review)
    actions.drop(dropped.pk, note="no", by=tom, now=MONDAY)
    document = read(review, MONDAY)
    back = document["read_back"]

    assert (back["expected_saving"], back["unknown_savings"]) == ("1900.5", 1)
    assert back["undecided"] == 1  # the helper
    assert decisions_by_row(document)["workflow", "agent"]["choice_label"] == "Fix"


def test_names_are_those_of_now_and_merged_workflows_are_one() -> None:
    two_weeks()
    describe(
        "workflow",
        "agent",
        display_name="Contract agent",
        business_owner=None,
        technical_owner=None,
    )
    merge("workflow", "helper", into="agent")
    (row,) = read(meeting(), MONDAY)["workflows"]["rows"]

    assert (row["name"], row["cost"]) == ("Contract agent", "127.75")


def test_a_running_week_is_read_up_to_now() -> None:
    two_weeks()
    now = datetime(2026, 6, 17, 12, tzinfo=UTC)
    review = Review.objects.create(
        key=KEY, starts=date(2026, 6, 15), ends=date(2026, 6, 22), prepared_at=now
    )
    document = read(review, now)

    assert document["review"]["days"]["last"] == "2026-06-17"
    assert document["review"]["days_before"]["until"] == "2026-06-10T12:00:00+00:00"


def test_days_are_cut_in_the_reporting_zone() -> None:
    in_zone("Pacific/Auckland")
    # Sunday noon in UTC is Monday there: the week after.
    take_in([*calls_on([date(2026, 6, 9)], "agent"), *calls_on([date(2026, 6, 21)], "agent")])
    late = calls_on([date(2026, 6, 21)], "agent", cost="7")
    late[0]["time"] = "2026-06-21T12:30:00Z"
    take_in(late)
    review = Review.objects.create(
        key=KEY, starts=date(2026, 6, 15), ends=date(2026, 6, 22), prepared_at=MONDAY
    )

    assert read(review, MONDAY)["workflows"]["total"] == "1"


def test_hostile_names_stay_what_they_are() -> None:
    for name in HOSTILE:
        take_in(calls_on(week_of(), name))
    document = read(meeting(), MONDAY)

    names = {row["name"] for row in document["workflows"]["rows"]}
    assert names <= set(HOSTILE)
    assert loaded(canonical(document)) == document


AMOUNTS = st.decimals("0", "99999", places=9, allow_nan=False, allow_infinity=False)
NAMES = st.sampled_from(["a", "b", "c", "d", "e", "f", "g", None])


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NAMES, st.integers(0, 13), AMOUNTS), min_size=1, max_size=25))
def test_whatever_is_taken_in_the_parts_sum_to_the_total(
    rows: list[tuple[Any, int, Decimal]],
) -> None:
    empty_ledger()
    both = [*week_of("2026-W24"), *week_of()]
    groups = [
        calls_on([both[day]], name, cost=str(amount), id=f"{place}")
        for place, (name, day, amount) in enumerate(rows)
    ]
    take_in(*groups)
    review = Review.objects.create(
        key=KEY, starts=date(2026, 6, 15), ends=date(2026, 6, 22), prepared_at=MONDAY
    )
    document = read(review, MONDAY)

    week = sum((amount for _, day, amount in rows if day > 6), Decimal(0))
    stand = document["stand"]["week"]
    assert total_of(document) == Decimal(document["workflows"]["total"]) == week
    assert Decimal(stand["cost"]) == Decimal(stand["attributed"]) + Decimal(stand["unattributed"])
    assert loaded(canonical(document)) == document
