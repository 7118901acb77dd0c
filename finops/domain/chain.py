"""What became of each call of a run: it did its work, it failed, or it repeated what was done.

Agents call one step several times for good reasons, so not every second call is waste. A call
repeats when it is another attempt at a step that had answered already, or when its step has run
more often than any healthy one does: a loop. A failed call is only failed, so that no dollar is
both. ``rollups/sql/step_costs.sql`` says the same for whole workflows; a test holds them together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from finops.domain.usage import FAILED_STATUSES

#: A step that runs more often than this in one run goes round in circles.
LOOP_AFTER: Final = 10


class Fate(StrEnum):
    """What became of a call."""

    FINE = "fine"
    REPEATED = "repeated"
    FAILED = "failed"


class Link(Protocol):
    """What is looked at."""

    @property
    def step(self) -> str | None: ...  # noqa: D102 - the shape of a call
    @property
    def attempt(self) -> int: ...  # noqa: D102 - likewise
    @property
    def status(self) -> str: ...  # noqa: D102 - likewise


class Place(NamedTuple):
    """A call's fate, and the how-manieth call of its step it is; 1 without a step."""

    fate: Fate
    nth: int


def places(calls: Iterable[Link]) -> list[Place]:
    """Tell the fate of each call of one run, given in the order in which they started."""
    seen: Counter[str] = Counter()
    answered: set[str] = set()
    found = []
    for call in calls:
        step = call.step
        if step is not None:
            seen[step] += 1
        nth = seen[step] if step is not None else 1
        found.append(Place(_fate(call, nth, had_answer=step in answered), nth))
        if step is not None and call.status not in FAILED_STATUSES:
            answered.add(step)
    return found


def _fate(call: Link, nth: int, *, had_answer: bool) -> Fate:
    if call.status in FAILED_STATUSES:
        return Fate.FAILED
    if nth > LOOP_AFTER or (call.attempt > 1 and had_answer):
        return Fate.REPEATED
    return Fate.FINE
