"""Recognising a format by the start of a file."""

from __future__ import annotations

import io
from typing import Any

import pytest

from ingest.formats import FORMATS, format_named, recognise
from ingest.readers import Source
from ingest.source_format import ImportFailed


def recognised(data: bytes) -> str:
    return recognise(Source("sample", io.BytesIO(data)).head).name


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "costline"),
        (b"\n\n", "costline"),
        (b'{"time":1,"provider":"p","model":"m"}', "costline"),
        (b'{"time":1,"model":"m","input_tokens":1}', "costline"),
        (b'broken\n{"time":1,"provider":"p","model":"m"}', "costline"),
        (b"time,provider,model\n", "costline"),
        (b'{"call_type":"x","startTime":1,"spend":0}', "litellm"),
        (b'[\n{"call_type":"x","startTime":1,"response_cost":0}\n]', "litellm"),
        (
            b'{"call_type":"x","startTime":1,"spend":0,"messages":"' + b"x" * 10**6 + b'"}',
            "litellm",
        ),
    ],
)
def test_recognised(data: bytes, name: str) -> None:
    assert recognised(data) == name


@pytest.mark.parametrize(
    "data", [b"hello world\n", b'{"a":1}\n', b"a,b\n1,2\n", b"id,timestamp,model,input_tokens\n"]
)
def test_unknown_names_what_was_expected(data: bytes) -> None:
    with pytest.raises(ImportFailed, match=r"one of costline, litellm, .*mapped-bill"):
        recognised(data)


def test_names_are_unique_and_found() -> None:
    for each in FORMATS:
        assert format_named(each.name) is each
    with pytest.raises(ValueError, match="there is no format"):
        format_named("nothing")


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)
def test_a_format_says_all_there_is_to_say(each: Any) -> None:
    assert each.kind in ("usage", "billing")
    assert each.keep in ("first", "largest_output")
    assert each.layouts
