"""Larkmoor as data: who works there, when things happen, and what its files say."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain.usage import UsageRecord
from ingest.formats import format_named
from ingest.generator import usage_rows
from ingest.generator.demo_company import (
    COMPANY,
    DAYS,
    EXTRACTOR,
    FEATURES,
    FLAT_RATE_CUSTOMER,
    OWN_PROVIDER,
    SOURCES,
    TRIAL,
    Calendar,
    Gateway,
    gateways,
)
from ingest.generator.dialects import (
    LITELLM,
    NATIVE,
    TABLE,
    TABLE_COLUMNS,
    TABLE_MAPPING,
    Dialect,
)
from ingest.source_format import ReadOptions, Row

NOW = datetime(2025, 11, 21, 15, 20, tzinfo=UTC)
CALENDAR = Calendar(NOW, NOW.replace(day=1, hour=0, minute=0))
GATEWAYS = gateways(CALENDAR)
WORKFLOWS = [workflow for gateway in GATEWAYS for workflow in gateway.company.workflows]
HOUR = timedelta(hours=1)

Calls = list[dict[str, Any]]


@pytest.fixture(scope="module")
def calls() -> Calls:
    """20,000 calls of the company, whatever their route, each in the native dialect."""
    return [
        json.loads(line)
        for gateway in gateways(CALENDAR, calls=20_000)
        for line in usage_rows(
            seed=1,
            calls=gateway.calls,
            start=CALENDAR.start,
            end=NOW,
            company=gateway.company,
        )
    ]


# --- who ----------------------------------------------------------------------------------------


def test_it_is_as_large_as_promised() -> None:
    agents = [flow for flow in WORKFLOWS if flow.name.endswith("-agent")]

    assert (len(FEATURES), len(set(FEATURES.values())), len(set(COMPANY.customers))) == (6, 5, 60)
    assert (len(WORKFLOWS), len(agents)) == (12, 5)
    assert {flow.feature for flow in WORKFLOWS} == set(FEATURES)
    assert FLAT_RATE_CUSTOMER in COMPANY.customers
    assert sum(gateway.calls for gateway in GATEWAYS) == 300_000


def test_its_agents_take_5_to_20_calls_on_every_date() -> None:
    lengths = [
        change.calls_per_run
        for flow in WORKFLOWS
        if flow.name.endswith("-agent")
        for change in (flow, *flow.changes)
        if change.calls_per_run
    ]

    assert all(5 <= low <= high <= 20 for low, high in lengths)


def test_it_uses_8_models_of_4_providers(calls: Calls) -> None:
    models = {(call["provider"], call["model"]) for call in calls}

    assert len(models) == 8
    assert len({provider for provider, _ in models}) == 4
    assert {name for provider, name in models if provider == OWN_PROVIDER} == {
        EXTRACTOR.name,
        TRIAL.name,
    }


def test_litellm_default_rules_hold_for_the_source_that_speaks_litellm() -> None:
    spoken = {gateway.source: gateway.dialect for gateway in GATEWAYS}

    assert list(spoken) == list(SOURCES)
    assert spoken["litellm-sample"] is LITELLM


@pytest.mark.parametrize("calls", [1, 2, 3, 17, 1_000, 299_999])
def test_its_routes_carry_exactly_so_many_calls(calls: int) -> None:
    assert sum(gateway.calls for gateway in gateways(CALENDAR, calls=calls)) == calls


# --- when ---------------------------------------------------------------------------------------


MOMENTS = st.integers(0, 20 * 366 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(MOMENTS, st.integers(min_value=-14, max_value=14))
def test_on_every_day_in_every_zone_the_dear_prompt_and_the_bad_night_are_this_month(
    now: datetime, zone: int
) -> None:
    local = now + zone * HOUR
    month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - zone * HOUR
    calendar = Calendar(now, month)

    for moment in (calendar.prompt_change, calendar.runaway):
        assert month <= moment <= now
        assert now - moment < timedelta(days=13)
    assert now - calendar.runaway < timedelta(days=4)


@given(MOMENTS)
def test_changes_take_effect_on_full_hours_within_the_120_days(now: datetime) -> None:
    calendar = Calendar(now, now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
    moments = [calendar.caching_on, calendar.price_change, calendar.outage, calendar.trial]

    assert moments == sorted(moments)
    assert all(calendar.start < moment < now for moment in moments)
    assert all((moment.minute, moment.second) == (0, 0) for moment in moments)
    assert timedelta(days=DAYS) <= now - calendar.start < timedelta(days=DAYS + 1)


# --- what the calls say -------------------------------------------------------------------------


def ok(calls: Calls, **wanted: str) -> Calls:
    return [
        call
        for call in calls
        if call["status"] == "ok" and all(call.get(k) == v for k, v in wanted.items())
    ]


def at(call: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(call["time"])


def test_three_runs_of_one_night_take_one_step_again_and_again(calls: Calls) -> None:
    runs: dict[str, Calls] = defaultdict(list)
    for call in calls:
        if call.get("run"):
            runs[call["run"]].append(call)
    endless = sorted((run for run in runs.values() if len(run) > 20), key=len, reverse=True)

    assert [len(run) for run in endless] == [96, 41, 33]
    for run in endless:
        steps = Counter(call["step"] for call in run)
        assert steps.most_common(1)[0][0] == "compare-to-playbook"
        assert {call["workflow"] for call in run} == {"contract-review-agent"}
        assert CALENDAR.runaway <= at(run[0]) < CALENDAR.runaway + 6 * HOUR


def test_the_new_prompt_compares_three_times(calls: Calls) -> None:
    reviews = ok(calls, workflow="contract-review-agent")
    versions = {call["tags"]["prompt"] for call in reviews if at(call) < CALENDAR.prompt_change}
    runs = defaultdict(list)
    for call in reviews:
        if call["tags"]["prompt"] == "v14":
            runs[call["run"]].append(call["step"])
    repeated = [max(len(list(same)) for _, same in groupby(steps)) for steps in runs.values()]

    assert versions == {"v13"}
    assert len(repeated) > 20
    assert sorted(repeated)[len(repeated) // 2] == 3


def test_the_summaries_read_from_a_cache_since_it_was_switched_on(calls: Calls) -> None:
    summaries = ok(calls, workflow="sales-call-summaries")
    before = [call for call in summaries if at(call) < CALENDAR.caching_on]
    since = [call for call in summaries if at(call) > CALENDAR.caching_on + HOUR]

    assert not any(call.get("cache_read_tokens") for call in before)
    assert sum(call["cache_read_tokens"] for call in since) > 0.5 * sum(
        call["input_tokens"] for call in since
    )


def test_on_a_bad_afternoon_many_calls_fail_and_are_tried_again() -> None:
    afternoon = usage_rows(
        seed=1,
        calls=2_000,
        start=CALENDAR.outage,
        end=CALENDAR.outage + 5 * HOUR,
        company=GATEWAYS[2].company,
    )
    summaries = [c for c in map(json.loads, afternoon) if c.get("workflow", "")[:5] == "sales"]
    failed = [call for call in summaries if call["status"] in {"error", "timeout"}]

    assert len(failed) > 0.2 * len(summaries) > 100
    assert any(call["attempt"] > 2 for call in summaries)


def test_the_trial_began_on_its_day(calls: Calls) -> None:
    trial = [call for call in calls if call["model"] == TRIAL.name]

    assert trial
    assert min(map(at, trial)) >= CALENDAR.trial


def test_few_calls_say_nothing_about_themselves(calls: Calls) -> None:
    silent = [call for call in calls if "workflow" not in call]

    assert 0.015 < len(silent) / len(calls) < 0.05
    assert any(call.get("tags", {}).get("service") for call in silent)


# --- how they are written -----------------------------------------------------------------------


def read(dialect: Dialect, lines: Iterator[bytes]) -> list[UsageRecord]:
    """The records that the import makes of a dialect's lines."""
    if dialect is TABLE:
        decode = format_named("mapped").decoder(ReadOptions(now=NOW, mapping=TABLE_MAPPING))
        names = [column for column, _ in TABLE_COLUMNS]
        rows = (
            Row(n, line, dict(zip(names, line.decode().rstrip("\n").split(","), strict=True)))
            for n, line in enumerate(lines)
        )
    else:
        decode = format_named("litellm" if dialect is LITELLM else "costline").decoder(
            ReadOptions(now=NOW, time_zone=UTC)
        )
        rows = (Row(n, line) for n, line in enumerate(lines))
    return [record for record in map(decode, rows) if record is not None]


