"""The calls of a company as one stream, ordered by time, however long.

Every hour gets its quota of calls from the company's rhythm, every minute of it its part. Runs
start until the quota is met and are written out at once; their rows wait until no later run can
start before them. So memory holds the runs in flight and nothing else.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

from ingest.generator.clock import DAY, HOUR, MINUTE, to_ms
from ingest.generator.company import Company, Runaway
from ingest.generator.default_company import DEFAULT
from ingest.generator.dialects import NATIVE, Dialect
from ingest.generator.lanes import Lane, lane_at, turning_points
from ingest.generator.runs import Row, RunWriter

#: No run starts in the last minutes of a long file, so that nearly all of them end within it.
TAIL: Final = 10 * MINUTE
#: One minute in so many is a burst, with so many times the calls.
BURST_EVERY: Final = 120
BURST: Final = 10.0
#: From this many calls on a file has its run across two workflows.
MIN_CALLS_TO_CROSS: Final = 4


class Mix(NamedTuple):
    """The lanes of one hour, and the running sums of how often each starts a run."""

    lanes: tuple[Lane, ...]
    cumulative: list[float]
    calls: float  # weight of the hour, in calls


class Hour(NamedTuple):
    """One hour of the file: when runs may start, and how many calls are to be out by its end."""

    begin: int
    end: int
    target: int
    mix: Mix


def usage_rows(
    *,
    seed: int,
    calls: int,
    start: datetime,
    end: datetime,
    company: Company = DEFAULT,
    dialect: Dialect = NATIVE,
    reported_cost_share: float = 0.0,
) -> Iterator[bytes]:
    """Yield exactly ``calls`` lines of a dialect, sorted by time, all in [start, end).

    The same arguments give the same bytes on every machine. Each run belongs to one workflow, but
    for one that two share where the company wants it (given 4 calls and two workflows).
    ``reported_cost_share`` of the answered calls say what they cost. The dialect's header is the
    caller's to write. Raises ValueError for arguments that make no sense.
    """
    start_ms, end_ms = to_ms(start), to_ms(end)
    if calls < 0 or start_ms >= end_ms or not 0 <= reported_cost_share <= 1:
        raise ValueError("calls ≥ 0, start < end and 0 ≤ reported_cost_share ≤ 1 are needed")
    identity = f"{company.name}:{seed}:{calls}:{start_ms}:{end_ms}"
    salt = int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest(), "big")
    rng = Random(seed)
    writer = RunWriter(
        company=company,
        dialect=dialect,
        rng=rng,
        salt=salt,
        end_ms=end_ms,
        reported_cost_share=reported_cost_share,
    )
    hours = _hours(company, calls=calls, start=start_ms, end=end_ms)
    starter = _Starter(company, writer, rng, calls, start_ms)
    return _in_order(starter, hours, rng)


def _in_order(starter: _Starter, hours: Iterator[Hour], rng: Random) -> Iterator[bytes]:
    """Start the runs minute by minute, and let their rows go once none can come before them."""
    waiting: list[Row] = []
    for hour in hours:
        issued = starter.issued
        for begin, end, part in _minutes(hour, rng):
            target = hour.target if part >= 1 else issued + int((hour.target - issued) * part)
            waiting += starter.start_runaways(hour.mix, end)
            while starter.issued < target:
                waiting += starter.start_run(hour.mix, begin, end)
            if not waiting:
                continue
            waiting.sort()
            ready = bisect_right(waiting, Row(end, 0, b""))
            for row in waiting[:ready]:
                yield row.line
            del waiting[:ready]
    for row in waiting:
        yield row.line


def _minutes(hour: Hour, rng: Random) -> Iterator[tuple[int, int, float]]:
    """Cut an hour into minutes: begin, end, and the part of its calls due by then."""
    begins = range(hour.begin, hour.end, MINUTE)
    weights = []
    for _ in begins:
        luck = rng.random()
        weights.append(BURST if luck * BURST_EVERY < 1 else 0.5 + luck)
    due = list(accumulate(weights))
    for begin, running in zip(begins, due, strict=True):
        end = min(begin + MINUTE, hour.end)
        yield begin, end, 1.0 if end == hour.end else running / due[-1]


class _Starter:
    """Starts runs, keeps count of their calls, and slips in the one run across two workflows.

    That run comes exactly half-way, so both halves of the file are filled to the last call.
    Runaways come on top of an hour's quota, and the rest of the file makes up for them.
    """

    def __init__(
        self, company: Company, writer: RunWriter, rng: Random, calls: int, start: int
    ) -> None:
        self.issued = 0
        self._writer = writer
        self._rng = rng
        self._calls = calls
        several = calls >= MIN_CALLS_TO_CROSS and len(company.workflows) > 1
        self._cross = company.shared_run and several
        self._runaways = _runaways(company, start)

    def start_runaways(self, mix: Mix, end: int) -> list[Row]:
        """Start the runs without an end that are due before a moment; return their rows."""
        rows: list[Row] = []
        while self._runaways and self._runaways[-1][0] < end:
            begin, workflow, runaway = self._runaways.pop()
            calls = min(runaway.calls, self._calls - self.issued)
            if calls:
                lane = next(lane for lane in mix.lanes if lane.workflow.name == workflow)
                rows += self._writer.write(lane, begin=begin, calls=calls, loop=runaway.step)
                self.issued += calls
        return rows

    def start_run(self, mix: Mix, begin: int, end: int) -> list[Row]:
        """Start one run at some moment of [begin, end) and return its rows."""
        moment = begin + int(self._rng.random() * (end - begin))
        half, successor = self._calls // 2, None
        room = (half if self._cross else self._calls) - self.issued
        if room <= 0:
            self._cross = False
            lane, successor = _two_workflows(mix)
            calls = min(max(2, self._length(lane)), self._calls - self.issued)
        else:
            lane = self._rng.choices(mix.lanes, cum_weights=mix.cumulative)[0]
            calls = self._length(lane)
            if calls > room:
                lane, calls = _filler(mix, lane, room)
        self.issued += calls
        return self._writer.write(lane, begin=moment, calls=calls, successor=successor)

    def _length(self, lane: Lane) -> int:
        low, high = lane.calls_per_run
        return low + int(self._rng.random() * (high - low + 1))


def _runaways(company: Company, start: int) -> list[tuple[int, str, Runaway]]:
    """List the runaways after a moment by time, the last one first."""
    found = [
        (to_ms(runaway.at), workflow.name, runaway)
        for workflow in company.workflows
        for runaway in workflow.runaways
    ]
    after = [each for each in found if each[0] >= start]
    return sorted(after, key=lambda each: each[0], reverse=True)


def _two_workflows(mix: Mix) -> tuple[Lane, Lane]:
    """Return two workflows that may share a run, agents first: their runs are long enough."""
    named = [lane for lane in mix.lanes if lane.workflow.name]
    first, second, *_ = sorted(named, key=lambda lane: lane.workflow.profile.growth is None)
    return first, second


def _filler(mix: Mix, lane: Lane, room: int) -> tuple[Lane, int]:
    """Return what fits where a whole run does not: a call that stands alone, else a cut run."""
    alone = next((lane for lane in mix.lanes if not lane.workflow.name), None)
    return (lane, room) if alone is None else (alone, 1)


def _hours(company: Company, *, calls: int, start: int, end: int) -> Iterator[Hour]:
    """Cut [start, end) into hours and deal the calls out to them, by the weights of their mixes."""
    last_start = end - TAIL if end - start >= HOUR else end
    mixes = _Mixes(company)
    bounds = [
        (max(start, hour * HOUR), min(last_start, (hour + 1) * HOUR))
        for hour in range(start // HOUR, -(-last_start // HOUR))
    ]
    due = list(accumulate(_weight(company, mixes, start, bound) for bound in bounds))
    for index, (begin, until) in enumerate(bounds):
        # Rounding must not lose the last call.
        target = calls if index == len(due) - 1 else int(calls * (due[index] / due[-1]))
        yield Hour(begin, until, target, mixes.at(begin))


def _weight(company: Company, mixes: _Mixes, start: int, bound: tuple[int, int]) -> float:
    begin, until = bound
    growth = 1 + company.daily_growth * ((begin - start) // DAY)
    return mixes.at(begin).calls * growth * (until - begin) / HOUR


class _Mixes:
    """The mix of every hour; equal hours of a week share one until a workflow changes."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._turning_points = turning_points(company)
        self._lanes: dict[int, tuple[Lane, ...]] = {}
        self._mixes: dict[tuple[int, int], Mix] = {}

    def at(self, moment: int) -> Mix:
        """Return the mix of the hour that holds a moment (ms since 1970)."""
        hour = moment // HOUR
        era = bisect_right(self._turning_points, hour * HOUR)
        key = (era, hour % (7 * 24))
        if key not in self._mixes:
            self._mixes[key] = self._mix(self._lanes_of(era, hour), hour)
        return self._mixes[key]

    def _lanes_of(self, era: int, hour: int) -> tuple[Lane, ...]:
        if era not in self._lanes:
            company = self._company
            workflows = (*company.workflows, *company.direct)
            self._lanes[era] = tuple(lane_at(company, each, hour * HOUR) for each in workflows)
        return self._lanes[era]

    @staticmethod
    def _mix(lanes: tuple[Lane, ...], hour: int) -> Mix:
        runs = list(accumulate(lane.runs_weight(hour) for lane in lanes))
        return Mix(lanes, runs, sum(lane.calls_weight(hour) for lane in lanes))
