"""The first page of the Data room, and what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finops.models import Source
from finops.rollups.refresh import refresh
from finops.rollups.sources import change_source
from finops.web.data import health
from finops.web.data.health import days_shown
from ingest.models import Import
from tests.finops.ledger.usage import call, import_bytes, import_rows, json_lines, queued

HOSTILE = "<script>alert(1)</script>\u202e=cmd\N{MONEY BAG}" + "n" * 150


def ago(**span: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**span):%Y-%m-%dT%H:%M:%SZ}"


def test_an_empty_room_says_how_to_connect(engineer: Client, viewer: Client) -> None:
    page = engineer.get("/data/", headers={"host": "localhost:8123"}).text

    assert "No calls yet" in page
    assert "Three ways to connect a source" in page
    assert "curl http://localhost:8123/api/v1/calls/" in page
    assert 'href="/data/upload/"' in page
    assert 'href="/data/upload/"' not in viewer.get("/data/").text


def test_each_source_has_its_state_its_lag_and_what_is_missing(viewer: Client) -> None:
    import_rows(
        call(time=ago(hours=1)), call(time=ago(hours=2), model="nobody-knows"), source="gateway"
    )
    import_rows(call(time=ago(days=3)), call(time="yesterday"), source="batch")
    Source.objects.create(name="promised")

    page = viewer.get("/data/")
    rows = {row.source.name: row for row in page.context["sources"]}

    assert [rows[name].state.label for name in ("gateway", "batch", "promised")] == [
        "On time",
        "Stale",
        "No calls yet",
    ]
    assert [rows[name].lag for name in ("gateway", "batch", "promised")] == [
        "1 hour ago",
        "3 days ago",
        "never",
    ]
    assert (rows["gateway"].calls_in_24_hours, rows["gateway"].calls_in_7_days) == (2, 2)
    assert (rows["gateway"].unpriced, rows["batch"].rejected) == (1, 1)
    assert "<b>batch</b> has been silent for longer than usual" in page.text
    assert "The numbers are complete to" in page.text


def test_a_source_whose_calls_are_older_than_four_weeks_is_stale(viewer: Client) -> None:
    import_rows(call(time=ago(days=60)), source="forgotten")

    (row,) = viewer.get("/data/").context["sources"]

    assert (row.state.kind, row.lag) == ("stale", "60 days ago")


def test_evidence_is_shown_with_its_last_call_and_no_days(viewer: Client) -> None:
    import_rows(call(time=ago(hours=1)), source="report")
    change_source("report", role="evidence")
    refresh()

    (row,) = viewer.get("/data/").context["sources"]

    assert (row.state.kind, {cell.text for cell in row.cells}) == ("ok", {"–"})


def test_the_completeness_table_says_in_words_what_its_tints_mean(viewer: Client) -> None:
    full, low = (
        [call(time=ago(days=n), requests=100) for n in (2, 9, 16, 23)],
        call(time=ago(days=1)),
    )
    import_rows(*full, low, *(call(time=ago(days=n), requests=9) for n in (8, 15, 22)))

    (row,) = viewer.get("/data/").context["sources"]
    today, yesterday, day_before, three_days_ago = reversed(row.cells[-4:])

    assert (today.level, today.meaning) == ("today", "so far")
    assert (yesterday.text, yesterday.meaning) == ("1", "less than half of usual")
    assert (day_before.text, day_before.meaning) == ("100", "as usual")
    assert (three_days_ago.text, three_days_ago.meaning) == ("0", "no calls")
    page = viewer.get("/data/").text
    assert "less than half of usual</span>" in page
    assert len(row.cells) == health.DAYS


def test_days_end_with_today() -> None:
    today = datetime(2026, 11, 21, tzinfo=UTC).date()

    shown = days_shown(today)

    assert (shown[0].day, shown[-1], len(shown)) == (8, today, 14)


# --- what runs ------------------------------------------------------------------------------


def test_running_imports_are_watched_until_nothing_runs(viewer: Client) -> None:
    job = queued("/nowhere/calls.jsonl")
    Import.objects.filter(pk=job.pk).update(
        status="running", rows=1_200_000, options={"size": 200, "read": 84}
    )

    page = viewer.get("/data/").text
    part = viewer.get("/data/running/")

    for shown in (page, part.text):
        assert "1 import under way" in shown
        assert "1,200,000 rows read." in shown
        assert 'value="42"' in shown
        assert 'hx-get="/data/running/"' in shown
    assert "htmx" in page
    assert "HX-Refresh" not in part.headers
    Import.objects.update(status="done")
    part = viewer.get("/data/running/")
    assert part.headers["HX-Refresh"] == "true"
    assert "hx-get" not in part.text


def test_what_waits_for_a_person_is_shown_and_not_watched(viewer: Client) -> None:
    job = queued("/nowhere/calls.csv")
    Import.objects.filter(pk=job.pk).update(options={"waits": True})

    page = viewer.get("/data/").text

    assert "Needs you" in page
    assert "hx-get" not in page


# --- hostile names, everywhere --------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/data/",
        "/data/sources/",
        "/data/imports/",
        "/data/unpriced/",
        "/data/rejects/",
        "/data/upload/",
    ],
)
def test_hostile_names_are_text_and_nothing_else(address: str, engineer: Client) -> None:
    import_rows(
        call(model=HOSTILE, provider=HOSTILE, time=ago(hours=1)),
        call(time=f"</code>{HOSTILE}"),
        source=HOSTILE,
    )

    page = engineer.get(address).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


# --- calls without a price ------------------------------------------------------------------


def test_unpriced_calls_lead_to_adding_their_price(engineer: Client, signed_in) -> None:  # type: ignore[no-untyped-def]
    import_rows(
        call(model="new & shiny", time=ago(hours=1), requests=7),
        call(input_tokens=None, output_tokens=None, time=ago(hours=1)),
    )

    page = signed_in("finance").get("/data/unpriced/").text

    assert "8 calls without a price" in page
    assert "?provider=openai&amp;model=new%20%26%20shiny" in page
    assert "No price can help" in page
    assert page.count("/prices/add/?") == 1
    assert "/prices/add/?" not in engineer.get("/data/unpriced/").text


def test_the_period_of_unpriced_calls_is_chosen_from_a_few(viewer: Client) -> None:
    import_rows(call(model="nobody-knows", time=ago(days=20)))

    assert "Every call has a price" in viewer.get("/data/unpriced/").text
    assert "1 call without a price" in viewer.get("/data/unpriced/?days=30").text
    assert "Every call has a price" in viewer.get("/data/unpriced/?days=9999999").text


# --- rejected rows --------------------------------------------------------------------------


def test_rejects_of_all_imports_or_of_one_source(viewer: Client) -> None:
    import_rows(call(), call(time="yesterday"), source="gateway")
    import_bytes(json_lines([call(), call(output_tokens=-1)]), source="batch")

    everything = viewer.get("/data/rejects/").text
    one = viewer.get("/data/rejects/?source=batch").text

    assert "2 rows could not be read" in everything
    assert "1 row could not be read" in one
    assert "output_tokens is negative" in one
    assert "yesterday" not in one
    assert "No row was rejected" not in viewer.get("/data/rejects/?source=nul%00l").text


# --- bounds ---------------------------------------------------------------------------------


def test_the_room_asks_as_much_of_one_source_as_of_twenty(viewer: Client) -> None:
    def questions() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            viewer.get("/data/")
        return len(asked)

    import_rows(call(time=ago(hours=1)), source="source 0")
    viewer.get("/data/")
    one = questions()
    for n in range(1, 20):
        import_rows(call(time=ago(hours=1)), source=f"source {n}")

    assert questions() == one
