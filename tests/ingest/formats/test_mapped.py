"""Contract section 2, "Mapping": any CSV or JSON lines become calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from finops.domain.usage import UsageRecord
from ingest.formats.mapped import Mapped
from ingest.source_format import ReadOptions, Row, RowRejected

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MAPPING: dict[str, Any] = {"time": "at", "provider": {"const": "openai"}, "model": "props.model"}
ROW: dict[str, Any] = {"at": "2026-11-02T14:00:00Z", "props": {"model": "gpt-4o"}}


def read(mapping: dict[str, Any], row: dict[str, Any], **options: Any) -> UsageRecord | None:
    decode = Mapped().decoder(ReadOptions(now=NOW, mapping=MAPPING | mapping, **options))
    return decode(Row(1, json.dumps(ROW | row).encode()))


def call(mapping: dict[str, Any], row: dict[str, Any], **options: Any) -> UsageRecord:
    record = read(mapping, row, **options)
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        (None, "needs a mapping"),
        ([], "needs a mapping"),
        ({"time": "at"}, "lacks provider, model"),
        (MAPPING | {"tokens": "n"}, "unknown key in the mapping: tokens"),
        (MAPPING | {"time_zone": "Mars/Olympus"}, "no zone"),
        (MAPPING | {"time_zone": 3}, "no zone"),
        (MAPPING | {"time_unit": "h"}, "time_unit"),
        (MAPPING | {"time_origin": "2026-11-02"}, "time_origin"),
        (MAPPING | {"time_origin": "soon"}, "time_origin"),
        (MAPPING | {"time_format": 7}, "time_format"),
        (MAPPING | {"time_format": "%Y", "time_unit": "s"}, "does not go with"),
        (MAPPING | {"model": 7}, "model must be"),
        (MAPPING | {"model": {"const": None}}, "constant"),
        (MAPPING | {"where": "x"}, "where"),
        (MAPPING | {"tags": "x"}, "tags"),
        (MAPPING | {"tags": {"said": "props.prompt"}}, "never stored"),
        (MAPPING | {"feature": "prompt"}, "never stored"),
    ],
)
def test_mapping_that_cannot_work_is_refused_at_once(mapping: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Mapped().decoder(ReadOptions(now=NOW, mapping=mapping))


@pytest.mark.parametrize(
    ("settings", "at", "expected"),
    [
        ({}, "2026-11-02T15:00:00+01:00", datetime(2026, 11, 2, 14, tzinfo=UTC)),
        ({}, 1793628000, datetime(2026, 11, 2, 14, tzinfo=UTC)),
        ({"time_unit": "ms"}, 1793628000250, datetime(2026, 11, 2, 14, 0, 0, 250000, UTC)),
        ({"time_unit": "ns"}, "1793628000000001999", datetime(2026, 11, 2, 14, 0, 0, 1, UTC)),
        (
            {"time_origin": "2026-11-02T15:00:00+01:00", "time_unit": "us"},
            1500,
            datetime(2026, 11, 2, 14, 0, 0, 1500, UTC),
        ),
        ({"time_origin": "2026-11-02T14:00:00Z"}, 0, datetime(2026, 11, 2, 14, tzinfo=UTC)),
        (
            {"time_zone": "Europe/Berlin"},
            "2026-11-02 15:00:00.1234567",
            datetime(2026, 11, 2, 14, 0, 0, 123456, UTC),
        ),
        (
            {"time_format": "%d.%m.%Y %H:%M", "time_zone": "Europe/Berlin"},
            "02.11.2026 15:00",
            datetime(2026, 11, 2, 14, tzinfo=UTC),
        ),
        ({"time_zone": "UTC"}, "2026-11-02", datetime(2026, 11, 2, tzinfo=UTC)),
    ],
)
def test_times(settings: dict[str, Any], at: Any, expected: datetime) -> None:
    assert call(settings, {"at": at}).started_at == expected


@pytest.mark.parametrize(
    ("settings", "at", "reason"),
    [
        ({}, "2026-11-02T15:00:00", "zone"),
        ({}, None, "missing"),
        ({"time_format": "%d.%m.%Y"}, "02.11.2026", "zone"),
        ({"time_format": "%d.%m.%Y"}, "2026-11-02", "does not look like"),
        ({"time_unit": "ms"}, 1793628000, "before 2015"),
        ({"time_unit": "s"}, "soon", "not a number"),
    ],
)
def test_times_that_reject(settings: dict[str, Any], at: Any, reason: str) -> None:
    with pytest.raises(RowRejected, match=f"time.*{reason}"):
        call(settings, {"at": at})


@pytest.mark.parametrize(
    ("where", "passes"),
    [
        ({"event": "send"}, True),
        ({"event": ["other", "send"]}, True),
        ({"event": "other"}, False),
        ({"props.n": 7, "props.flag": True}, True),
        ({"props.n": "7"}, True),
        ({"absent": None}, True),
        ({"absent": "x"}, False),
    ],
)
def test_where_decides_what_is_a_call(where: dict[str, Any], passes: bool) -> None:
    row = {"event": "send", "props": {"model": "gpt-4o", "n": 7, "flag": True}}

    assert (read({"where": where}, row) is not None) is passes


def test_missing_model_is_rejected_with_its_field() -> None:
    with pytest.raises(RowRejected, match="model is missing") as caught:
        call({}, {"props": {}})

    assert caught.value.field == "model"


def test_a_column_may_have_a_dot_in_its_name() -> None:
    assert call({"team": "a.b"}, {"a.b": "growth", "a": {"b": "other"}}).team == "growth"


def test_a_path_reaches_into_lists_and_through_content() -> None:
    row = {"message": {"usage": [{"input": 12}]}}

    assert call({"input_tokens": "message.usage.0.input"}, row).input_tokens == 12


def test_only_named_columns_become_tags_and_content_in_them_is_dropped() -> None:
    row = {"shard": 7, "deep": {"a": 1, "prompt": "words"}, "more": "x"}

    assert call({}, row).tags is None
    assert call({"tags": ["shard", "deep"]}, row).tags == {"shard": "7", "deep": '{"a":1}'}
    assert call({"tags": {"s": "shard"}}, row).tags == {"s": "7"}


def test_same_rules_as_native_rows() -> None:
    with pytest.raises(RowRejected, match="larger"):
        call({"input_tokens": "i", "cache_read_tokens": "c"}, {"i": 1, "c": 2})


def test_identity_is_of_the_raw_row() -> None:
    one = call({}, {"unmapped": 1})
    two = call({}, {"unmapped": 2})

    assert one.identity != two.identity
    assert call({"team": {"const": "x"}}, {"unmapped": 1}).identity == one.identity
