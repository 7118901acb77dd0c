"""Caps over the API and on the command line: both answer the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from finops.access.keys import create_key
from finops.caps.check import check_caps
from finops.ledger.sources import source_named
from finops.models import Cap
from tests.finops.caps.runs_at_hand import cap, dollars, source_that_counts_what_it_says, steps
from tests.finops.ledger.usage import import_rows

NOW = datetime.now(UTC)
START = NOW.replace(microsecond=0) - timedelta(hours=1)
URL = "/api/v1/workflows/agent/caps/"


@pytest.fixture(autouse=True)
def _runs(ledger: None) -> None:
    source_that_counts_what_it_says()
    import_rows(
        *steps("dear", *dollars("3", "4"), start=START),
        *steps("fine", *dollars("1"), start=START),
    )


def command(*words: str) -> str:
    out = StringIO()
    call_command("caps", *words, stdout=out)
    return out.getvalue()


def ask(query: str = "") -> Any:
    _, token = create_key(name="reader", source=None, scope="read")
    return Client().get(URL + query, headers={"Authorization": f"Bearer {token}"})


def test_api_and_command_answer_the_same() -> None:
    command("set", "agent", "--run-cost", "$5", "--steps", "40")

    answer = ask().json()

    assert answer == json.loads(command("--workflow", "agent", "--json"))
    assert (answer["workflow"], answer["runs"], answer["currency"]) == ("agent", 2, "USD")
    assert [(each["kind"], each["limit"], each["broken"]) for each in answer["caps"]] == [
        ("run_cost", "5", 1),
        ("steps", "40", 0),
    ]
    (violation,) = answer["violations"]
    assert (violation["run"], violation["beyond"], violation["step"]) == ("dear", "2", "s1")
    everything = json.loads(command("--json"))
    assert [each["workflow"] for each in everything["workflows"]] == ["agent"]


def test_the_period_is_the_last_thirty_days_unless_said() -> None:
    cap("run_cost", "5", set_at=NOW)
    check_caps(NOW)

    assert ask("?since=2026-01-01&until=2026-01-02").json()["violations"] == []
    assert ask("?since=nonsense").status_code == 400
    assert ask("?since=2026-02-01&until=2026-01-01").status_code == 400


def test_a_workflow_without_caps_has_an_empty_answer() -> None:
    answer = ask().json()

    assert (answer["caps"], answer["violations"]) == ([], [])


def test_who_may_read(signed_in: Callable[[str], Client]) -> None:
    _, writer = create_key(name="writer", source=source_named("service"), scope="write")

    assert Client().get(URL).status_code == 401
    assert Client().get(URL, headers={"Authorization": f"Bearer {writer}"}).status_code == 403
    assert signed_in("viewer").get(URL).status_code == 200
    assert signed_in("admin").post(URL).status_code in {403, 405}


def test_the_command_sets_changes_and_lifts() -> None:
    assert "Cost of a run: $5.00 a run" in command("set", "agent", "--run-cost", "5")
    assert "Nothing changed" in command("set", "agent", "--run-cost", "5.00")
    with pytest.raises(CommandError, match="Say why"):
        command("set", "agent", "--run-cost", "6")
    command("set", "agent", "--run-cost", "6", "--reason", "longer contracts")
    assert "no cap any more" in command("lift", "agent", "run_cost", "--reason", "enough")

    assert not Cap.objects.filter(lifted_at=None).exists()
    assert Cap.objects.filter(set_by="command line", lifted_by="command line").count() == 2


@pytest.mark.parametrize(
    "words",
    [
        ("set", "agent"),
        ("set", "agent", "--steps", "many"),
        ("set", "unallocated", "--steps", "1"),
        ("lift", "agent", "nonsense", "--reason", "x"),
        ("--since", "yesterday"),
    ],
)
def test_unusable_arguments_are_two(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refused:
        command(*words)
    assert refused.value.returncode == 2


def test_people_at_a_terminal_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    command()
    assert "No caps are set." in capsys.readouterr().out
    command("set", "agent", "--run-cost", "5")
    command()

    printed = capsys.readouterr().out
    assert "$5.00 a run" in printed
    assert "1 of 2 runs" in printed
