"""What the Data room says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.web.data.words import (
    freshness_story,
    lag,
    outcome_sentence,
    progress_sentence,
    short_count,
    silence,
    state_of,
)
from ingest.models import PUSH, Import

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MOMENT = "Sat 21 Nov 2026, 11:00 UTC"


def job(**fields: Any) -> Import:
    return Import(**{"path": "/srv/uploads/7", "options": {"label": "calls.csv"}, **fields})


@pytest.mark.parametrize(
    ("fresh", "silent", "told"),
    [
        (True, [], f"The numbers are complete to <b>{MOMENT}</b>."),
        (
            False,
            [],
            f"The numbers are complete to <b>{MOMENT}</b>. Newer calls are being added up.",
        ),
        (
            True,
            ["<b>at"],
            f"The numbers are complete to <b>{MOMENT}</b>."
            " The source <b>&lt;b&gt;at</b> has been silent for longer than usual.",
        ),
        (
            True,
            ["a", "b"],
            f"The numbers are complete to <b>{MOMENT}</b>."
            " 2 sources have been silent for too long.",
        ),
    ],
)
def test_how_complete_the_numbers_are(fresh: bool, silent: list[str], told: str) -> None:
    assert freshness_story(NOW, moment=MOMENT, is_fresh=fresh, silent=silent) == told


def test_without_calls_there_is_nothing_to_be_complete() -> None:
    assert freshness_story(None, moment="", is_fresh=True, silent=["a"]).startswith("No calls yet")


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"status": "queued"}, "Waiting"),
        ({"status": "queued", "options": {"waits": True}}, "Needs you"),
        ({"status": "running"}, "Running"),
        ({"status": "running", "cancel_requested": True}, "Stopping"),
        ({"status": "done", "cancel_requested": True}, "Done"),
        ({"status": "partial"}, "Done, with rejects"),
        ({"status": "failed"}, "Failed"),
        ({"status": "cancelled"}, "Cancelled"),
        ({"status": "deleted"}, "Deleted"),
    ],
)
def test_states_in_words(fields: dict[str, Any], label: str) -> None:
    assert state_of(job(**fields)).label == label


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "queued"}, "Waits for a worker."),
        (
            {"status": "queued", "options": {"waits": True}},
            "Say what its columns mean, and it starts.",
        ),
        ({"status": "running"}, "Opens the file."),
        ({"status": "running", "rows": 1}, "1 row read."),
        (
            {"status": "running", "rows": 2000, "options": {"size": 9, "read": 9}},
            "2,000 rows read. They become visible together now.",
        ),
        (
            {"status": "running", "rows": 5, "cancel_requested": True},
            "Stops at its next batch. Nothing of it will be kept.",
        ),
    ],
)
def test_progress_in_words(fields: dict[str, Any], told: str) -> None:
    assert progress_sentence(job(**fields)) == told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "done"}, "The file was empty. It holds no calls."),
        ({"status": "done", "rows": 1, "accepted": 1}, "1 call came in."),
        (
            {"status": "done", "rows": 3, "duplicates": 3},
            "Every call was known already. Nothing was counted twice.",
        ),
        (
            {"status": "partial", "rows": 3, "accepted": 1, "superseded": 1, "rejected": 1},
            "2 calls came in. 1 row could not be read.",
        ),
        (
            {"status": "failed", "error": "the format of /srv/uploads/7 is not recognised."},
            "Nothing was imported: the format of calls.csv is not recognised.",
        ),
        ({"status": "failed"}, "Nothing was imported."),
        ({"status": "cancelled"}, "Cancelled. Nothing of it was kept."),
        ({"status": "deleted", "rows": 3}, "Deleted. What only this import had brought is gone."),
    ],
)
def test_outcomes_in_words(fields: dict[str, Any], told: str) -> None:
    assert outcome_sentence(job(**fields)) == told


@pytest.mark.parametrize(
    ("path", "options", "label"),
    [
        ("/srv/uploads/7", {"label": "calls.csv"}, "calls.csv"),
        ("/logs/day.jsonl", {}, "day.jsonl"),
        ("-", {}, "Standard input"),
        (PUSH, {}, "Pushed calls"),
    ],
)
def test_what_an_import_is_called(path: str, options: dict[str, str], label: str) -> None:
    assert Import(path=path, options=options).label == label


@pytest.mark.parametrize(
    ("options", "percent"),
    [
        ({}, None),
        ({"size": 200}, None),
        ({"size": None, "read": 10}, None),
        ({"size": 0, "read": 0}, None),
        ({"size": 200, "read": 0}, 0),
        ({"size": 200, "read": 199}, 99),
        ({"size": 200, "read": 300}, 100),
    ],
)
def test_how_much_has_been_read(options: dict[str, Any], percent: int | None) -> None:
    assert job(options=options).percent_read == percent


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (4199, "4.1k"),
        (9999, "9.9k"),
        (12_345, "12k"),
        (999_999, "999k"),
        (1_250_000, "1.2M"),
        (3 * 10**9, "3B"),
    ],
)
def test_short_counts(count: int, text: str) -> None:
    assert short_count(count) == text


@given(st.integers(0, 10**11))
def test_short_counts_are_short_and_never_too_much(count: int) -> None:
    text = short_count(count)
    size = {"k": 10**3, "M": 10**6, "B": 10**9}.get(text[-1], 1)

    assert len(text) <= 4
    tenths = round(float(text.rstrip("kMB")) * 10)
    assert tenths * size <= count * 10


def test_silences_in_words() -> None:
    assert silence(timedelta(hours=26)) == "26 hours"
    assert silence(timedelta(days=3, hours=2)) == "3 days"
    assert lag(None, NOW) == "never"
    assert lag(NOW - timedelta(hours=3), NOW) == "3 hours ago"
