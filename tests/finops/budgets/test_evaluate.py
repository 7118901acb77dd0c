"""What evaluations remember: standings, changes of status, crossings. Nothing is ever counted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.budgets import evaluate as evaluating
from finops.budgets import outlook, remembering
from finops.budgets.editing import revise, stop
from finops.budgets.evaluate import evaluate, evaluate_all, evaluate_due
from finops.budgets.judgements import (
    accept_share,
    override_forecast,
    withdraw_override,
    withdraw_share,
)
from finops.budgets.outlook import Outlook
from finops.budgets.refusals import BudgetRefused
from finops.domain.periods import day_start
from finops.models import Budget, BudgetStanding, Crossing, StatusChange
from tests.conftest import empty_ledger
from tests.finops.ledger.side_by_side import (
    at_once,
    held_after,
    somebody_waits_for_a_lock,
    under_way,
    wait_for,
)
from tests.finops.ledger.usage import forget, read

from .drawn import NOW, budget, dollars, line, organization, spent

pytestmark = pytest.mark.usefixtures("ledger")
DAY = timedelta(days=1)
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
LATE = "2026-10-31T23:00:00Z"
BEFORE = NOW - 30 * DAY


def told() -> list[tuple[Any, ...]]:
    return list(Crossing.objects.order_by("pk").values_list("period_start", "kind", "line"))


def changes() -> list[tuple[Any, ...]]:
    return list(StatusChange.objects.values_list("was", "became", "cause", "late"))


def remembered() -> list[dict[str, Any]]:
    tables = (BudgetStanding, StatusChange, Crossing)
    return [row for table in tables for row in table.objects.order_by("pk").values()]


def status(made: Budget, start: date = NOVEMBER) -> str:
    return BudgetStanding.objects.get(budget=made, period_start=start).status


# --- after a refresh ----------------------------------------------------------------------------


def test_a_refreshed_day_is_looked_at_and_its_word_taken_away() -> None:
    made = budget(10, 20)
    spent(dollars(15))

    assert evaluate_due(NOW) == 1
    assert status(made) == "yellow"
    assert read("SELECT * FROM refreshed_days") == []
    assert evaluate_due(NOW) == 0


def test_a_line_is_crossed_once_however_often_it_is_computed() -> None:
    budget(10, 20)
    spent(dollars(15))
    for _ in range(2):
        evaluate_due(NOW)
        evaluate_all(NOW)
    spent(dollars(1))
    evaluate_due(NOW)

    assert told() == [(NOVEMBER, "yellow", 10)]
    assert changes() == [("", "green", "lines", False), ("green", "yellow", "data", False)]


def test_straight_to_red_crosses_red_alone() -> None:
    budget(10, 20)
    spent(dollars(25))
    evaluate_due(NOW)

    assert told() == [(NOVEMBER, "red", 20)]


def test_corrected_calls_take_a_status_back_and_it_is_on_record() -> None:
    made = budget(10, 20)
    too_much = spent(dollars(25))
    evaluate_due(NOW)
    forget(too_much)
    evaluate_due(NOW)
    spent(dollars(15, id="again"))
    evaluate_due(NOW)

    assert status(made) == "yellow"
    assert [became for _, became, _, _ in changes()] == ["green", "red", "green", "yellow"]
    assert told() == [(NOVEMBER, "red", 20)]  # after red, yellow is no news


def test_other_lines_are_crossed_anew() -> None:
    made = budget(10, 20)
    spent(dollars(25))
    evaluate_due(NOW)
    revise(made, lines=[line(20, 30)], now=NOW, by="Tom")
    spent(dollars(10))
    evaluate_due(NOW)

    assert [(was, became, cause) for was, became, cause, _ in changes()][1:] == [
        ("green", "red", "data"),
        ("red", "yellow", "lines"),
        ("yellow", "red", "data"),
    ]
    assert told() == [(NOVEMBER, "red", 20), (NOVEMBER, "red", 30)]


def test_above_lines_that_were_raised_yellow_is_news_again() -> None:
    made = budget(10, 20)
    spent(dollars(25))
    evaluate_due(NOW)
    revise(made, lines=[line(100, 200)], now=NOW, by="Tom")
    spent(dollars(100))
    evaluate_due(NOW)

    assert told() == [(NOVEMBER, "red", 20), (NOVEMBER, "yellow", 100)]


def test_a_budget_of_other_calls_stays_as_it_was() -> None:
    made = budget(10, 20, scope={"team": "growth"})
    spent(dollars(25, team="risk"))
    evaluate_due(NOW)

    assert status(made) == "green"
    assert told() == []


# --- late calls ---------------------------------------------------------------------------------


def test_late_calls_change_the_past_honestly() -> None:
    made = budget(10, 20, now=BEFORE)
    evaluate_all(NOW)
    spent(dollars(25, time=LATE))
    evaluate_due(NOW)

    assert (status(made, OCTOBER), status(made)) == ("red", "green")
    assert changes()[-1] == ("green", "red", "data", True)
    assert told() == [(OCTOBER, "red", 20)]


def test_of_longer_ago_nobody_is_told() -> None:
    made = budget(10, 20, now=NOW - 70 * DAY)
    for back in (70, 35, 0):
        evaluate_all(NOW - back * DAY)
    spent(dollars(25, time="2026-09-20T00:00:00Z"))
    evaluate_due(NOW)

    assert status(made, date(2026, 9, 1)) == "red"
    assert changes()[-1] == ("green", "red", "data", True)
    assert told() == []


def test_a_period_that_nobody_looked_at_while_it_ran_is_told_when_it_has_just_ended() -> None:
    with patch.object(evaluating, "running", return_value=[]):
        budget(10, 20, now=BEFORE)
    spent(dollars(25, time=LATE))
    evaluate_due(NOW)

    assert told() == [(OCTOBER, "red", 20)]
    assert ("", "red", "data", True) in changes()


def test_the_past_of_a_new_budget_is_no_alarm_but_its_running_period_is() -> None:
    spent(dollars(25, time=LATE), dollars(15))
    evaluate_due(NOW)
    made = budget(10, 20, effective_from=OCTOBER)
    spent(dollars(25, time=LATE, id="again"))
    evaluate_due(NOW)

    assert (status(made, OCTOBER), status(made)) == ("red", "yellow")
    assert told() == [(NOVEMBER, "yellow", 10)]
    assert changes() == [("", "yellow", "lines", False)]


def test_lines_drawn_for_the_past_are_no_alarm() -> None:
    spent(dollars(25, time=LATE))
    made = budget(100, 200, now=BEFORE)
    evaluate_all(NOW)
    revise(made, lines=[line(10, 20)], effective_from=OCTOBER, now=NOW, by="Tom")

    assert status(made, OCTOBER) == "red"
    assert changes()[-1] == ("green", "red", "lines", True)
    assert told() == []


# --- time ---------------------------------------------------------------------------------------


def test_a_new_period_begins_by_itself() -> None:
    made = budget(10, 20, now=BEFORE)
    spent(dollars(15, time=LATE))
    evaluate_due(BEFORE)
    evaluate_all(NOW)

    assert (status(made, OCTOBER), status(made)) == ("yellow", "green")
    assert changes()[-1] == ("", "green", "time", False)
    ended = BudgetStanding.objects.get(budget=made, period_start=OCTOBER)
    assert (ended.forecast_state, ended.heading_for) == ("ended", "")


@pytest.mark.parametrize(
    ("zone", "first", "start"),
    [
        ("Pacific/Auckland", 4, date(2026, 4, 1)),
        ("UTC", 7, date(2026, 7, 1)),
        ("America/Los_Angeles", 12, date(2025, 12, 1)),
    ],
)
def test_a_fiscal_year_holds_its_own_days_in_its_own_zone(
    zone: str, first: int, start: date
) -> None:
    organization(time_zone=zone, fiscal_year_start_month=first)
    begins = day_start(start, ZoneInfo(zone))
    just_before = begins - timedelta(seconds=1)
    spent(dollars(15, time=begins.isoformat()), dollars(100, time=just_before.isoformat()))
    made = budget(10, 20, period="year")

    standing = BudgetStanding.objects.get(budget=made)
    assert (standing.period_start, standing.actual, standing.status) == (start, 15, "yellow")


def test_a_stopped_budget_is_not_looked_at() -> None:
    made = budget(10, 20)
    stop(made, from_day=NOVEMBER, now=NOW, by="Tom")
    spent(dollars(25))

    assert evaluate_due(NOW) == 0
    assert evaluate_all(NOW) == 0
    assert told() == []


# --- one workflow's share -----------------------------------------------------------------------


def test_a_runaway_workflow_is_red_and_told_once() -> None:
    made = budget(100, 200, workflow_share=Decimal(20))
    spent(dollars(30, workflow="agent"), dollars(30))
    evaluate_due(NOW)
    evaluate_all(NOW)

    (crossing,) = Crossing.objects.all()
    assert (crossing.kind, crossing.workflow, crossing.line) == ("workflow_share", "agent", 20)
    standing = BudgetStanding.objects.get(budget=made)
    assert (standing.status, standing.top_workflow, standing.top_workflow_cost) == (
        "red",
        "agent",
        30,
    )
    spent(dollars(200))
    evaluate_due(NOW)
    assert [kind for _, kind, _ in told()] == ["workflow_share", "red"]


def test_an_accepted_share_is_green_until_it_is_withdrawn() -> None:
    made = budget(100, 200, workflow_share=Decimal(20))
    spent(dollars(30, workflow="agent"))
    evaluate_due(NOW)
    accept_share(made, "agent", reason="It is the product", now=NOW, by="Priya")
    assert (status(made), changes()[-1]) == ("green", ("red", "green", "lines", False))

    accept_share(made, "agent", limit=Decimal(50), reason="Half is enough", now=NOW, by="Priya")
    assert status(made) == "red"
    withdraw_share(made, "agent", now=NOW, by="Priya")
    assert made.accepted_shares.filter(withdrawn_at=None).count() == 0
    with pytest.raises(BudgetRefused, match="No share"):
        withdraw_share(made, "agent", now=NOW, by="Priya")


@pytest.mark.parametrize(
    ("workflow", "reason"),
    [("agent", "short"), ("", "long enough"), ("unallocated", "long enough")],
)
def test_a_share_is_accepted_for_a_workflow_and_with_a_reason(workflow: str, reason: str) -> None:
    with pytest.raises(BudgetRefused):
        accept_share(budget(), workflow, reason=reason, now=NOW, by="Priya")


# --- forecasts ----------------------------------------------------------------------------------


def expecting(mid: object) -> Any:
    """Let every forecast end at the same amount."""

    def outlooks(wanted: Any, *_: Any, **__: Any) -> dict[int, Outlook]:
        expected = Decimal(str(mid))
        made = Outlook(state="computed", low=expected, mid=expected, high=expected)
        return {each.budget.pk: made for each in wanted}

    return patch("finops.budgets.looking.outlooks", outlooks)


def test_heading_for_red_is_told_on_the_second_day() -> None:
    with expecting(25):
        made = budget(10, 20)
        evaluate_all(NOW + timedelta(hours=1))
        assert told() == []
        evaluate_all(NOW + DAY)
        evaluate_all(NOW + 2 * DAY)

    standing = BudgetStanding.objects.get(budget=made)
    assert (standing.heading_for, standing.heading_since) == ("red", NOW.date())
    assert standing.status == "green"  # a forecast colours nothing
    assert told() == [(NOVEMBER, "heading", 20)]


def test_a_day_without_heading_begins_anew() -> None:
    with expecting(25):
        budget(10, 20)
    with expecting(5):
        evaluate_all(NOW + DAY)
    with expecting(25):
        evaluate_all(NOW + 2 * DAY)

    assert told() == []


def test_a_line_that_is_crossed_is_headed_for_no_more() -> None:
    with expecting(25):
        made = budget(10, 20)
    spent(dollars(15))
    evaluate_due(NOW)
    assert BudgetStanding.objects.get(budget=made).heading_for == "red"
    spent(dollars(15, id="more"))
    evaluate_due(NOW)

    standing = BudgetStanding.objects.get(budget=made)
    assert (standing.heading_for, standing.forecast_mid) == ("", 25)


def test_a_forecast_is_made_again_after_ten_minutes() -> None:
    with expecting(5):
        made = budget(10, 20)
    with expecting(6):
        evaluate_all(NOW + timedelta(minutes=10))
        assert BudgetStanding.objects.get(budget=made).forecast_mid == 5
        evaluate_all(NOW + timedelta(minutes=11))

    assert BudgetStanding.objects.get(budget=made).forecast_mid == 6


def test_somebodys_word_stands_in_place_of_the_forecast() -> None:
    made = budget(10, 20)
    override_forecast(
        made, NOW.date(), Decimal("15.50"), reason="A launch is coming", now=NOW, by="Priya"
    )
    standing = BudgetStanding.objects.get(budget=made)
    assert (standing.forecast_mid, standing.forecast_state) == (Decimal("15.50"), "override")
    assert standing.heading_for == "yellow"

    withdraw_override(made, NOW.date(), now=NOW, by="Priya")
    assert BudgetStanding.objects.get(budget=made).forecast_state != "override"
    with pytest.raises(BudgetRefused):
        withdraw_override(made, NOW.date(), now=NOW, by="Priya")


@pytest.mark.parametrize("amount", ["-1", "NaN", "1.001", "1e30"])
def test_a_word_that_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(BudgetRefused) as refused:
        override_forecast(
            budget(), NOW.date(), Decimal(amount), reason="long enough", now=NOW, by="Priya"
        )

    assert refused.value.field == "amount"


def test_a_real_forecast_is_made_of_real_days() -> None:
    spent(*(dollars(10, time=f"2026-11-{day:02}T10:00:00Z", id=str(day)) for day in range(1, 20)))
    made = budget(250, 280)

    standing = BudgetStanding.objects.get(budget=made)
    assert standing.forecast_state == "computed"
    assert 280 < standing.forecast_mid < 320
    assert (standing.heading_for, standing.forecast_at) == ("red", NOW)


# --- laws ---------------------------------------------------------------------------------------


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abc")), max_size=8))
def test_looking_again_changes_nothing(found: list[tuple[int, str]]) -> None:
    empty_ledger()
    for name in "ab":
        budget(20, 40, name=name, scope={"team": name}, workflow_share=Decimal(50))
    spent(
        *(
            dollars(cost, team=team, workflow=team, id=str(n))
            for n, (cost, team) in enumerate(found)
        )
    )
    evaluate_due(NOW)
    once = remembered()

    evaluate_all(NOW)
    evaluate(Budget.objects.all(), NOW)

    assert remembered() == once


def test_many_budgets_take_as_many_questions_as_a_few() -> None:
    spent(dollars(1, team="a"))

    def questions(count: int) -> int:
        for number in range(Budget.objects.count(), count):
            budget(name=str(number), scope={"team": "a", "model": str(number)})
        spent(dollars(1, id=str(count)))
        with CaptureQueriesContext(connection) as queries:
            evaluate_due(NOW)
        return len(queries)

    assert questions(3) == questions(12)


# --- side by side -------------------------------------------------------------------------------


def test_two_at_once_cross_a_line_once() -> None:
    budget(10, 20)
    spent(dollars(15))

    done = at_once(lambda: evaluate_due(NOW), lambda: evaluate_due(NOW), lambda: evaluate_all(NOW))

    assert sorted(done) == [0, 1, 1]
    assert told() == [(NOVEMBER, "yellow", 10)]
    assert len(changes()) == 2


def test_a_day_that_is_refreshed_meanwhile_is_not_forgotten() -> None:
    made = budget(10, 20)
    spent(dollars(15))
    with held_after(evaluating, "look") as (arrived, may_go), under_way(lambda: evaluate_due(NOW)):
        assert arrived.wait(30)
        spent(dollars(15, id="meanwhile"))
        may_go.set()

    assert status(made) == "yellow"
    assert evaluate_due(NOW) == 1
    assert status(made) == "red"


def test_an_edit_waits_for_an_evaluation_and_has_the_last_word() -> None:
    made = budget(10, 20)
    spent(dollars(15))
    with (
        held_after(evaluating, "look") as (arrived, may_go),
        under_way(lambda: evaluate_all(NOW)) as evaluated,
    ):
        assert arrived.wait(30)
        with under_way(lambda: revise(made, lines=[line(1, 2)], now=NOW, by="Tom")) as edited:
            wait_for(somebody_waits_for_a_lock)
            may_go.set()
            edited.result(30)
        evaluated.result(30)

    assert status(made) == "red"


def test_a_killed_evaluation_leaves_nothing_and_is_done_again() -> None:
    made = budget(10, 20)
    spent(dollars(15))
    with (
        patch.object(remembering, "cross", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        evaluate_due(NOW)

    assert (status(made), told(), len(changes())) == ("green", [], 1)
    assert evaluate_due(NOW) == 1
    assert (status(made), told()) == ("yellow", [(NOVEMBER, "yellow", 10)])


def test_the_history_that_forecasts_read_begins_with_the_organisations_data() -> None:
    spent(dollars(1, time="2026-11-10T00:00:00Z", team="a"), dollars(1, team="b"))

    assert outlook._first_day(NOW.date(), of_bills=False) == date(2026, 11, 10)
