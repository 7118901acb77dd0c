"""Contract section 4: what the native format takes, and what it rejects and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain.usage import INPUT_KINDS, OUTPUT_KINDS, UsageRecord
from ingest import native
from ingest.formats.costline import Costline
from ingest.source_format import ReadOptions, Row, RowRejected

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALL: dict[str, Any] = {"time": "2026-11-02T14:00:00Z", "provider": "openai", "model": "gpt-4o"}


def read_text(text: str, **options: Any) -> UsageRecord:
    record = Costline().decoder(ReadOptions(now=NOW, **options))(Row(1, text.encode()))
    assert record is not None
    return record


def read(**values: Any) -> UsageRecord:
    return read_text(msgspec.json.encode(CALL | values).decode())


def read_csv(**values: str) -> UsageRecord:
    row = Row(2, b"", CALL | values)
    record = Costline().decoder(ReadOptions(now=NOW))(row)
    assert record is not None
    return record


def with_literal(field: str, literal: str) -> str:
    """Give a row with a JSON literal that Python would not write like this."""
    return msgspec.json.encode(CALL).decode()[:-1] + f', "{field}": {literal}}}'


class TestRejects:
    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("input_tokens", -1, "negative"),
            ("input_tokens", 1.5, "whole number"),
            ("input_tokens", "3.0", "whole number"),
            ("input_tokens", True, "whole number"),
            ("output_tokens", 10**16, "larger than"),
            ("cache_read_tokens", -5, "negative"),
            ("requests", 0, "less than 1"),
            ("attempt", 0, "less than 1"),
            ("cost", "-0.01", "negative"),
            ("cost", "NaN", "finite"),
            ("cost", "Infinity", "finite"),
            ("cost", "1e400", "larger"),
            ("cost", "1e-999", "decimals"),
            ("cost", "ten", "not a number"),
            ("cost", "1_0", "not a number"),
            ("cost", True, "not a number"),
            ("currency", "dollars", "currency"),
            ("status", "fine", "none of"),
            ("processing", "fast", "none of"),
            ("latency_ms", "soon", "not a number"),
            ("time", None, "missing"),
            ("time", "", "missing"),
            ("provider", None, "missing"),
            ("provider", "  ", "missing"),
            ("model", None, "missing"),
            ("time", "2026-11-02T14:00:00", "zone"),
            ("time", "2026-11-02", "zone"),
            ("time", "yesterday", "neither"),
            ("time", "2026-13-02T14:00:00Z", "exists"),
            ("time", "2014-12-31T23:59:59Z", "before 2015"),
            ("time", "2026-11-22T12:00:01Z", "ahead"),
            ("time", "0001-01-01T00:00:00+14:00", "exists"),
            ("time", 1793631600000, "milliseconds"),
            ("time", 1793631600000000000, "nanoseconds"),
            ("time", 0, "before 2015"),
            ("time", 10**40, "ahead"),
            ("time", [1], "not a number"),
            ("id", "x" * 501, "longer"),
            ("model", "x" * 501, "longer"),
            ("team", "x" * 501, "longer"),
            ("id", "a\x00b", "NUL"),
            ("customer", "a\x00b", "NUL"),
            ("user", ["a"], "not a text"),
            ("tags", ["a"], "object"),
        ],
    )
    def test_value_with_its_reason_and_field(self, field: str, value: Any, reason: str) -> None:
        with pytest.raises(RowRejected, match=reason) as caught:
            read(**{field: value})

        assert caught.value.field == field

    @pytest.mark.parametrize(
        ("literal", "reason"),
        [("NaN", "finite"), ("Infinity", "finite"), ("1E+400", "larger"), ("-1e-20", "negative")],
    )
    def test_number_that_is_no_cost(self, literal: str, reason: str) -> None:
        with pytest.raises(RowRejected, match=f"cost.*{reason}"):
            read_text(with_literal("cost", literal))

    @pytest.mark.parametrize("literal", ["3.0", "3e0"])
    def test_fraction_that_is_whole_is_no_count(self, literal: str) -> None:
        with pytest.raises(RowRejected, match="whole number"):
            read_text(with_literal("input_tokens", literal))

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"input_tokens": 5, "cache_read_tokens": 6}, "cache_read_tokens"),
            ({"input_tokens": 5, "cache_write_1h_tokens": 6}, "cache_write_1h_tokens"),
            ({"input_tokens": 5, "input_image_tokens": 6}, "input_image_tokens"),
            ({"cache_read_tokens": 6}, "cache_read_tokens"),
            ({"input_tokens": 9, "cache_read_tokens": 5, "cache_write_tokens": 5}, "input_tokens"),
            ({"output_tokens": 5, "reasoning_tokens": 6}, "reasoning_tokens"),
            (
                {"output_tokens": 9, "reasoning_tokens": 5, "output_audio_tokens": 5},
                "output_tokens",
            ),
            ({"reasoning_tokens": 1}, "reasoning_tokens"),
        ],
    )
    def test_parts_larger_than_their_whole(self, values: dict[str, int], field: str) -> None:
        with pytest.raises(RowRejected, match=r"larger|is not") as caught:
            read(**values)

        assert caught.value.field == field

    @pytest.mark.parametrize(
        "text", ["[]", "3", "null", '"text"', "{", "{} {}", '{"a": "\\ud800"}', "", "nonsense"]
    )
    def test_row_that_is_no_json_object(self, text: str) -> None:
        with pytest.raises(RowRejected, match="JSON"):
            read_text(text)

    @pytest.mark.parametrize("depth", [100, 900, 10_000])
    def test_deep_nesting(self, depth: int) -> None:
        with pytest.raises(RowRejected, match="deep"):
            read_text(with_literal("x", '{"a":' * depth + "1" + "}" * depth))

    @pytest.mark.parametrize(
        ("field", "value"),
        [("input_tokens", "3.0"), ("input_tokens", "-3"), ("cost", "-1"), ("tags", "[1]")],
    )
    def test_csv_text(self, field: str, value: str) -> None:
        with pytest.raises(RowRejected) as caught:
            read_csv(**{field: value})

        assert caught.value.field == field

    def test_defaults_that_are_no_dimensions(self) -> None:
        with pytest.raises(ValueError, match="model is none of"):
            read_text("{}", defaults={"model": "gpt-4o"})


class TestTimes:
    @pytest.mark.parametrize(
        ("given_time", "microsecond"),
        [
            ("2026-11-02T14:00:00Z", 0),
            ("2026-11-02t14:00:00z", 0),
            ("2026-11-02 14:00:00.9999999+00:00", 999999),
            ("2026-11-02T15:00:00.5+01:00", 500000),
            ("2026-11-02T09:30:00-04:30", 0),
            ("2026-11-02T13:59:60Z", 0),
            ("2026-11-02 14:00:00 UTC", 0),
            (1793628000, 0),
            (1793628000.25, 250000),
            ("1793628000.25", 250000),
        ],
    )
    def test_spellings_of_one_instant(self, given_time: Any, microsecond: int) -> None:
        started = read(time=given_time).started_at

        assert started == datetime(2026, 11, 2, 14, 0, 0, microsecond, UTC)
        assert started.tzinfo is UTC

    def test_a_day_ahead_is_the_last_that_counts(self) -> None:
        ahead = NOW + timedelta(days=1)

        assert read(time=ahead.isoformat()).started_at == ahead

    def test_zone_of_the_source_fills_in(self) -> None:
        row = msgspec.json.encode(CALL | {"time": "2026-11-02T15:00:00"}).decode()

        record = read_text(row, time_zone=ZoneInfo("Europe/Berlin"))

        assert record.started_at == datetime(2026, 11, 2, 14, tzinfo=UTC)


class TestCosts:
    @pytest.mark.parametrize(
        ("literal", "cost"),
        [
            ("0.00022500000000000002", "0.000225000000"),
            ("0.0000000000005", "0.000000000000"),
            ("0.0000000000015", "0.000000000002"),
            ("1e-300", "0.000000000000"),
            ("5", "5.000000000000"),
            ('"0.00022500000000000002"', "0.00022500000000000002"),
            ('"1.10"', "1.10"),
            ("1e12", "1000000000000.000000000000"),
        ],
    )
    def test_numbers_are_quantised_and_text_is_exact(self, literal: str, cost: str) -> None:
        found = read_text(with_literal("cost", literal)).reported_cost

        assert found is not None
        assert f"{found:f}" == cost

    def test_csv_is_text(self) -> None:
        assert read_csv(cost="0.10").reported_cost == Decimal("0.10")


class TestNames:
    @pytest.mark.parametrize("value", [None, "", "  ", "unallocated", " unallocated "])
    def test_missing_dimensions_are_none(self, value: str | None) -> None:
        assert read(team=value).team is None

    def test_blanks_around_are_taken_off(self) -> None:
        assert read(team=" growth ", id=" x ").team == "growth"

    def test_defaults_fill_what_a_row_lacks(self) -> None:
        row = msgspec.json.encode(CALL | {"team": "growth"}).decode()

        record = read_text(row, defaults={"team": "other", "feature": "search"})

        assert (record.team, record.feature) == ("growth", "search")

    def test_long_errors_and_tags_are_cut(self) -> None:
        record = read(error="e\x00" * 3000, tags={"t": "v\x00" * 600})

        assert record.error == "e" * 2000
        assert record.tags == {"t": "v" * 500}


class TestTags:
    def test_unknown_fields_become_tags(self) -> None:
        record = read(shard=7, flag=True, deep={"a": [1], "prompt": "words"}, tags={"shard": "own"})

        assert record.tags == {"shard": "own", "flag": "true", "deep": '{"a":[1]}'}

    @pytest.mark.parametrize("key", ["prompt", "Messages", "output", "inputText", "gen_ai.prompt"])
    def test_content_is_dropped(self, key: str) -> None:
        assert read(**{key: "words"}, tags={key: "words"}).tags is None

    def test_csv_columns_become_tags(self) -> None:
        assert read_csv(shard="7", prompt="words", tags='{"a":"b"}').tags == {
            "shard": "7",
            "a": "b",
        }


class TestIdentity:
    def test_an_id_is_enough(self) -> None:
        record = read(id="x")

        assert (record.call_ref, record.identity) == ("x", None)

    def test_spelling_does_not_matter(self) -> None:
        first = read_text('{"model":"m","time":1793631600,"provider":"p"}')
        second = read_text('{ "provider":"p", "time": 1793631600, "model":"m"}')

        assert first.identity == second.identity is not None

    def test_raw_values_matter_even_where_they_mean_the_same(self) -> None:
        assert read(cost="1.0").identity != read(cost="1.00").identity

    def test_csv_identity_knows_no_order(self) -> None:
        assert read_csv(team="a", user="b").identity == read_csv(user="b", team="a").identity


count = st.integers(0, 10**9)


@given(
    parts=st.lists(count, min_size=5, max_size=5),
    plain=count,
    answer=st.tuples(count, count, count),
    unknown=st.booleans(),
)
def test_disjoint_kinds_sum_to_what_the_source_said(
    parts: list[int], plain: int, answer: tuple[int, int, int], unknown: bool
) -> None:
    whole, output = plain + sum(parts), sum(answer)
    names = [name for name in INPUT_KINDS if name != "input_tokens"]
    extra = {"shard": "1"} if unknown else {}

    record = read(
        input_tokens=whole,
        **dict(zip(names, parts, strict=True)),
        output_tokens=output,
        reasoning_tokens=answer[0],
        output_audio_tokens=answer[1],
        **extra,
    )

    assert sum(getattr(record, kind) for kind in INPUT_KINDS) == whole
    assert sum(getattr(record, kind) for kind in OUTPUT_KINDS) == output


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*CALL, "cost", "tags", "attempt", "x"]), json_values))
def test_any_value_gives_a_record_or_a_reason(values: dict[str, Any]) -> None:
    try:
        read(**values)
    except RowRejected as rejected:
        reason = rejected.reason
    else:
        reason = "a record"
    assert reason


edges: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, "", "  ", "unallocated", " a ", "x" * 501, "x" * 499 + "  ", "usd", "ok", "batch"),
        *(0, 1, -1, 2**63, 1.5, "5", "3.0", "NaN", True),
        *({"a": "b"}, {"a": 1}, {"a": {"prompt": "b"}}, []),
    ]
)


@given(st.dictionaries(st.sampled_from(sorted(native.FIELDS)), edges, max_size=5))
def test_the_fast_and_the_careful_way_agree(values: dict[str, Any]) -> None:
    fast = msgspec.json.encode(CALL | values)
    # An escaped NUL in a tag makes the decoder take the careful way, and is then taken out.
    careful = fast[:-1] + b', "tags2": "\\u0000"}'

    assert outcome(fast) == outcome(careful)


def outcome(raw: bytes) -> tuple[str, str] | UsageRecord:
    try:
        record = read_text(raw.decode())
    except RowRejected as rejected:
        return rejected.reason, rejected.field
    record.identity = None
    record.tags = {key: tag for key, tag in (record.tags or {}).items() if key != "tags2"} or None
    return record


@given(st.binary(max_size=60))
def test_any_bytes_give_a_reason(raw: bytes) -> None:
    with pytest.raises(RowRejected):
        Costline().decoder(ReadOptions(now=NOW))(Row(1, raw))
