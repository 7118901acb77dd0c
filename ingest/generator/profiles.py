"""How large and how slow calls are: token and latency distributions measured on real traffic.

A distribution is five quantiles, drawn from a table that is filled with square roots alone.
IEEE 754 rounds those exactly, so every machine draws the same numbers; ``exp`` and ``log`` differ
between C libraries in the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import sqrt
from typing import Final

#: Entries of a drawing table; the largest values come up once in so many draws.
TABLE_SIZE: Final = 4096


@dataclass(frozen=True)
class Spread:
    """A positive, skewed distribution, by its smallest value, p50, p90, p99 and largest value."""

    low: int
    p50: int
    p90: int
    p99: int
    high: int

    @cached_property
    def table(self) -> tuple[int, ...]:
        """``TABLE_SIZE`` values, ascending; a uniform pick among them follows the spread."""
        knots = (
            (0.0, self.low),
            (0.5, self.p50),
            (0.9, self.p90),
            (0.99, self.p99),
            (1.0, self.high),
        )
        values: list[int] = []
        for (left, low), (right, high) in pairwise(knots):
            while len(values) < TABLE_SIZE and (len(values) + 0.5) / TABLE_SIZE < right:
                share = ((len(values) + 0.5) / TABLE_SIZE - left) / (right - left)
                values.append(round(_between(low, high, share)))
        return tuple(values)


def _between(low: float, high: float, share: float) -> float:
    """Return ``low · (high / low) ** share``, exactly the same on every machine."""
    value, ratio = float(low), high / low
    for _ in range(16):
        ratio = sqrt(ratio)
        share *= 2
        if share >= 1:
            value *= ratio
            share -= 1
    return value


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What the calls of one kind of workload look like.

    Tokens are per call, times in milliseconds, ``…_share`` a probability per call, ``…_permille``
    an inclusive range. With ``growth`` a run is one conversation: every call sends all that went
    before. ``cold`` is the cached part of a run's first prompt, ``warm`` of the others.
    """

    name: str
    prompt: Spread
    output: Spread
    growth: Spread | None = None
    context_limit: int = 200_000
    warm_permille: tuple[int, int] = (0, 0)
    cold_permille: tuple[int, int] = (0, 0)
    reasoning_permille: tuple[int, int] | None = None
    error_share: float = 0.011
    timeout_share: float = 0.004
    abort_share: float = 0.0
    gateway_cached_share: float = 0.0
    helper_share: float = 0.0
    first_token: Spread = Spread(120, 450, 1_300, 4_000, 20_000)
    ms_per_output_token: int = 14
    pause: Spread = Spread(500, 2_000, 8_000, 30_000, 90_000)


#: Chat API: Azure 2023 conversations; people pause between the turns.
CHAT: Final = Profile(
    name="chat",
    prompt=Spread(20, 1_020, 2_735, 4_142, 14_050),
    output=Spread(1, 129, 424, 601, 1_000),
    warm_permille=(400, 900),
    cold_permille=(0, 600),
    gateway_cached_share=0.02,
    pause=Spread(4_000, 26_000, 75_000, 160_000, 240_000),
)

#: Classification and extraction in bulk: ServeGen m-small and m-mid.
BATCH: Final = Profile(
    name="batch",
    prompt=Spread(12, 110, 410, 900, 2_400),
    output=Spread(1, 8, 53, 142, 411),
    gateway_cached_share=0.03,
    pause=Spread(800, 9_000, 22_000, 45_000, 90_000),
)

#: Coding and tool agents: prompts grow call by call, and nearly all of them is read from a cache.
AGENT: Final = Profile(
    name="agent",
    prompt=Spread(3_000, 17_000, 34_000, 60_000, 90_000),
    output=Spread(5, 105, 510, 2_100, 8_000),
    growth=Spread(200, 2_400, 9_000, 24_000, 45_000),
    context_limit=184_000,
    warm_permille=(950, 988),
    cold_permille=(500, 800),
    abort_share=0.04,
    helper_share=0.08,
    pause=Spread(800, 9_000, 45_000, 150_000, 240_000),
)

#: Reasoning models: short questions, long answers, three quarters of them reasoning (DeepSeek-R1).
REASONING: Final = Profile(
    name="reasoning",
    prompt=Spread(15, 188, 1_235, 19_076, 43_995),
    output=Spread(40, 913, 4_054, 12_907, 29_403),
    reasoning_permille=(650, 850),
    gateway_cached_share=0.005,
    first_token=Spread(400, 1_500, 6_000, 20_000, 60_000),
    ms_per_output_token=11,
    pause=Spread(3_000, 18_000, 60_000, 150_000, 240_000),
)