@pytest.mark.parametrize("gateway", GATEWAYS, ids=lambda gateway: gateway.source)
@pytest.mark.parametrize("dialect", [LITELLM, TABLE], ids=["litellm", "table"])
def test_every_dialect_tells_the_same(gateway: Gateway, dialect: Dialect) -> None:
    def told(by: Dialect) -> list[UsageRecord]:
        stream = usage_rows(
            seed=1,
            calls=2_000,
            start=CALENDAR.start,
            end=NOW,
            company=gateway.company,
            dialect=by,
        )
        return read(by, stream)

    for native, other in zip(told(NATIVE), told(dialect), strict=True):
        assert other.started_at == native.started_at
        assert (other.provider, other.model) == (native.provider, native.model)
        assert gateway.company.api_key_id in (other.tags or {}).values()
        assert (other.output_tokens or 0) == (native.output_tokens or 0)
        kinds = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
        assert [getattr(other, k) or 0 for k in kinds] == [getattr(native, k) or 0 for k in kinds]
        assert (other.status in {"ok", "cached"}) == (native.status in {"ok", "cached"})
        assert other.latency_ms == pytest.approx(native.latency_ms)


def test_a_file_is_the_same_bytes_again_and_never_half_there(tmp_path: Path) -> None:
    gateway = gateways(CALENDAR, calls=900)[2]

    for name in ("one.csv.gz", "two.csv.gz"):
        gateway.write(tmp_path / name, CALENDAR)
    text = gzip.decompress((tmp_path / "one.csv.gz").read_bytes())

    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()
    assert text.startswith(TABLE.header)
    assert text.count(b"\n") == gateway.calls + 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.csv.gz", "two.csv.gz"]


def test_no_value_of_the_table_needs_quotes() -> None:
    gateway = GATEWAYS[2]
    stream = usage_rows(
        seed=1,
        calls=5_000,
        start=CALENDAR.start,
        end=NOW,
        company=gateway.company,
        dialect=TABLE,
    )
    for line in islice(stream, 5_000):
        assert line.count(b",") == len(TABLE_COLUMNS) - 1
        assert b'"' not in line
