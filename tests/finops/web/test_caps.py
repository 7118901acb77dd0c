"""Caps on pages: setting them, what is beyond them, and who may."""

from __future__ import annotations

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
from django.utils.html import escape

from finops.access.rights import RIGHTS, Right
from finops.attribution.values import describe, merge
from finops.caps.check import check_caps
from finops.caps.setting import set_caps, version
from finops.models import Cap, CapViolation
from tests.finops.caps.runs_at_hand import dollars, source_that_counts_what_it_says, steps
from tests.finops.ledger.usage import import_rows

NOW = datetime.now(UTC)
START = NOW.replace(microsecond=0) - timedelta(hours=1)
PERIOD = "?period=7d"


@pytest.fixture
def engineer(ledger: None, signed_in: Callable[[str], Client]) -> Client:
    source_that_counts_what_it_says()
    return signed_in("engineering")


def run(name: str, *costs: str | None, workflow: str = "agent") -> None:
    """Import a run of an hour ago."""
    import_rows(*steps(name, *dollars(*costs), workflow=workflow, start=START))


def address(workflow: str = "agent", query: str = PERIOD) -> str:
    return reverse("workflow-caps", args=[workflow]) + query


def save(client: Client, *, workflow: str = "agent", follow: bool = True, **typed: str) -> Any:
    """Send the form as it stands with these fields typed into it."""
    fields = {"seen": version(workflow), "reason": ""} | {
        each.kind: str(each.limit) for each in Cap.objects.filter(lifted_at=None)
    }
    return client.post(address(workflow), fields | typed, follow=follow)


