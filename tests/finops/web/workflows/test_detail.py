"""The page of one workflow: its runs, models and steps, and every way in which they are missing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finops.attribution.values import merge
from finops.models import DimensionValue, Person
from finops.web.styleguide import HOSTILE
from tests.finops.ledger.usage import call, import_rows

TODAY = datetime.now(UTC)


@pytest.fixture
def client(ledger: None, signed_in: Callable[[str], Client]) -> Client:
    return signed_in("viewer")


def chain(
    run: str | None, *steps: Any, ago: int = 0, workflow: str = "agent", **fields: Any
) -> None:
    """Import one run, or calls without one; a step is its name, or fields of the call."""
    start = (TODAY - timedelta(days=ago)).replace(microsecond=0)
    import_rows(
        *(
            call(
                id=f"{hash((workflow, run, ago))}/{n}",
                time=(start + timedelta(seconds=n)).isoformat(),
                workflow=workflow,
                run=run,
                **(fields | ({"step": step} if isinstance(step, str) else step)),
            )
            for n, step in enumerate(steps)
        )
    )


def page_of(client: Client, workflow: str = "agent", query: str = "") -> str:
    answer = client.get(reverse("workflow", args=[workflow]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_tells_a_run_its_model_and_its_steps(client: Client) -> None:
    chain("one", "plan", "draft")
    chain("two", "plan", "draft", "draft")
    page = page_of(client)

    assert "A typical run costs" in page
    assert "Calls in a typical run" in page
    assert "All of it goes to gpt-4o" in page
    assert "draft takes 60.0% of it" in page
    assert re.findall(r">\s*(one|two)\s*</a>", page) == ["two", "one"]


def test_a_loop_stands_out_in_the_story_and_beside_its_run(client: Client) -> None:
    chain("runaway", *["compare"] * 15)
    chain("usual", "compare")
    page = page_of(client)

    assert "Repeated calls of “compare” took" in page
    assert "compare repeated 5 times, $0.0375" in page


def test_failed_calls_cost_what_they_cost(client: Client) -> None:
    chain("one", {"step": "plan", "status": "error"}, "plan")
    page = page_of(client)

    assert "Failed calls took <b>$0.0075</b>" in page
    assert "1 failed call, $0.0075" in page
    assert "1 of 2 calls" in page


def test_runs_can_be_asked_for_by_what_is_wrong_with_them(client: Client) -> None:
    chain("fine", "plan")
    chain("broken", {"step": "plan", "status": "error"})
    chain("again", "plan", "plan")

    def listed(query: str) -> set[str]:
        return set(re.findall(r">\s*(fine|broken|again)\s*</a>", page_of(client, query=query)))

    assert listed("?runs=failed") == {"broken"}
    assert listed("?runs=repeated") == {"again"}
    assert listed("?runs=nonsense") == {"fine", "broken", "again"}


def test_a_day_narrows_the_runs_alone(client: Client) -> None:
    chain("today", "plan")
    chain("earlier", "plan", ago=3)
    day = (TODAY - timedelta(days=3)).date()
    page = page_of(client, query=f"?period=30d&day={day}")

    assert "earlier" in page
    assert not re.search(r">\s*today\s*</a>", page)
    assert "Show all of Last 30 days" in page
    assert "No run began on this day." in page_of(client, query="?period=30d&day=2020-01-01")
    assert client.get("/workflows/agent/?day=yesterday").status_code == 400


def test_more_runs_are_shown_when_asked_for(client: Client) -> None:
    for n in range(12):
        chain(f"run-{n:02}", "plan")

    first, more = page_of(client), page_of(client, query="?show=50")

    assert len(re.findall(r">\s*run-\d\d\s*</a>", first)) == 10
    assert "Show 50 runs" in first
    assert len(re.findall(r">\s*run-\d\d\s*</a>", more)) == 12
    assert "Show 200 runs" not in more


def test_every_day_leads_to_its_runs_from_the_table_too(client: Client) -> None:
    chain("one", "plan")
    page = page_of(client, query="?period=7d")
    day = TODAY.date().isoformat()

    assert f'href="/workflows/agent/?period=7d&amp;against=previous&amp;day={day}#h-runs"' in page
    figure = client.get("/api/v1/figures/workflow-days/?period=7d&workflow=agent").json()
    assert figure["data"][0]["customdata"][-1] == (
        f"/workflows/agent/?period=7d&against=previous&day={day}#h-runs"
    )


def test_calls_without_runs_still_have_calls_and_cost(client: Client) -> None:
    chain(None, "plan", "draft")
    page = page_of(client)

    assert "Cost of 1,000 calls" in page
    assert "Its calls name no run" in page
    assert "It cost <b>$0.015</b>" in page


def test_calls_without_steps_say_so(client: Client) -> None:
    chain("one", {"step": None})

    assert "Its calls name no step" in page_of(client)


def test_steps_without_end_are_folded(client: Client) -> None:
    chain("one", *(f"step {n}" for n in range(40)))
    page = page_of(client)

    assert "15 other steps" in page
    assert len(re.findall(r'<td class="name">step \d+</td>', page)) == 25


def test_an_empty_period_leads_to_the_last_run(client: Client) -> None:
    import_rows(call(id="1", time="2026-03-03T10:00:00Z", workflow="agent", run="r", step="plan"))
    page = page_of(client, query="?period=7d")

    assert "No runs in this period. Last run:" in page
    assert 'href="?period=2026-03"' in page


def test_an_empty_period_without_runs_leads_to_the_last_call(client: Client) -> None:
    import_rows(call(id="1", time="2026-03-03T10:00:00Z", workflow="agent"))

    assert "Its last call was on Tue 3 Mar 2026." in page_of(client, query="?period=7d")


def test_a_described_workflow_without_calls_has_a_page_an_unknown_one_has_none(
    client: Client,
) -> None:
    DimensionValue.objects.create(dimension="workflow", value="planned", display_name="Planned")

    assert "No call has named this workflow yet." in page_of(client, "planned")
    assert client.get("/workflows/unheard-of/").status_code == 404


def test_a_merged_workflow_leads_to_what_it_is_read_as(client: Client) -> None:
    chain("one", "plan", workflow="old/name")
    chain("two", "plan", workflow="new")
    merge("workflow", "old/name", into="new")

    answer = client.get("/workflows/old/name/?period=7d")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/workflows/new/?period=7d")
    page = page_of(client, "new", "?period=7d")
    assert set(re.findall(r">\s*(one|two)\s*</a>", page)) == {"one", "two"}


def test_it_names_its_owners(client: Client) -> None:
    chain("one", "plan")
    ada = Person.objects.create_user("ada@test.example", name="Ada Byron", role="engineering")
    DimensionValue.objects.create(
        dimension="workflow", value="agent", display_name="The agent", technical_owner=ada
    )
    page = page_of(client)

    assert "technical owner Ada Byron" in page
    assert re.search(r"<h1>\s*The agent\s*</h1>", page)


def test_the_missing_workflow_has_a_page(client: Client) -> None:
    import_rows(call(id="1", time=TODAY.isoformat(), run="r", step="plan"))
    page = page_of(client, "unallocated")

    assert "Calls without a workflow" in page
    assert ">r</a>" in re.sub(r"\s+", "", page)


def test_a_filter_that_cannot_hold_here_is_said_not_to(client: Client) -> None:
    chain("one", "plan", team="growth")

    assert "This page holds all calls of the workflow" in page_of(client, query="?team=legal")


def test_calls_without_a_price_are_in_no_amount(client: Client) -> None:
    chain("one", {"step": "plan", "model": "nobody-knows-it"})
    page = page_of(client)

    assert "1 call without a price is in no amount here." in page
    assert "no price" in page


def test_the_export_lists_the_runs(client: Client) -> None:
    chain("=cmd", "plan", {"step": "plan", "status": "error"})
    answer = client.get("/workflows/agent/?format=csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))

    assert row["run"] == "'=cmd"
    assert (row["calls"], row["failed_calls"]) == ("2", "1")
    assert Decimal(row["cost"]) == Decimal("0.015")


@pytest.mark.parametrize("name", [HOSTILE, "x" * 500, "a/b?c=d#e", "line\nbreak", ".."])
def test_any_name_is_text_everywhere(name: str, client: Client) -> None:
    chain(name, name, workflow=name, model="gpt-4o")
    address = reverse("workflow", args=[name])
    page = page_of(client, name)

    assert "<script>alert" not in page
    figure = client.get("/api/v1/figures/workflow-days/", {"workflow": name})
    assert figure.json()["data"][0]["customdata"][0].startswith(address)
    (run,) = re.findall(r'href="(/runs/[^"]+)"', page)
    assert "<script>alert" not in client.get(run.replace("&amp;", "&")).content.decode()


@pytest.mark.parametrize("count", [1, 400])
def test_it_takes_as_many_queries_whatever_there_is(count: int, client: Client) -> None:
    start = TODAY - timedelta(days=2)
    import_rows(
        *(
            call(
                id=f"{n}",
                time=(start + timedelta(seconds=n)).isoformat(),
                workflow="agent",
                run=f"run {n % 50}",
                step=f"step {n % 7}",
            )
            for n in range(count)
        )
    )
    page_of(client, query="?period=30d")
    with CaptureQueriesContext(connection) as queries:
        page_of(client, query="?period=30d")

    assert len(queries) <= 45
