"""The stream as a whole: the same bytes again, in order, and no larger in memory when longer."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, pairwise
from typing import Any

import pytest

from ingest.generator import usage_rows

START = datetime(2026, 9, 1, tzinfo=UTC)
END = datetime(2026, 9, 15, tzinfo=UTC)
Calls = list[dict[str, Any]]


def rows(calls: int, *, seed: int = 1, end: datetime = END) -> Iterator[bytes]:
    return usage_rows(seed=seed, calls=calls, start=START, end=end)


def digest(calls: int, *, seed: int) -> str:
    return hashlib.sha256(b"".join(rows(calls, seed=seed))).hexdigest()


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert digest(3_000, seed=5) == digest(3_000, seed=5)


def test_the_bytes_are_the_same_on_every_machine() -> None:
    """Change this digest only with a reason: benchmarks of old and new files stop comparing."""
    assert digest(3_000, seed=5)[:16] == "0f2cbac9f3b11a03"


def test_another_seed_or_period_shares_no_id() -> None:
    ids = [
        {json.loads(row)["id"] for row in stream}
        for stream in (
            rows(500, seed=1),
            rows(500, seed=2),
            rows(501, seed=1),
            rows(500, end=END + timedelta(days=1)),
        )
    ]
    assert len(set.union(*ids)) == sum(map(len, ids))


@pytest.mark.parametrize("calls", [0, 1, 2, 3, 4, 5, 7, 50, 1_001])
def test_there_are_exactly_as_many_rows_as_asked_for(calls: int) -> None:
    assert sum(1 for _ in rows(calls)) == calls


@pytest.mark.parametrize(
    "length", [timedelta(milliseconds=1), timedelta(seconds=3), timedelta(hours=2)]
)
def test_a_short_period_holds_all_its_calls(length: timedelta) -> None:
    times = [
        datetime.fromisoformat(json.loads(row)["time"]) for row in rows(400, end=START + length)
    ]
    assert len(times) == 400
    assert times == sorted(times)
    assert START <= times[0] <= times[-1] < START + length


def test_rows_are_single_lines() -> None:
    sample = list(rows(200))
    assert all(row.endswith(b"\n") and row.count(b"\n") == 1 for row in sample)


def test_calls_come_in_order_of_time_within_the_period(usage: Calls) -> None:
    times = [datetime.fromisoformat(call["time"]) for call in usage]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert times[0] >= START
    assert times[-1] < END


def test_a_period_may_start_at_any_moment_of_any_zone() -> None:
    start = datetime(2026, 9, 1, 9, 17, 3, 500, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    end = start + timedelta(hours=30)
    stream = usage_rows(seed=1, calls=2_000, start=start, end=end)
    times = [datetime.fromisoformat(json.loads(row)["time"]) for row in stream]
    assert start <= times[0] <= times[-1] < end


def test_ids_and_response_ids_are_unique(usage: Calls) -> None:
    assert len({call["id"] for call in usage}) == len(usage)
    answers = [call["response_id"] for call in usage if "response_id" in call]
    assert len(set(answers)) == len(answers)
    assert len(answers) > 0.9 * len(usage)


def test_a_longer_stream_needs_no_more_memory() -> None:
    """The quarter million that is read here belongs to a file of a hundred million calls."""
    stream = usage_rows(seed=1, calls=100_000_000, start=START, end=START + timedelta(days=900))
    tracemalloc.start()
    try:
        for _ in islice(stream, 20_000):
            pass
        tracemalloc.reset_peak()
        for _ in islice(stream, 60_000):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24 * 2**20


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls": -1},
        {"end": START},
        {"start": START.replace(tzinfo=None)},
        {"reported_cost_share": 1.5},
    ],
)
def test_senseless_arguments_are_refused_at_once(wrong: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"seed": 1, "calls": 1, "start": START, "end": END}
    with pytest.raises(ValueError, match=r"needed|time zone"):
        usage_rows(**(arguments | wrong))