def words_of(answer: Any) -> str:
    """The words of a page in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_a_first_cap_finds_what_went_beyond_it_in_the_last_month_at_once(engineer: Client) -> None:
    run("dear", "3", "4")
    run("fine", "1")
    assert "Set the first cap" in words_of(engineer.get(address()))

    page = words_of(save(engineer, run_cost="$5"))

    assert "Saved. Cost of a run: $5.00 a run." in page
    assert "1 run beyond $5.00 a run since" in page
    assert "1 of 2 runs" in page
    assert "by Test engineering" in page
    assert CapViolation.objects.get().alerted_at is not None


def test_a_change_needs_a_reason_and_keeps_what_was_typed(engineer: Client) -> None:
    run("dear", "3", "4")
    save(engineer, run_cost="5")

    refused = save(engineer, run_cost="6.50", follow=False)
    assert refused.status_code == 422
    assert "Say why the cap changes." in words_of(refused)
    assert 'value="6.50"' in refused.content.decode()

    page = words_of(save(engineer, run_cost="6.50", reason="longer contracts"))
    assert "Saved. Cost of a run: $6.50 a run." in page
    assert "Earlier caps" in page
    assert "longer contracts" in page


def test_an_emptied_field_lifts_the_cap(engineer: Client) -> None:
    run("dear", "3", "4")
    save(engineer, run_cost="5", steps="40")

    page = words_of(save(engineer, run_cost="", reason="no agent any more"))

    assert "Saved. Cost of a run: no cap." in page
    assert "Lifted: no agent any more" in page
    assert [cap.kind for cap in Cap.objects.filter(lifted_at=None)] == ["steps"]


def test_saving_what_is_so_already_changes_nothing(engineer: Client) -> None:
    run("dear", "3")
    save(engineer, steps="40")

    assert "Nothing changed." in words_of(save(engineer))
    assert Cap.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"run_cost": "five"}, "Cost of a run: enter a number of 0 or more, such as 5 or 0.25."),
        ({"steps": "1.5"}, "Calls in a run: enter a whole number."),
        ({"depth": "-1"}, "Depth of calls: enter a number of 0 or more, such as 40."),
        ({"retries": "9" * 41}, "Retries in a run: enter a number"),
        ({"reason": "x" * 2_001, "steps": "1"}, "at most 2000"),
    ],
)
def test_what_cannot_be_saved_is_said_at_the_top_and_at_its_field(
    engineer: Client, typed: dict[str, str], said: str
) -> None:
    run("dear", "3")
    answer = save(engineer, follow=False, **typed)

    assert answer.status_code == 422
    summary = re.search(r'class="error-summary".*?</div>', answer.content.decode(), re.DOTALL)
    assert summary
    assert said in summary[0]
    assert answer.content.decode().count(escape(said)) >= 2
    assert not Cap.objects.exists()


def test_two_people_who_save_are_told_apart(engineer: Client) -> None:
    run("dear", "3")
    seen = version("agent")
    set_caps("agent", {"steps": Decimal(40)}, by="Tom", now=NOW)

    answer = engineer.post(address(), {"seen": seen, "steps": "50", "reason": "x"})

    assert answer.status_code == 422
    assert "changed this at" in words_of(answer)
    assert 'value="50"' in answer.content.decode()
    again = {"seen": version("agent"), "steps": "50", "reason": "x"}
    assert f'value="{again["seen"]}"' in answer.content.decode()
    assert engineer.post(address(), again).status_code == 302


def test_suggested_limits_fill_the_form_from_their_link(engineer: Client) -> None:
    for n in range(20):
        run(f"run {n}", f"{n}")
    page = engineer.get(address()).content.decode()

    assert "would have been broken by none of 20 runs" in page
    links = re.findall(r'href="(\?[^"]*run_cost=19[^"]*)#id_run_cost"', page)
    filled = engineer.get(address(query=links[0].replace("&amp;", "&"))).content.decode()
    assert re.search(r'name="run_cost" value="19"', filled)


@pytest.mark.parametrize("role", RIGHTS)
def test_everybody_sees_caps_and_only_some_change_them(
    engineer: Client, signed_in: Callable[[str], Client], role: str
) -> None:
    run("dear", "3", "4")
    save(engineer, run_cost="5")
    client = signed_in(role)
    may = Right.IMPORT_BILLS in RIGHTS[role]

    page = client.get(address())
    assert page.status_code == 200
    assert "$5.00 a run" in words_of(page)
    assert ("Save caps" in words_of(page)) is may
    answer = save(client, run_cost="6", reason="mine", follow=False)
    assert answer.status_code == (302 if may else 403)
    shown = words_of(client.get(reverse("workflow", args=["agent"]) + PERIOD))
    assert ("Change the caps" in shown) is may
    assert ("See the caps" in shown) is not may


def test_whoever_is_not_signed_in_signs_in(
    engineer: Client, signed_in: Callable[[str], Client]
) -> None:
    run("dear", "3")
    signed_in("admin")

    answer = Client().get(address())
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/")


def test_the_workflow_is_red_for_a_reason_and_leads_to_the_breaking_step(engineer: Client) -> None:
    run("dear", "3", "4", "2")
    run("fine", "1")
    set_caps("agent", {"run_cost": Decimal(5), "steps": Decimal(2)}, by="Ada", now=NOW)
    check_caps(NOW)

    answer = engineer.get(reverse("workflow", args=["agent"]) + PERIOD)
    page = words_of(answer)

    assert "Red: 1 run beyond $5.00 a run since" in page
    assert "$4.00 beyond the cap. 1 other cap is broken too." in page
    href = re.search(r'href="(/runs/[^"]+step=\d+)"', answer.content.decode())
    assert href
    shown = words_of(engineer.get(href[1].replace("&amp;", "&")))
    assert "This run went $4.00 beyond the cap of $5.00 a run at step s1 (call 2)." in shown
    assert "This run reached 3 calls, beyond the cap of 2 calls a run at step s2" in shown


def test_a_workflow_that_keeps_its_caps_says_so(engineer: Client) -> None:
    run("fine", "1")
    save(engineer, run_cost="5")
    page = words_of(engineer.get(reverse("workflow", args=["agent"]) + PERIOD))

    assert "Every run kept its caps" in page
    assert "Red:" not in page


def test_runs_beyond_a_cap_can_be_listed_alone(engineer: Client) -> None:
    run("dear", "3", "4")
    run("fine", "1")
    save(engineer, run_cost="5")

    page = engineer.get(reverse("workflow", args=["agent"]) + PERIOD + "&runs=beyond")
    table = page.content.decode().split('id="h-runs"')[1]
    assert re.findall(r">\s*(dear|fine)\s*</a>", table) == ["dear"]
    Cap.objects.update(lifted_at=NOW)
    gone = engineer.get(reverse("workflow", args=["agent"]) + PERIOD + "&runs=beyond")
    assert "No run is beyond a cap" in words_of(gone)


def test_the_list_of_workflows_marks_broken_caps_with_one_query(engineer: Client) -> None:
    run("dear", "3", "4")
    run("other", "3", workflow="calm")
    save(engineer, run_cost="5")

    with CaptureQueriesContext(connection) as queries:
        page = words_of(engineer.get("/workflows/" + PERIOD))

    assert page.count("1 run beyond a cap") == 1
    assert sum("finops_capviolation" in query["sql"] for query in queries) == 1


def test_a_merged_workflow_leads_to_its_target(engineer: Client) -> None:
    run("dear", "3", "4", workflow="old")
    run("new run", "1", workflow="new")
    save(engineer, workflow="old", run_cost="5")
    merge("workflow", "old", into="new")
    check_caps(NOW)

    answer = engineer.get(address("old"))
    assert (answer.status_code, answer.headers["Location"]) == (302, address("new", ""))
    page = words_of(engineer.get(address("new")))
    assert "Set for old , which is read as this workflow" in page
    assert "1 of 2 runs" in page


def test_a_renamed_workflow_keeps_its_caps(engineer: Client) -> None:
    run("dear", "3", "4")
    save(engineer, run_cost="5")
    describe("workflow", "agent", display_name="The <b>", business_owner=None, technical_owner=None)

    page = engineer.get(address()).content.decode()
    assert "The &lt;b&gt;" in page
    assert "1 of 1 run" in page


@pytest.mark.parametrize("workflow", ["unallocated", "unheard-of"])
def test_what_is_no_workflow_has_no_page(engineer: Client, workflow: str) -> None:
    assert engineer.get(address(workflow)).status_code == 404
    assert engineer.post(address(workflow), {"steps": "1"}).status_code == 404
    assert not Cap.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe 😀",
        "a/caps",
        "caps",
        "a/../caps/",
        "x" * 500,
    ],
)
def test_hostile_names_are_shown_as_they_are(engineer: Client, name: str) -> None:
    import_rows(*steps("run", {"step": name, "cost": "9"}, workflow=name, start=START))
    assert save(engineer, workflow=name, run_cost="5", follow=False).status_code == 302

    page = engineer.get(address(name)).content.decode()
    assert "<script>alert" not in page
    assert escape(name) in page
    workflow = engineer.get(reverse("workflow", args=[name]) + PERIOD)
    assert "Red:" in words_of(workflow)


def test_more_violations_are_shown_when_asked_for(engineer: Client) -> None:
    import_rows(*(row for n in range(25) for row in steps(f"r{n:02}", "a", "b", start=START)))
    save(engineer, steps="1")

    first, more = engineer.get(address()), engineer.get(address(query=f"{PERIOD}&more=1"))

    assert "20 of 25 are shown." in words_of(first)
    assert len(set(re.findall(r">\s*(?:<bdi>)?(r\d\d)<", more.content.decode()))) == 25
    dearest = engineer.get(address(query=f"{PERIOD}&dearest=1"))
    assert dearest.status_code == 200


def test_the_change_log_tells_of_caps(engineer: Client, signed_in: Callable[[str], Client]) -> None:
    run("dear", "3")
    save(engineer, steps="40")

    page = words_of(signed_in("finance").get("/settings/changes/"))
    assert "Cap for agents" in page
