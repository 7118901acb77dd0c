"""The page of a run and the panel of a step: every call of it, and no call of another."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finops.insights import run as run_insight
from finops.models import AttributionRule, DimensionValue, Source
from finops.rollups.runs import RunDetail, run_detail, runs_of
from finops.web.styleguide import HOSTILE
from tests.finops.ledger.usage import call, import_rows

START = (datetime.now(UTC) - timedelta(hours=3)).replace(microsecond=0)


@pytest.fixture
def client(ledger: None, signed_in: Callable[[str], Client]) -> Client:
    return signed_in("viewer")


def chain(run: str, *steps: Any, workflow: str | None = "agent", **fields: Any) -> RunDetail:
    """Import one run; a step is its name, or fields of its call."""
    import_rows(
        *(
            call(
                id=f"{hash((run, workflow))}/{n}",
                time=(START + timedelta(seconds=n)).isoformat(),
                run=run,
                **(
                    {"workflow": workflow, "latency_ms": 900}
                    | fields
                    | ({"step": step} if isinstance(step, str) else step)
                ),
            )
            for n, step in enumerate(steps)
        )
    )
    return detail_of(run, workflow or "unallocated")


def detail_of(run: str, workflow: str = "agent") -> RunDetail:
    (found,) = (each for each in runs_of(workflow, limit=200) if each.run == run)
    detail = run_detail(UUID(found.url_id))
    assert detail is not None
    return detail


def page_of(client: Client, detail: RunDetail, query: str = "") -> str:
    answer = client.get(f"/runs/{detail.run.url_id}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def words(page: str) -> str:
    """The page as it is read: no markup, one space between words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_it_says_what_the_run_cost_against_the_typical_one(client: Client) -> None:
    for n in range(3):
        chain(f"usual {n}", "plan")
    page = page_of(client, chain("dear", "plan", "draft", "check", "check"))

    assert re.search(r"<h1>\s*Run dear cost \$0\.03, 4\.0 times the typical run\s*</h1>", page)
    assert "4 calls in 3.9 s" in words(page)
    assert "Completed" in page


def test_it_leads_back_to_its_workflow(client: Client) -> None:
    page = page_of(client, chain("one", "plan"), "?period=7d&team=growth")

    assert 'href="/workflows/agent/?period=7d&amp;against=previous&amp;team=growth"' in page


def test_every_call_is_a_row_with_its_running_total(client: Client) -> None:
    page = page_of(client, chain("one", "plan", "draft", "check"))

    assert re.findall(r'data-l="Running total">\s*<span title="\$([\d.]+)"', page) == [
        "0.0075",
        "0.015",
        "0.0225",
    ]
    assert page.count('class="waterfall"') == 4


def test_repeats_and_failures_are_told_in_words(client: Client) -> None:
    page = words(
        page_of(
            client,
            chain(
                "one",
                "plan",
                {"step": "plan", "attempt": 2},
                {"step": "draft", "status": "timeout", "error": "too slow"},
            ),
        )
    )

    assert "second attempt" in page
    assert "timed out" in page
    assert "went on one repeated call. Step “plan” ran 2 times." in page
    assert "went on one failed call." in page
    assert "Ended with a failed call" in page


def test_time_is_the_other_way_to_draw_it(client: Client) -> None:
    detail = chain("one", "plan", "draft")

    assert "When each step ran" in page_of(client, detail, "?by=time")
    assert "What each step cost" in page_of(client, detail, "?by=nonsense")


def test_only_flags_are_shown_when_asked_for(client: Client) -> None:
    flagged = page_of(client, chain("bad", "plan", {"step": "x", "status": "error"}), "?flags=1")
    fine = page_of(client, chain("good", "plan"), "?flags=1")

    assert len(re.findall(r'id="call-\d+"', flagged)) == 1
    assert "No call of this run failed, repeated or lacks a price." in fine


def test_a_runaway_loop_is_folded_and_can_be_opened(client: Client) -> None:
    detail = chain("runaway", "plan", *["compare-to-playbook"] * 1205, "draft")
    folded = page_of(client, detail)
    opened = page_of(client, detail, "?open=compare-to-playbook")

    assert "compare-to-playbook × 1,204" in folded
    assert "Dearest calls:" in folded
    assert len(re.findall(r'id="call-\d+"', folded)) == 4
    assert len(re.findall(r'id="call-\d+"', opened)) == 100
    assert "Page 1 of 13" in opened
    assert "Fold repeats again" in opened


