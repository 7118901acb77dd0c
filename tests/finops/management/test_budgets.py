"""Budgets at the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from finops.models import Budget, Crossing
from finops.rollups.sources import change_source
from tests.finops.access.people_at_hand import person
from tests.finops.ledger.usage import call, import_bytes, json_lines

Run = Callable[..., Any]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command as a shell would, and read its JSON."""

    def running(*words: str, as_json: bool = True) -> Any:
        capsys.readouterr()
        call_command("budgets", *words, *(["--json"] if as_json else []))
        said = capsys.readouterr().out
        return json.loads(said) if as_json else said

    return running


@pytest.fixture(autouse=True)
def _october(ledger: None) -> None:
    change_source("meter", counts="reported")
    file = json_lines(
        [
            call(time="2026-10-05T10:00:00Z", team="growth", cost="12000.00", id="1"),
            call(time="2026-10-06T10:00:00Z", team="growth", cost="2862", id="2", model="o3"),
            call(time="2026-10-06T10:00:00Z", team="risk", cost="5", id="3"),
        ]
    )
    import_bytes(file, source="meter")  # the command refreshes by itself


SET = ("set", "Growth", "--scope", "team=growth", "--effective-from", "2026-10-01")


def test_a_budget_is_set_and_reported_as_of_any_instant(run: Run) -> None:
    run(*SET, "--yellow", "12000", "--red", "14500", "--planned", "11,000")

    (then,) = run("--as-of", "2026-10-05T12:00:00Z")["budgets"]
    assert (then["actual"], then["status"], then["stale"]) == ("12000", "green", False)
    assert (then["yellow"], then["red"], then["planned"]) == ("12000", "14500", "11000")
    assert (then["scope"], then["owner"]) == ({"team": "growth"}, None)
    assert "no_owner" in [reason["code"] for reason in then["reasons"]]

    (later,) = run("--as-of", "2026-10-31T23:00:00Z")["budgets"]
    assert (later["actual"], later["status"], later["stale"]) == ("14862", "red", True)


def test_setting_it_again_changes_what_is_given(run: Run) -> None:
    owner = person("finance")
    run(*SET, "--yellow", "1", "--red", "2")
    (now,) = run("set", "growth", "--red", "3", "--owner", owner.email)["budgets"]

    assert (now["yellow"], now["red"], now["owner"]) == ("1", "3", owner.email)
    assert (Budget.objects.count(), now["version"]) == (1, 3)
    (past,) = run("--as-of", "2026-10-31")["budgets"]
    assert past["red"] == "2"


def test_a_scope_has_several_dimensions_and_a_period(run: Run) -> None:
    words = ("set", "Both", "--scope", "team=growth", "model=o3", "--period", "year")
    (made,) = run(*words, "--yellow", "1", "--red", "3000")["budgets"]

    assert (made["scope"], made["period"]) == ({"team": "growth", "model": "o3"}, "year")
    assert (made["start"], made["actual"], made["status"]) == ("2026-01-01", "2862", "yellow")


def test_the_share_of_one_workflow_can_be_set_and_switched_off(run: Run) -> None:
    assert run("set", "All", "--yellow", "1", "--red", "2")["budgets"][0]["workflow_share"] == "20"
    (now,) = run("set", "All", "--workflow-share", "35%")["budgets"]
    assert (now["workflow_share"], now["yellow"]) == ("35", "1")
    (now,) = run("set", "All", "--workflow-share", "off")["budgets"]
    assert now["workflow_share"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--yellow", "5", "--red", "4"), "--red: Red must not be less than yellow"),
        (("--yellow", "5"), "--red: Enter both lines"),
        (("--yellow", "NaN", "--red", "4"), "--yellow: "),
        (("--scope", "colour=red"), "--scope: unknown dimension"),
        (("--owner", "nobody@example.com"), "--owner: Nobody here"),
        (("--workflow-share", "many"), "--workflow-share: Enter a percentage"),
        (("--effective-from", "soon"), "--effective-from: A date reads"),
    ],
)
def test_a_refusal_names_the_option(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("budgets", "set", "Growth", *words)

    assert str(refused.value).startswith(message)
    assert refused.value.returncode == 2
    assert not Budget.objects.exists()


def test_another_scope_is_another_budget(run: Run) -> None:
    run(*SET, "--yellow", "1", "--red", "2")
    with pytest.raises(CommandError, match="never changes"):
        call_command("budgets", "set", "Growth", "--scope", "team=risk")


def test_people_read_a_table(run: Run) -> None:
    run(*SET, "--yellow", "12000", "--red", "14500")
    said = run("--as-of", "2026-10-31T23:00:00Z", as_json=False)

    assert "Growth" in said
    assert "■ red" in said
    assert "stale" in said
    assert "$14,862 is $362.00 above the red line of $14,500." in " ".join(said.split())


def test_without_budgets_it_says_how_to_set_one(run: Run) -> None:
    assert run() == {"budgets": []}
    assert "No budgets yet" in run(as_json=False)


def test_the_history_says_who_and_how_it_stood(run: Run) -> None:
    run(*SET, "--yellow", "12000", "--red", "14500", "--reason", "As agreed")
    found = run("history", "growth")

    assert found["revisions"][0]["set_by"] == "command line"
    assert [each["status"] for each in found["periods"]] == ["green", "red"]
    assert "As agreed" in run("history", "Growth", as_json=False)
    assert not Crossing.objects.exists()  # its past is no alarm
    with pytest.raises(CommandError, match="no budget called"):
        call_command("budgets", "history", "nobody")


def test_a_stopped_budget_is_reported_for_the_past_alone(run: Run) -> None:
    run(*SET, "--yellow", "1", "--red", "2")
    said = call_command("budgets", "stop", "Growth", "--from", "2026-11-15")

    assert said is None
    assert run() == {"budgets": []}
    assert len(run("--as-of", "2026-10-31")["budgets"]) == 1
    with pytest.raises(CommandError, match="a date reads"):
        call_command("budgets", "stop", "Growth", "--from", "soon")
