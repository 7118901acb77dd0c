"""The record of imports on pages: one import, its rejects, cancel, delete, another try."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from finops.rollups.refresh import refresh
from ingest.models import Import
from ingest.tasks import take_up_imports
from tests.finops.ledger.usage import (
    another_connection,
    call,
    import_bytes,
    import_rows,
    json_lines,
    queued,
    total,
)

FORMULA = "=HYPERLINK(1)"


def test_every_row_has_a_fate_and_they_add_up(viewer: Client) -> None:
    import_rows(call(id="1"))
    job = import_rows(call(id="1"), call(id="2"), call(id="3"), call(time="yesterday"))

    page = viewer.get(f"/data/imports/{job.pk}/")

    fates = {label: count for label, count, _ in page.context["counts"]}
    assert fates == {
        "Accepted": 2,
        "Known already": 1,
        "Superseding": 0,
        "Rejected": 1,
        "Skipped": 0,
    }
    assert sum(fates.values()) == job.rows
    assert "2 calls came in. 1 row could not be read." in page.text
    assert "time" in page.text
    assert "yesterday" in page.text


def test_an_import_that_is_not_there_is_not_found(viewer: Client) -> None:
    for address in ("", "progress/", "rejects.csv"):
        assert viewer.get(f"/data/imports/9/{address}").status_code == 404


def test_progress_is_watched_until_the_end(viewer: Client) -> None:
    job = queued("/nowhere/calls.jsonl")

    waiting = viewer.get(f"/data/imports/{job.pk}/progress/")
    assert "Waits for a worker." in waiting.text
    assert "hx-trigger" in waiting.text
    assert "Cancel import" not in waiting.text
    Import.objects.update(status="done")
    done = viewer.get(f"/data/imports/{job.pk}/progress/")
    assert done.headers["HX-Refresh"] == "true"


def test_pages_lead_to_older_imports_and_keep_the_filters(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.record.PAGE", 2)
    jobs = [import_rows(call(id=str(n))) for n in range(3)]

    page = viewer.get("/data/imports/?status=done").text

    assert f"before={jobs[1].pk}" in page
    assert "status=done" in page
    older = viewer.get(f"/data/imports/?status=done&before={jobs[1].pk}")
    assert [one["job"] for one in older.context["jobs"]] == [jobs[0]]
    assert "Newest" in older.text


@pytest.mark.parametrize(
    "query", ["before=x", "before=" + "9" * 40, "status=<b>", "source=%00", "kind=?"]
)
def test_filters_that_make_no_sense_break_nothing(query: str, viewer: Client) -> None:
    assert viewer.get(f"/data/imports/?{query}").status_code == 200


def test_filters_that_find_nothing_say_so(viewer: Client) -> None:
    assert "No import matches these filters." in viewer.get("/data/imports/?status=failed").text
    assert "Nothing has been imported yet." in viewer.get("/data/imports/").text


# --- rejects --------------------------------------------------------------------------------


@pytest.fixture
def rejected(viewer: Client) -> Import:
    """An import with sixty rejects, one of them a formula."""
    bad = [call(time="yesterday", id=str(n)) for n in range(59)]
    return import_bytes(json_lines([call(), *bad]) + f"{FORMULA}\n".encode())


def test_the_first_rejects_are_shown_and_all_are_sent(viewer: Client, rejected: Import) -> None:
    page = viewer.get(f"/data/imports/{rejected.pk}/")
    sent = viewer.get(f"/data/imports/{rejected.pk}/rejects.jsonl")
    rows = [json.loads(line) for line in b"".join(sent).decode().splitlines()]

    assert len(page.context["rejects"]) == 50
    assert "60 rows could not be read" in page.text
    assert (sent.streaming, len(rows)) == (True, 60)
    assert rows[-1] | {"reason": ""} == {"line": 61, "field": "", "reason": "", "raw": FORMULA}


def test_rejects_in_a_spreadsheet_are_text(viewer: Client, rejected: Import) -> None:
    sent = viewer.get(f"/data/imports/{rejected.pk}/rejects.csv")
    rows = list(csv.reader(io.StringIO(b"".join(sent).decode())))

    assert rows[0] == ["line", "reason", "field", "raw"]
    assert len(rows) == 61
    assert rows[-1][3] == f"'{FORMULA}"
    assert "attachment" in sent.headers["Content-Disposition"]


def test_rejects_come_in_two_forms_only(viewer: Client, rejected: Import) -> None:
    assert viewer.get(f"/data/imports/{rejected.pk}/rejects.exe").status_code == 400


# --- cancelling -----------------------------------------------------------------------------


def test_a_waiting_import_is_cancelled_before_it_publishes_anything(
    engineer: Client, folder: object
) -> None:
    job = queued("/nowhere/calls.jsonl")

    answer = engineer.post(f"/data/imports/{job.pk}/cancel/", follow=True)

    assert "Cancelled. Nothing was imported." in answer.text
    assert take_up_imports() == 0
    assert Import.objects.get().status == "cancelled"


def test_a_running_import_stops_at_its_next_batch(engineer: Client) -> None:
    job = queued("/nowhere/calls.jsonl")
    job.take(timezone.now())

    answer = engineer.post(f"/data/imports/{job.pk}/cancel/", follow=True)

    assert "It stops at its next batch." in answer.text
    assert "Stopping" in answer.text
    assert "Cancel import" not in answer.text


def test_an_import_that_is_becoming_visible_is_not_cancelled(
    engineer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.deletion._PATIENCE", "50ms")
    job = queued("/nowhere/calls.jsonl")
    job.take(timezone.now())
    with another_connection() as worker:
        worker.execute("SELECT 1 FROM ingest_import WHERE id = %s FOR UPDATE", [job.pk])
        answer = engineer.post(f"/data/imports/{job.pk}/cancel/", follow=True)

    assert "becoming visible just now" in answer.text


def test_cancelling_after_the_end_says_what_came_in(engineer: Client) -> None:
    job = import_rows(call())

    answer = engineer.post(f"/data/imports/{job.pk}/cancel/", follow=True)

    assert "It had ended already. 1 call came in." in answer.text
    assert total().calls == 1


# --- deleting -------------------------------------------------------------------------------


def test_deleting_says_what_goes_and_is_on_record(engineer: Client, woken: list[str]) -> None:
    job = import_rows(call(id="a"), call(id="b"))
    import_rows(call(id="b"))

    asked = engineer.get(f"/data/imports/{job.pk}/delete/")

    assert asked.context["doomed"] == (1, Decimal("0.0075"), 1)
    assert "1 call</b>" in asked.text
    assert total().calls == 2
    answer = engineer.post(f"/data/imports/{job.pk}/delete/", follow=True)
    refresh()
    assert "Deleted. 1 call went. 1 call stayed." in answer.text
    assert total().calls == 1
    job.refresh_from_db()
    assert (job.status, job.deleted_by) == ("deleted", "engineering@test.example")
    assert "by engineering@test.example" in answer.text
    assert woken == ["finops.refresh_rollups"]


def test_nothing_is_deleted_twice_or_under_way(engineer: Client) -> None:
    gone = import_rows(call())
    engineer.post(f"/data/imports/{gone.pk}/delete/")
    running = queued("/nowhere")

    again = engineer.post(f"/data/imports/{gone.pk}/delete/", follow=True)
    early = engineer.get(f"/data/imports/{running.pk}/delete/", follow=True)

    assert "It is deleted already." in again.text
    assert "Cancel it instead." in early.text


def test_whoever_may_only_look_changes_nothing(viewer: Client) -> None:
    job = import_rows(call())
    page = viewer.get(f"/data/imports/{job.pk}/").text

    assert "Delete import" not in page
    for action in ("cancel", "delete", "again", "mapping"):
        assert viewer.post(f"/data/imports/{job.pk}/{action}/").status_code == 403
    assert total().calls == 1


# --- another try ----------------------------------------------------------------------------


def test_a_file_that_is_gone_has_to_be_sent_again(
    engineer: Client, signed_in: Callable[[str], Client]
) -> None:
    job = import_bytes(b"\x00" * 100)

    answer = engineer.post(f"/data/imports/{job.pk}/again/", follow=True)

    assert "Its file is no longer here." in answer.text
    assert Import.objects.count() == 1
