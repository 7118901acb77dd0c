"""Crossings become alerts and messages, once, whoever raises them and whoever dies meanwhile."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction

from finops.alerts.facts import BudgetFacts, CapFacts, read
from finops.alerts.raising import raise_due
from finops.models import (
    Alert,
    Budget,
    CapViolation,
    Crossing,
    Delivery,
    DimensionValue,
    Organization,
    Person,
)
from tests.finops.alerts.at_hand import (
    HOSTILE,
    HOUR,
    MONTH,
    NEXT,
    NOW,
    budget,
    cap,
    cross,
    endpoint,
    person,
    red_alert,
    told,
    violate,
    wishes,
)
from tests.finops.ledger.usage import call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")


def facts_of(alert: Alert) -> BudgetFacts:
    found = read(alert.facts)
    assert isinstance(found, BudgetFacts)
    return found


def test_a_crossing_becomes_one_alert_however_often_it_is_raised() -> None:
    cross(budget())

    assert [raise_due(NOW), raise_due(NOW), raise_due(NOW + HOUR)] == [1, 0, 0]
    assert Alert.objects.get().title == "Red: Growth team is $1,240 over its red line (November)"
    assert told() == [("owner@example.com", "alert")]
    assert Crossing.objects.get().alerted_at == NOW


def test_the_same_crossing_written_anew_tells_nobody_again() -> None:
    crossing = cross(budget())
    raise_due(NOW)
    of = crossing.budget
    crossing.delete()
    cross(of)

    assert raise_due(NOW + HOUR) == 0
    assert Delivery.objects.count() == 1
    assert Crossing.objects.get().alerted_at == NOW + HOUR


def test_every_period_has_its_own_message() -> None:
    of = budget()
    cross(of, start=date(2026, 10, 1), period_end=MONTH)
    cross(of)

    assert raise_due(NOW) == 2
    assert {facts_of(alert).late for alert in Alert.objects.all()} == {True, False}


def test_a_red_line_takes_the_yellow_one_along() -> None:
    of = budget()
    cross(of, Crossing.YELLOW)
    cross(of, Crossing.HEADING)
    cross(of, Crossing.RED)

    assert raise_due(NOW) == 1
    alert = Alert.objects.get()
    assert alert.severity == Alert.RED
    assert set(facts_of(alert).folded) == {"yellow", "heading"}
    assert "yellow line was crossed as well" in Delivery.objects.get().text
    assert not Crossing.objects.filter(alerted_at=None).exists()


def test_yellow_that_was_told_before_stays_told() -> None:
    of = budget()
    cross(of, Crossing.YELLOW)
    raise_due(NOW - HOUR)
    cross(of, Crossing.RED)

    assert raise_due(NOW) == 1
    assert sorted(Alert.objects.values_list("severity", flat=True)) == ["red", "yellow"]


def test_red_elsewhere_folds_nothing() -> None:
    cross(budget("A"), Crossing.RED)
    cross(budget("B"), Crossing.YELLOW)

    assert raise_due(NOW) == 2


@pytest.mark.parametrize(
    ("kind", "flag"),
    [
        (Crossing.YELLOW, "tell_at_yellow"),
        (Crossing.RED, "tell_at_red"),
        (Crossing.WORKFLOW_SHARE, "tell_at_red"),
        (Crossing.HEADING, "tell_when_heading"),
    ],
)
def test_who_wants_no_message_gets_none(kind: str, flag: str) -> None:
    cross(budget(**{flag: False}), kind, workflow="agent")

    assert raise_due(NOW) == 0
    assert not Delivery.objects.exists()
    assert Crossing.objects.get().alerted_at == NOW


def test_yellow_is_told_where_nobody_wants_to_hear_of_red() -> None:
    of = budget(tell_at_red=False)
    cross(of, Crossing.YELLOW)
    cross(of, Crossing.RED)

    raise_due(NOW)

    assert Alert.objects.get().severity == Alert.YELLOW


def test_a_budget_that_is_used_no_more_says_nothing() -> None:
    cross(budget(stopped_from=MONTH))

    assert raise_due(NOW) == 0


def test_all_who_are_named_hear_once() -> None:
    Person.objects.create_user("gone@example.com", name="Gone", is_active=False)
    recipients = ["Growth@example.com", "growth@example.com", "owner@example.com"]
    cross(budget(recipients=[*recipients, "gone@example.com"]))

    raise_due(NOW)

    assert told() == [("growth@example.com", "alert"), ("owner@example.com", "alert")]


@pytest.mark.parametrize("owner", ["missing", "left"])
def test_somebody_stands_in_for_an_owner(owner: str) -> None:
    gone = person(name="gone", is_active=False) if owner == "left" else None
    finance, admin = person("finance"), person("admin")
    first, second, third = (budget(name, owner=gone) for name in "ABC")
    cross(first)
    raise_due(NOW)
    assert [to for to, _ in told()] == ["finance@example.com"]

    wishes(escalate_to=admin)
    cross(second)
    raise_due(NOW)
    assert Delivery.objects.latest("pk").recipient == "admin@example.com"

    wishes(escalate_to=None)
    finance.is_active = False
    finance.save()
    cross(third)
    raise_due(NOW)
    assert Delivery.objects.latest("pk").recipient == "admin@example.com"
    assert facts_of(Alert.objects.latest("pk")).owner == ""


def test_sample_people_hear_of_others_only_while_there_is_nobody_else() -> None:
    sample = person("finance", name="sample", is_sample=True)
    cross(budget("A", owner=None))
    raise_due(NOW)
    assert [to for to, _ in told()] == [sample.email]

    person("finance", name="real")
    cross(budget("B", owner=None))
    raise_due(NOW)
    assert Delivery.objects.latest("pk").recipient == "real@example.com"


def test_endpoints_hear_everything_but_where_they_want_only_red() -> None:
    endpoint(name="all")
    endpoint(name="red", only_red=True)
    endpoint(name="off", is_active=False)
    cross(budget("A"), Crossing.YELLOW)
    raise_due(NOW)
    assert {to for to, _ in told()} == {"all", "owner@example.com"}

    cross(budget("B"), Crossing.RED)
    raise_due(NOW)
    assert Delivery.objects.filter(recipient="red").count() == 1
    assert not Delivery.objects.filter(recipient="off").exists()


def test_the_facts_say_where_the_money_went() -> None:
    import_rows(
        *(
            call(time="2026-11-02T10:00:00Z", team=team, workflow=workflow, run=run, step=step)
            for team, workflow, run, step, times in (
                ("growth", "agent", "dear", "draft", 4),
                ("growth", "agent", "cheap", "draft", 1),
                ("growth", "search", None, None, 2),
                ("growth", "mail", None, None, 1),
                ("growth", "rest", None, None, 1),
                ("legal", "agent", "elsewhere", "draft", 9),
            )
            for _ in range(times)
        )
    )
    DimensionValue.objects.create(dimension="workflow", value="agent", display_name="The agent")
    facts = facts_of(red_alert())

    assert facts.parts_are == "workflow"
    assert [(part.name, part.cost) for part in facts.parts] == [
        ("The agent", Decimal("0.0375")),
        ("search", Decimal("0.015")),
        ("mail", Decimal("0.0075")),
    ]
    assert facts.run is not None
    assert (facts.run.run, facts.run.cost) == ("dear", Decimal("0.03"))
    assert (facts.over, facts.name, facts.owner) == (Decimal(1240), "Growth team", "owner")


def test_a_budget_over_one_workflow_names_its_steps_else_its_models() -> None:
    import_rows(
        *(
            call(time="2026-11-02T10:00:00Z", workflow=workflow, run="r", step=step)
            for workflow, step in (("agent", "draft"), ("agent", "draft"), ("agent", "check"))
        ),
        call(time="2026-11-02T10:00:00Z", workflow="plain"),
    )
    with_steps = facts_of(red_alert("A", scope={"workflow": "agent"}))
    without = facts_of(red_alert("B", scope={"workflow": "plain"}))

    assert (with_steps.parts_are, [p.name for p in with_steps.parts]) == (
        "step",
        ["draft", "check"],
    )
    assert (without.parts_are, [p.name for p in without.parts]) == ("model", ["gpt-4o"])
    assert without.run is None


def test_facts_stay_as_they_were() -> None:
    alert = red_alert()
    before = Alert.objects.get().facts
    Budget.objects.update(name="Another name")
    import_rows(call(time="2026-11-02T10:00:00Z", team="growth", workflow="agent"))

    assert Alert.objects.get().facts == before
    assert facts_of(alert).name == "Growth team"
    assert all(isinstance(before[name], str) for name in ("actual", "line", "red"))


def test_a_workflow_that_takes_too_much_is_red() -> None:
    cross(budget("All AI spend", scope={}), Crossing.WORKFLOW_SHARE, workflow="agent")
    raise_due(NOW)

    alert = Alert.objects.get()
    assert alert.title == ("Red: agent takes 30.0% (more than 20%) of All AI spend (November)")
    assert alert.severity == Alert.RED


# --- caps ---------------------------------------------------------------------------------------


def test_a_cap_tells_once_a_day_and_lists_its_runs() -> None:
    of = cap()
    person("engineering")
    violate(of, "run-1")
    violate(of, "run-2", beyond=Decimal(9))
    assert raise_due(NOW) == 1

    violate(of, "run-3")
    assert raise_due(NOW + HOUR) == 0
    assert not CapViolation.objects.filter(alerted_at=None).exists()

    violate(of, "run-4")
    assert raise_due(NOW + timedelta(days=1)) == 1
    first = read(Alert.objects.earliest("pk").facts)
    assert isinstance(first, CapFacts)
    assert [run.run for run in first.runs] == ["run-2", "run-1"]
    assert (first.count, first.beyond) == (2, Decimal("11.5"))


def test_the_day_of_a_cap_is_the_organizations() -> None:
    Organization.objects.update(time_zone="Pacific/Auckland")
    of = cap()
    person("engineering")
    evening = datetime.fromisoformat("2026-11-20T10:59:00+00:00")  # 23:59 there
    violate(of, "run-1")
    assert raise_due(evening) == 1
    violate(of, "run-2")

    assert raise_due(evening + timedelta(minutes=1)) == 1


def test_a_violation_that_was_undone_or_whose_cap_was_lifted_is_not_told() -> None:
    person("engineering")
    violate(cap(), cleared_at=NOW)
    violate(cap("other", lifted_at=NOW))

    assert raise_due(NOW) == 0
    assert not Delivery.objects.exists()


def test_the_owners_of_a_workflow_hear_about_its_caps_else_the_engineers() -> None:
    owner, engineer = person("datascience", name="owner"), person("engineering")
    DimensionValue.objects.create(dimension="workflow", value="agent", technical_owner=owner)
    violate(cap())
    violate(cap("other"))

    raise_due(NOW)

    assert told() == [(engineer.email, "alert"), (owner.email, "alert")]


# --- two at once, and killed in between ---------------------------------------------------------


def test_two_workers_at_once_tell_everything_once() -> None:
    for n in range(6):
        of = budget(f"Budget {n}")
        cross(of, Crossing.YELLOW)
        cross(of, Crossing.RED)
    start = threading.Barrier(3)
    raised: list[int] = []

    def work() -> None:
        start.wait()
        raised.extend(raise_due(NOW) for _ in range(5))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(raised) == Alert.objects.count() == Delivery.objects.count() == 6
    assert not Crossing.objects.filter(alerted_at=None).exists()


def test_a_worker_killed_while_it_raises_has_told_nothing_and_lost_nothing() -> None:
    cross(budget())

    with (
        patch("finops.alerts.raising.escalate", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        raise_due(NOW)

    assert not Alert.objects.exists()
    assert not Delivery.objects.exists()
    assert raise_due(NOW) == 1


def test_what_is_wrong_with_one_budget_does_not_silence_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cross(budget("A"))
    cross(budget("B"))
    from finops.alerts import raising

    real = raising.budget_facts

    def facts(of: Budget, *args: Any, **named: Any) -> BudgetFacts:
        if of.name == "A":
            raise ZeroDivisionError
        return real(of, *args, **named)

    with patch("finops.alerts.raising.budget_facts", facts):
        assert raise_due(NOW) == 1
    assert "no alert could be raised" in caplog.text
    assert raise_due(NOW) == 1


def test_a_budget_that_somebody_is_saving_waits_for_the_next_round() -> None:
    of = budget()
    cross(of)
    done: list[int] = []

    def work() -> None:
        done.append(raise_due(NOW))
        connection.close()

    with transaction.atomic():
        Budget.objects.select_for_update().get(pk=of.pk)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(10)
        assert done == [0]

    assert raise_due(NOW) == 1


@pytest.fixture
def hostile() -> Alert:
    return red_alert(HOSTILE[:200], owner=person(name="owner"))


def test_hostile_names_make_an_alert_all_the_same(hostile: Alert) -> None:
    assert "\n" not in hostile.title
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in hostile.title
    assert facts_of(hostile).name == HOSTILE


def test_a_month_ends_where_the_next_begins() -> None:
    facts = facts_of(red_alert())

    assert (facts.start, facts.end) == (MONTH, NEXT)
