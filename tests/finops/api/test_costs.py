"""Reading costs and runs through the API."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.management import call_command

from finops.rollups.refresh import refresh

from .conftest import Ask, call

COSTS = "/api/v1/costs/"


@pytest.fixture
def month(ask: Ask) -> None:
    """Three calls of two teams in one run of an agent, and one call of nobody."""
    ask(
        "/api/v1/calls/",
        key="write",
        calls=[
            call(id="1", team="growth", workflow="agent", run="r", step="plan"),
            call(id="2", team="growth", workflow="agent", run="r", step="plan", status="error"),
            call(id="3", team="risk", workflow="other", run="r", step="check"),
            call(id="4", time="2026-11-02T10:00:00Z", model="unheard-of"),
        ],
    )
    refresh()


@pytest.mark.usefixtures("month")
def test_the_api_answers_what_the_command_answers(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("costs", by="team,model", grain="day", json=True)

    command = json.loads(capsys.readouterr().out)

    assert ask(f"{COSTS}?by=team,model&grain=day").json() == command


@pytest.mark.usefixtures("month")
def test_rows_sum_to_the_total_and_missing_values_are_called_unallocated(ask: Ask) -> None:
    answer = ask(f"{COSTS}?by=team").json()

    assert {row["team"]: row["cost"] for row in answer["rows"]} == {
        "growth": "0.015",
        "risk": "0.0075",
        "unallocated": None,
    }
    assert answer["total"]["cost"] == "0.0225"
    assert answer["total"]["unpriced_calls"] == 1
    assert answer["complete_to"] == "2026-11-02T10:00:00+00:00"


@pytest.mark.usefixtures("month")
def test_filters_repeat_as_alternatives_and_combine_across_dimensions(ask: Ask) -> None:
    either = ask(f"{COSTS}?filter=team=growth&filter=team=risk").json()["total"]["calls"]
    both = ask(f"{COSTS}?filter=team=growth&filter=status=error").json()["total"]["calls"]
    nobody = ask(f"{COSTS}?filter=team=unallocated").json()["total"]["calls"]

    assert (either, both, nobody) == (3, 1, 1)


@pytest.mark.usefixtures("month")
def test_until_is_exclusive_and_since_inclusive(ask: Ask) -> None:
    first = ask(f"{COSTS}?since=2026-11-01&until=2026-11-02").json()["total"]["calls"]
    rest = ask(f"{COSTS}?since=2026-11-02").json()["total"]["calls"]

    assert (first, rest) == (3, 1)


def test_the_total_of_nothing_is_zero(ask: Ask) -> None:
    answer = ask(f"{COSTS}?by=team").json()

    assert (answer["rows"], answer["total"]["cost"], answer["complete_to"]) == ([], "0", None)


@pytest.mark.usefixtures("month")
@pytest.mark.parametrize("basis", ["billed", "effective"])
def test_bills_say_zero_until_there_are_bills(ask: Ask, basis: str) -> None:
    answer = ask(f"{COSTS}?by=team&basis={basis}").json()

    assert (answer["rows"], answer["total"]["cost"]) == ([], "0")


def test_csv_is_safe_to_open_in_a_spreadsheet(ask: Ask) -> None:
    ask("/api/v1/calls/", key="write", calls=[call(id="1", team="=cmd|' /C calc'!A0")])
    refresh()

    answer = ask(f"{COSTS}?by=team&format=csv")
    header, row = csv.reader(io.StringIO(answer.content.decode()))

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert dict(zip(header, row, strict=True))["team"] == "'=cmd|' /C calc'!A0"
    assert dict(zip(header, row, strict=True))["cost"] == "0.0075"


@pytest.mark.parametrize(
    "question",
    [
        "by=nonsense",
        "by=team,team",
        "grain=week",
        "basis=guessed",
        "since=yesterday",
        "since=0001-01-01",
        "until=9999-12-31",
        "since=2026-11-02&until=2026-11-01",
        "filter=team",
        "filter=nonsense=1",
        "format=xml",
        "by=team;drop table calls",
    ],
)
def test_a_question_that_cannot_be_read_is_400_and_says_why(ask: Ask, question: str) -> None:
    answer = ask(f"{COSTS}?{question}")

    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.usefixtures("month")
def test_a_workflows_runs_tell_its_part_from_the_whole(ask: Ask) -> None:
    (run,) = ask("/api/v1/workflows/agent/runs/").json()["runs"]

    assert (run["cost"], run["run_cost"]) == ("0.015", "0.0225")
    assert (run["calls"], run["steps"], run["failed_calls"], run["repeated_steps"]) == (3, 2, 1, 1)
    assert run["cost_of_failed"] == "0.0075"


@pytest.mark.usefixtures("month")
def test_a_run_lists_its_calls_in_order_with_a_running_total(ask: Ask) -> None:
    (run,) = ask("/api/v1/workflows/agent/runs/").json()["runs"]

    detail = ask(f"/api/v1/runs/{run['url_id']}/").json()

    assert [(c["id"], c["step"], c["running_total"]) for c in detail["calls"]] == [
        ("1", "plan", "0.0075"),
        ("2", "plan", "0.015"),
        ("3", "check", "0.0225"),
    ]
    assert detail["run"] == "r"


def test_an_unknown_run_is_404(ask: Ask) -> None:
    assert ask(f"/api/v1/runs/{'0' * 32}/").status_code == 404
    assert ask("/api/v1/runs/not-an-id/").status_code == 404


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_is_a_number_above_zero(ask: Ask, limit: str) -> None:
    assert ask(f"/api/v1/workflows/agent/runs/?limit={limit}").status_code == 400