@pytest.mark.parametrize(
    "query", ["", "?open=loop", "?open=loop&by=time&flags=1", "?open=loop&step={}"]
)
def test_no_run_makes_a_page_that_a_browser_chokes_on(query: str, client: Client) -> None:
    """Fewer than 3,000 elements, and within the weight of a page."""
    detail = chain("runaway", *["loop"] * 300)
    page = page_of(client, detail, query.format(detail.calls[150].call))

    assert len(re.findall(r"<[a-z]", page)) < 3_000


def test_an_open_step_brings_its_page_with_it(client: Client) -> None:
    detail = chain("runaway", *["loop"] * 300)
    page = page_of(client, detail, f"?open=loop&step={detail.calls[250].call}")

    assert f'id="call-{detail.calls[250].call}"' in page
    assert "Page 3 of 3" in page


def test_a_run_longer_than_is_read_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    detail = chain("long", *["loop"] * 20)
    monkeypatch.setattr(run_insight, "MOST_CALLS", 10)
    page = words(page_of(client, detail))

    assert "Only the first" in page
    assert "20 calls" in page


def test_calls_without_a_price_are_no_zero(client: Client) -> None:
    page = words(page_of(client, chain("one", {"step": "plan", "model": "nobody-knows-it"})))

    assert "Run one has no price" in page
    assert "1 plan no price nobody-knows-it" in page


def test_a_run_of_several_workflows_shows_which(client: Client) -> None:
    chain("shared", "plan", workflow="first")
    import_rows(call(id="x", time=START.isoformat(), run="shared", workflow="second", step="draft"))
    page = page_of(client, detail_of("shared", "first"))

    assert "This run holds calls of 2 workflows." in words(page)
    assert '<span class="note quiet">second</span>' in page
    assert "times the typical run" not in page
    assert "/workflows/first/" in page
    assert "/workflows/second/" in page


def test_an_unattributed_run_belongs_to_the_missing_workflow(client: Client) -> None:
    page = page_of(client, chain("lost", "plan", workflow=None))

    assert "/workflows/unallocated/" in page
    assert "Not attributed" in page


def test_a_run_whose_calls_are_gone_keeps_its_total(client: Client) -> None:
    detail = chain("old", "plan")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM calls")
    young = words(page_of(client, detail))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE runs SET started_at = started_at - interval '401 days'")
    old = words(page_of(client, detail))

    assert "The calls of this run are not here any more." in young
    assert "Step detail is kept for 400 days. This run is older; its total remains." in old
    assert "Run old cost $0.0075" in old
    assert "/workflows/agent/" in page_of(client, detail)


def test_an_unknown_run_is_not_found(client: Client) -> None:
    assert client.get(f"/runs/{'0' * 32}/").status_code == 404


