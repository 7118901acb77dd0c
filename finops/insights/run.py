"""One run, call by call: what it cost, which calls did no new work, and what a run usually costs.

Reads that run and no other; only what is typical comes from the daily sketch of its workflow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from finops.attribution.values import canonical, labels
from finops.domain.chain import Fate, Place, places
from finops.domain.dimensions import UNALLOCATED
from finops.domain.money import exact_sum
from finops.domain.periods import month_of, next_month
from finops.domain.usage import FAILED_STATUSES
from finops.domain.windows import Window
from finops.rollups.question import Question
from finops.rollups.runs import Run, RunCall, cost_percentiles, parts_of_run, run_detail
from finops.sql import snapshot

#: Calls of one run that are read at most; its own numbers hold all of them.
MOST_CALLS: Final = 20_000
#: For how long calls are kept, in days; what was made of them stays for good.
CALLS_KEPT: Final = 400


class RunPart(NamedTuple):
    """What one workflow took of a run; ``cost`` is None when none of its calls has a price."""

    workflow: str
    name: str
    cost: Decimal | None
    calls: int


class Burned(NamedTuple):
    """Calls that did no new work: how many, what they cost, and in which step they cost most."""

    calls: int
    cost: Decimal
    step: str


@dataclass(frozen=True)
class RunSeen:
    """A run with its calls in order; ``places`` tell the fate of each. Instants are UTC."""

    run: Run
    source: str
    calls: tuple[RunCall, ...]
    places: tuple[Place, ...]
    parts: tuple[RunPart, ...]
    typical: Decimal | None

    @property
    def workflow(self) -> RunPart:
        """The workflow that took most of it."""
        return self.parts[0]

    @property
    def spans_workflows(self) -> bool:
        """Say whether it holds calls of several workflows."""
        return len(self.parts) > 1

    @property
    def ended(self) -> datetime:
        """When its last call was answered, as far as that is known."""
        return max((end_of(call) for call in self.calls), default=self.run.started)

    @property
    def took(self) -> timedelta:
        """How long it took from the first call to the last answer."""
        return self.ended - self.run.started

    @property
    def ended_well(self) -> bool:
        """Say whether its last call was answered."""
        return bool(self.calls) and self.calls[-1].status not in FAILED_STATUSES

    @property
    def is_cut(self) -> bool:
        """Say whether it has more calls than are read."""
        return len(self.calls) >= MOST_CALLS

    @property
    def repeated(self) -> Burned:
        """Sum up the calls that repeat what was done."""
        return self._burned(Fate.REPEATED)

    @property
    def failed(self) -> Burned:
        """Sum up the calls that failed."""
        return self._burned(Fate.FAILED)

    def times_run(self, step: str) -> int:
        """Count the calls of a step."""
        return sum(1 for call in self.calls if call.step == step)

    def expired(self, now: datetime) -> bool:
        """Say whether its calls are gone because of their age."""
        return not self.calls and self.run.started < now - timedelta(days=CALLS_KEPT)

    def _burned(self, fate: Fate) -> Burned:
        calls = [c for c, place in zip(self.calls, self.places, strict=True) if place.fate is fate]
        by_step: dict[str, list[Decimal]] = {}
        for call in calls:
            by_step.setdefault(call.step or "", []).append(call.cost or Decimal(0))
        costs = {step: exact_sum(amounts) for step, amounts in by_step.items()}
        worst = max(costs, key=lambda step: (costs[step], len(by_step[step])), default="")
        return Burned(len(calls), exact_sum(costs.values()), worst)


def end_of(call: RunCall) -> datetime:
    """Say when a call was answered; without a latency when it began."""
    return call.started + timedelta(milliseconds=call.latency_ms or 0)


def describe_run(url_id: UUID, question: Question) -> RunSeen | None:
    """Read a run; None when there is no such run.

    What is typical is that of the question's period when the run belongs to it, and of the run's
    own month otherwise; it is None for a run of several workflows, which has nothing like it.
    """
    with snapshot():
        detail = run_detail(url_id, most=MOST_CALLS)
        if detail is None:
            return None
        parts = tuple(_parts(url_id))
        alone = len(parts) == 1
        window = _window(question, detail.run.started)
        typical = _typical(parts[0].workflow, window) if alone else None
    return RunSeen(
        run=detail.run,
        source=detail.source,
        calls=detail.calls,
        places=tuple(places(detail.calls)),
        parts=parts,
        typical=typical,
    )


def _parts(url_id: UUID) -> list[RunPart]:
    """Cut a run by workflow, dearest part first."""
    names, merged = labels("workflow"), canonical("workflow")
    by_workflow: dict[str, list[tuple[Decimal | None, int]]] = {}
    for workflow, cost, calls in parts_of_run(url_id):
        value = merged.get(workflow, workflow) or UNALLOCATED
        by_workflow.setdefault(value, []).append((cost, calls))
    parts = [
        RunPart(
            value,
            names.get(value, value),
            _sum([cost for cost, _ in found]),
            sum(calls for _, calls in found),
        )
        for value, found in by_workflow.items()
    ]
    return sorted(parts, key=lambda part: (-(part.cost or 0), -part.calls, part.workflow))


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    priced = [amount for amount in amounts if amount is not None]
    return exact_sum(priced) if priced else None


def _window(question: Question, started: datetime) -> Window:
    day = started.astimezone(question.zone).date()
    window = question.period.window
    if window.since <= day < window.until:
        return window
    return Window(month_of(day), next_month(day))


def _typical(workflow: str, window: Window) -> Decimal | None:
    return cost_percentiles(workflow, since=window.since, until=window.until).get("p50")
