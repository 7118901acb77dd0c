"""Interleaved rounds: A B A B …, so that a busy minute slows both sides of a ratio."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

#: A case does its set-up, then its work, and gives the seconds of the work alone.
Case = Callable[[], float]


@dataclass(frozen=True)
class Ratio:
    """A median of the rounds' own ratios, and their range."""

    median: float
    low: float
    high: float


@dataclass
class Rounds:
    """Seconds of every case in every round, and the load average when each round began."""

    seconds: list[dict[str, float]] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)

    def median(self, case: str) -> float:
        """Give the median seconds of a case."""
        return median(each[case] for each in self.seconds)

    def ratio(self, case: str, over: str) -> Ratio:
        """Compare the seconds of two cases, round by round."""
        ratios = [each[case] / each[over] for each in self.seconds]
        return Ratio(median(ratios), min(ratios), max(ratios))


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``details`` go to the file, ``notes`` to the screen as well."""

    name: str
    ratio: Ratio | None
    absolute: str
    rounds: int
    loads: list[float]
    notes: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def interleave(cases: Mapping[str, Case], rounds: int) -> Rounds:
    """Run every case once per round, always in the same order."""
    done = Rounds()
    for _ in range(rounds):
        done.loads.append(round(os.getloadavg()[0], 2))
        done.seconds.append({name: case() for name, case in cases.items()})
    return done


def seconds_of(work: Callable[[], object]) -> float:
    """Time one piece of work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def percentile(values: list[float], rank: int) -> float:
    """Give the value at a percentile (nearest rank)."""
    return sorted(values)[max(0, -(-len(values) * rank // 100) - 1)]