def test_the_export_holds_every_call(client: Client) -> None:
    detail = chain("one", "=cmd", {"step": "plan", "status": "error", "error": "-2+3"})
    answer = client.get(f"/runs/{detail.run.url_id}/?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))

    assert [(row["number"], row["step"], row["fate"]) for row in rows] == [
        ("1", "'=cmd", "fine"),
        ("2", "plan", "failed"),
    ]
    assert rows[1]["error"] == "'-2+3"
    assert sum(Decimal(row["cost"]) for row in rows) == Decimal(rows[-1]["running_total"])


@pytest.mark.parametrize("name", [HOSTILE, "y" * 500, "line\nbreak", "🦀/../?#"])
def test_hostile_names_are_text(name: str, client: Client) -> None:
    detail = chain(name, {"step": name, "error": name, "status": "error"}, workflow=name, team=name)
    page = page_of(client, detail, f"?step={detail.calls[0].call}")

    assert "<script>alert" not in page
    assert "Prompt text is not stored." in page


def test_it_reads_that_run_and_no_other(client: Client) -> None:
    """By the run's key within its reach; the plan shows that no other row is looked at."""
    for n in range(40):
        chain(f"other {n}", "plan", "draft")
    detail = chain("mine", "plan", "draft", "check")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE calls")
    with CaptureQueriesContext(connection) as queries:
        page_of(client, detail, f"?step={detail.calls[1].call}")

    reads = [query["sql"] for query in queries if re.search(r"(FROM|JOIN) calls\b", query["sql"])]
    assert len(reads) == 2
    for read in reads:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {read}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Seq Scan on calls" not in plan
        removed = [int(count) for count in re.findall(r"Rows Removed by \w+: (\d+)", plan)]
        assert sum(removed) == 0, plan


# --- the panel --------------------------------------------------------------------------------


def panel_of(client: Client, detail: RunDetail, place: int = 0, query: str = "") -> str:
    page = page_of(client, detail, f"?step={detail.calls[place].call}{query}")
    (panel,) = re.findall(r'<aside class="panel".*?</aside>', page, re.DOTALL)
    return panel


def test_the_lines_of_a_call_add_up_to_its_cost(client: Client) -> None:
    panel = words(panel_of(client, chain("one", {"step": "plan", "cache_read_tokens": 400})))

    assert "Input 600 $2.50 a million $0.0015" in panel
    assert "Input read from cache 400 $1.25 a million $0.0005" in panel
    assert "Output 500 $10.00 a million $0.005" in panel
    assert "Together $0.007" in panel
    assert "plan cost $0.007" in panel
    assert "the price of gpt-4o" in panel


def test_tokens_are_named_in_the_closed_detail_alone(client: Client) -> None:
    page = page_of(client, chain("one", "plan"))
    panel = panel_of(client, detail_of("one"))
    before, _, detail = panel.partition("<details")

    assert "tokens" not in page
    assert "tokens" not in before
    assert "Input tokens" in detail
    assert "<details open" not in panel


def test_it_leads_to_the_steps_beside_it_and_back_to_its_row(client: Client) -> None:
    detail = chain("one", "plan", "draft", "check")
    first, middle, last = (panel_of(client, detail, place) for place in range(3))

    ids = [each.call for each in detail.calls]
    assert 'rel="prev"' not in first
    assert f'href="?step={ids[0]}">Previous step' in middle
    assert f'href="?step={ids[2]}">Next step' in middle
    assert 'rel="next"' not in last
    assert f'href="?#call-{ids[1]}"' in middle
    assert "data-close" in middle
    assert "data-focus" in middle


def test_a_folded_step_leads_back_to_the_row_it_is_folded_into(client: Client) -> None:
    detail = chain("runaway", *["loop"] * 100)
    panel = panel_of(client, detail, 50)

    assert f"#call-{detail.calls[1].call}" in panel


def test_a_step_that_is_not_there_is_said_not_to_be(client: Client) -> None:
    detail, other = chain("one", "plan"), chain("two", "plan")

    for step in ("0", "nonsense", "1" * 40, str(other.calls[0].call)):
        page = page_of(client, detail, f"?step={step}")
        assert "This run has no such step." in page
        assert '<aside class="panel"' not in page


def test_it_says_who_decided_whom_the_call_was_for(client: Client) -> None:
    rule = AttributionRule.objects.create(
        position=900, name="Agents are ours", model="gpt-*", dimension="team", value="growth"
    )
    detail = chain("one", "plan", customer="acme")
    panel = words(panel_of(client, detail))
    rule.delete()
    gone = words(panel_of(client, detail))

    assert "Customer acme said by the call" in panel
    assert "Team growth by the rule “Agents are ours”" in panel
    assert "User Not attributed nobody said" in panel
    assert "Team growth by a rule that is gone" in gone


def test_a_merged_owner_is_shown_as_what_it_is_read_as(client: Client) -> None:
    detail = chain("one", "plan", team="old")
    new = DimensionValue.objects.create(dimension="team", value="new")
    DimensionValue.objects.create(dimension="team", value="old", merged_into=new)

    assert "Team new said by the call" in words(panel_of(client, detail))


def test_a_cost_that_the_source_reported_is_told_apart(client: Client) -> None:
    detail = chain("one", {"step": "plan", "cost": "0.5", "currency": "USD"})
    computed = words(panel_of(client, detail))
    Source.objects.update(counts=Source.REPORTED)
    detail = chain("two", {"step": "plan", "cost": "0.5", "currency": "USD"})
    reported = words(panel_of(client, detail))

    assert "The source reported $0.5." in computed
    assert "plan cost $0.0075" in computed
    assert "The source reported this cost, and its word counts." in reported
    assert "By the price book it is $0.0075." in reported


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"model": "nobody-knows-it"}, "It has no price. No price is known under this name."),
        ({"input_tokens": None, "output_tokens": None}, "The source sent no counts."),
        ({"status": "cached"}, "A gateway answered from its cache. That costs nothing."),
        ({"status": "error", "error": "overloaded"}, "Failed. overloaded"),
        ({"attempt": 2}, "This is the second attempt: the one before had failed."),
        ({"requests": 3}, "Stands for 3 calls"),
        ({"processing": "batch"}, "Processing Batch"),
    ],
)
def test_what_is_not_as_usual_is_said(fields: dict[str, Any], said: str, client: Client) -> None:
    assert said in words(panel_of(client, chain("one", {"step": "plan"} | fields)))


def test_it_shows_what_a_machine_said_but_never_a_prompt(client: Client) -> None:
    detail = chain(
        "one",
        {"step": "plan", "response_id": "resp-7", "parent": "call-0", "tags": {"tier": "gold"}},
    )
    panel = words(panel_of(client, detail))

    assert "Response id resp-7" in panel
    assert "Parent call call-0" in panel
    assert "Tag tier gold" in panel
    assert "calls.jsonl, line 1" in panel
