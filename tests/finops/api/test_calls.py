"""Pushing calls through the small door."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from finops.models import ApiKey
from finops.rollups.refresh import refresh
from ingest.models import Import

from .conftest import Ask, call

CALLS = "/api/v1/calls/"


def stored_calls() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM calls")
        return int(cursor.fetchone()[0])


def test_a_pushed_call_is_stored_before_the_answer_and_visible_after_a_refresh(ask: Ask) -> None:
    answer = ask(CALLS, key="write", calls=[call(id="1", feature="search")])

    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert stored_calls() == 1
    refresh()
    assert ask("/api/v1/costs/?by=feature").json()["rows"][0]["cost"] == "0.0075"


def test_calls_may_be_wrapped_in_an_object(ask: Ask) -> None:
    assert ask(CALLS, key="write", calls={"calls": [call(id="1")]}).json()["accepted"] == 1


def test_the_same_push_again_counts_nothing(ask: Ask) -> None:
    ask(CALLS, key="write", calls=[call(id="1"), call(id="2")])

    again = ask(CALLS, key="write", calls=[call(id="2"), call(id="1"), call(id="3")]).json()

    assert (again["accepted"], again["duplicates"]) == (1, 2)
    assert stored_calls() == 3


def test_bad_calls_are_named_by_their_place_and_good_ones_stored(ask: Ask) -> None:
    bad: list[Any] = [call(id="1"), call(id="2", input_tokens=-1), 7, call(id="4", time=None)]

    answer = ask(CALLS, key="write", calls=bad)

    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert [reject["index"] for reject in answer.json()["rejected"]] == [1, 2, 3]
    assert all(reject["reason"] for reject in answer.json()["rejected"])


def test_a_push_of_nothing_is_accepted_as_nothing(ask: Ask) -> None:
    answer = ask(CALLS, key="write", calls=[])

    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)


def test_every_push_is_on_record_as_an_import_of_the_keys_source(ask: Ask) -> None:
    number = ask(CALLS, key="write", calls=[call(id="1"), {"id": "2"}]).json()["import"]

    job = Import.objects.get(pk=number)

    assert (job.status, job.rows, job.accepted, job.rejected) == ("partial", 2, 1, 1)
    assert job.source is not None
    assert job.source.name == "service"
    assert job.rejects.get().line == 1


@pytest.mark.parametrize(
    "body",
    ["", "nonsense", '"text"', "7", '{"call": []}', '{"calls": 7}', '[{"id": "1"}', b"\xff\xfe[]"],
)
def test_a_body_of_another_shape_is_400(ask: Ask, body: str | bytes) -> None:
    answer = ask(CALLS, key="write", body=body)

    assert answer.status_code == 400
    assert "detail" in answer.json()


def test_json_nested_ten_thousand_deep_is_refused_in_one_piece(ask: Ask) -> None:
    answer = ask(CALLS, key="write", body="[" * 10_000 + "]" * 10_000)

    assert answer.status_code in {202, 400}
    assert stored_calls() == 0


def test_more_than_ten_thousand_calls_are_413(ask: Ask) -> None:
    assert ask(CALLS, key="write", calls=[{}] * 10_001).status_code == 413


def test_more_than_ten_megabytes_are_413(ask: Ask) -> None:
    assert ask(CALLS, key="write", body="[" + " " * (10 * 1024 * 1024) + "]").status_code == 413


def test_prompts_are_dropped_at_the_door(ask: Ask) -> None:
    secret = "the patient said"
    ask(CALLS, key="write", calls=[call(id="1", prompt=secret), {"messages": [secret]}])

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(calls::text, '') FROM calls")
        (stored,) = cursor.fetchone()
    raw = Import.objects.get().rejects.get().raw

    assert secret not in stored + raw


@pytest.mark.parametrize("key", ["read", "write", "admin"])
def test_writing_needs_a_key_that_may_write(ask: Ask, key: str) -> None:
    assert ask(CALLS, key=key, calls=[]).status_code == (403 if key == "read" else 202)


@pytest.mark.parametrize("key", [None, "", "wrong", "costline_0000000000000000_00", "costline_é_x"])
def test_no_key_or_a_wrong_one_is_401(ask: Ask, key: str | None) -> None:
    answer = ask(CALLS, key=key, calls=[call(id="1")])

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert stored_calls() == 0


def test_a_revoked_key_is_401_at_once(ask: Ask) -> None:
    ApiKey.objects.filter(scope="write").update(revoked_at="2026-01-01T00:00:00Z")

    assert ask(CALLS, key="write", calls=[]).status_code == 401


def test_above_its_rate_a_key_is_asked_to_wait(ask: Ask) -> None:
    ApiKey.objects.filter(scope="write").update(requests_per_minute=2)

    answers = [ask(CALLS, key="write", calls=[]) for _ in range(3)]
    if [answer.status_code for answer in answers] == [202, 202, 202]:  # the minute turned over
        answers = [ask(CALLS, key="write", calls=[]) for _ in range(3)]

    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_a_key_is_kept_only_as_a_hash(keys: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(finops_apikey::text, '') FROM finops_apikey")
        (stored,) = cursor.fetchone()

    assert not any(token.rsplit("_", 1)[1] in stored for token in keys.values())


def test_numbers_keep_their_digits(ask: Ask) -> None:
    body = json.dumps([call(id="1")]).replace('"id"', '"cost": 0.1234567890123456, "id"')
    ask(CALLS, key="write", body=body)

    with connection.cursor() as cursor:
        cursor.execute("SELECT reported_cost::text FROM calls")
        assert cursor.fetchone() == ("0.123456789012",)
