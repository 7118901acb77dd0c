"""Prompts, answers and secrets never reach what is stored of a row."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.content import CONTENT_KEYS, RAW_LIMIT, excerpt, is_content_key, is_storable_key


@pytest.mark.parametrize(
    "key",
    [
        "prompt", "Messages", "inputText", "input_text", "response-body", "gen_ai.prompt",
        "gen_ai.prompt.0.content", "llm.input_messages.0.message.role", "input.value",
        "messages.0",
    ],
)  # fmt: skip
def test_content_keys(key: str) -> None:
    assert is_content_key(key)


@pytest.mark.parametrize(
    "key", ["model", "input_tokens", "gen_ai.response.model", "usage.input_tokens", "feature", ""]
)
def test_other_keys(key: str) -> None:
    assert not is_content_key(key)


@pytest.mark.parametrize("key", ["api_key", "user_api_key_hash", "requester_ip_address"])
def test_secrets(key: str) -> None:
    assert not is_storable_key(key)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id":1,"prompt":"words"}',
        b'{"id":1,"deep":[{"content":"words"}]}',
        b'{"id":1,"prompt":"words"',
        b"{'id':1,'prompt':'words'}",
        b'{"id":1,"metadata":"{\\"messages\\": \\"words\\"}"}',
        b'{"id":1,"prompt":"words","x":' + b"[" * 5000,
        b'{"id":1,"prompt":"words \xff"}',
    ],
)
def test_excerpt_has_no_content(raw: bytes) -> None:
    text = excerpt(raw)

    assert "words" not in text
    assert "id" in text


def test_excerpt_of_csv_fields() -> None:
    assert excerpt(b"x,words", {"id": "x", "prompt": "words"}) == '{"id":"x"}'


def test_a_harmless_row_is_kept_as_it_was() -> None:
    assert excerpt(b'{ "id": 1.50 }\r') == '{ "id": 1.50 }'


@given(st.binary(max_size=100), st.integers(1, 60))
def test_excerpt_can_always_be_stored(raw: bytes, times: int) -> None:
    text = excerpt(raw * times)

    assert len(text.encode()) <= RAW_LIMIT
    assert "\x00" not in text


@given(
    st.sampled_from(sorted(CONTENT_KEYS)),
    st.recursive(st.just("geheim"), lambda inner: st.lists(inner, max_size=2)),
)
def test_every_content_key_is_dropped(key: str, value: object) -> None:
    assert "geheim" not in excerpt(json.dumps({"a": {key.upper(): value}}).encode())
