"""The traps of LiteLLM's two logs (see the samples for the whole picture)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from finops.domain.usage import UsageRecord
from ingest.formats.litellm import LiteLLM
from ingest.source_format import ReadOptions, Row, RowRejected

PAYLOAD: dict[str, Any] = {
    "id": "chatcmpl-1",
    "call_type": "acompletion",
    "status": "success",
    "model": "gpt-4o",
    "custom_llm_provider": "openai",
    "startTime": 1793628000.1,
    "endTime": 1793628003.4,
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "response_cost": 0.00022500000000000002,
    "metadata": {},
}


def read(**values: Any) -> UsageRecord | None:
    decode = LiteLLM().decoder(ReadOptions(now=datetime(2026, 11, 21, tzinfo=UTC)))
    return decode(Row(1, json.dumps(PAYLOAD | values).encode()))


def call(**values: Any) -> UsageRecord:
    record = read(**values)
    assert record is not None
    return record


@pytest.mark.parametrize(
    "values",
    [
        {"call_type": "aget_responses"},
        {"call_type": "get_responses"},
        {"call_type": "alist_input_items"},
        {"metadata": {"is_silent_experiment": True}},
    ],
)
def test_what_is_no_user_traffic_is_skipped(values: dict[str, Any]) -> None:
    assert read(**values) is None


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, "ok"),
        ({"status": None}, "ok"),
        ({"status": "failure"}, "error"),
        ({"cache_hit": True}, "cached"),
        ({"cache_hit": "True"}, "cached"),
        ({"cache_hit": "False"}, "ok"),
        ({"cache_hit": "None"}, "ok"),
    ],
)
def test_status(values: dict[str, Any], status: str) -> None:
    assert call(**values).status == status


def test_cost_is_a_float_and_quantised() -> None:
    assert str(call().reported_cost) == "0.000225000000"


def test_times_without_a_zone_are_utc() -> None:
    record = call(startTime="2026-11-02 14:00:00.5", endTime="2026-11-02 14:00:02")

    assert record.started_at == datetime(2026, 11, 2, 14, 0, 0, 500000, UTC)
    assert record.latency_ms == 1500


@pytest.mark.parametrize("place", ["metadata", "response", "json text"])
def test_split_is_found_wherever_it_stands(place: str) -> None:
    usage = {
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 30,
        "prompt_tokens_details": {"cached_tokens": 40},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    places: dict[str, dict[str, Any]] = {
        "metadata": {"metadata": {"usage_object": usage}},
        "response": {"response": {"usage": usage}},
        "json text": {"metadata": json.dumps({"usage_object": usage})},
    }

    record = call(**places[place])

    assert (record.input_tokens, record.cache_read_tokens, record.cache_write_tokens) == (
        30,
        40,
        30,
    )
    assert (record.output_tokens, record.reasoning_tokens) == (15, 5)


def test_parts_beyond_the_prompt_are_rejected() -> None:
    with pytest.raises(RowRejected, match="larger"):
        read(metadata={"usage_object": {"cache_read_input_tokens": 101}})


@pytest.mark.parametrize(
    ("identifier", "response_id"), [("chatcmpl-1", "chatcmpl-1"), ("6d0b-uuid", None)]
)
def test_response_id_only_where_it_is_the_providers(
    identifier: str, response_id: str | None
) -> None:
    record = call(id=identifier)

    assert (record.call_ref, record.response_id) == (identifier, response_id)


def test_run_is_left_to_the_rules() -> None:
    record = call(session_id="s", trace_id="t")

    assert record.run is None
    assert record.tags is not None
    assert record.tags["litellm.session_id"] == "s"
    assert record.tags["litellm.trace_id"] == "t"


def test_secrets_stay_out_of_the_tags() -> None:
    secrets = {"user_api_key_hash": "x", "requester_ip_address": "x", "prompt": "x"}

    record = call(metadata={"requester_metadata": secrets}, api_key="x")

    assert record.tags == {"litellm.call_type": "acompletion"}


@pytest.mark.parametrize(
    "values",
    [
        {"custom_llm_provider": "", "error_information": {"llm_provider": "openai"}},
        {"custom_llm_provider": None, "model": "openai/gpt-4o"},
    ],
)
def test_provider_of_calls_that_failed_early(values: dict[str, Any]) -> None:
    assert call(**values).provider == "openai"
