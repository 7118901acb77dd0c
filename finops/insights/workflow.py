"""Everything that a workflow's page says, read in one snapshot, so that its parts sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from finops.attribution.values import canonical, spellings
from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.domain.periods import day_start
from finops.domain.usage import FAILED_STATUSES
from finops.domain.windows import Window
from finops.insights.overview import Part, parts_of
from finops.models import DimensionValue
from finops.rollups.queries import complete_to
from finops.rollups.question import Question
from finops.rollups.runs import (
    Run,
    RunKind,
    RunSizes,
    cost_percentiles,
    last_run_before,
    run_sizes,
    runs_of,
)
from finops.rollups.spend import total
from finops.rollups.steps import StepCost, bounded, step_costs, steps_of_runs
from finops.sql import load_sql, snapshot

_DAY: Final = timedelta(days=1)


class Runs(NamedTuple):
    """The runs that were asked for, with their steps; ``more`` says that there are others."""

    window: Window
    kind: RunKind
    found: tuple[Run, ...]
    steps: Mapping[str, Sequence[StepCost]]
    more: bool


class Half(NamedTuple):
    """A workflow in one window: all its calls, those that failed, and its runs."""

    all: Measures
    failed: Measures
    sizes: RunSizes
    cost_per_run: Mapping[str, Decimal]

    @property
    def typical(self) -> Decimal | None:
        """What the median run cost."""
        return self.cost_per_run.get("p50")


@dataclass(frozen=True)
class WorkflowSeen:
    """A workflow now and before; ``models`` sum exactly to ``now.all``, and so do those before.

    ``steps`` are those of ``steps_window``, which is shorter than the period when that holds too
    many calls. ``last_run`` is only looked for when the period has no run.
    """

    now: Half
    before: Half
    models: tuple[Part, ...]
    steps: tuple[StepCost, ...]
    steps_window: Window
    runs: Runs
    last_run: datetime | None
    complete_to: datetime | None

    @property
    def has_steps(self) -> bool:
        """Say whether any call named its step."""
        return any(step.step for step in self.steps)


class Identity(NamedTuple):
    """What a workflow is called and who answers for it; ``last_day`` is its last with calls."""

    value: str
    name: str
    technical_owner: str
    business_owner: str
    last_day: date | None


def final_value(value: str) -> str:
    """Give what a workflow is read as: the one that it was merged into, or itself."""
    return canonical("workflow").get(value, value)


def identity(value: str) -> Identity | None:
    """Say who a workflow is; None for one that nobody has described and no call has ever named."""
    stored = [""] if value == UNALLOCATED else spellings("workflow", value)
    with snapshot() as cursor:
        cursor.execute(load_sql("insights/last_day.sql"), {"values": stored})
        last_day: date | None = cursor.fetchone()[0]
        described = (
            DimensionValue.objects.select_related("technical_owner", "business_owner")
            .filter(dimension="workflow", value=value)
            .first()
        )
    if described is None and last_day is None and value != UNALLOCATED:
        return None
    owners = (described.technical_owner, described.business_owner) if described else (None, None)
    technical, business = (owner.name or owner.email if owner else "" for owner in owners)
    return Identity(value, str(described or value), technical, business, last_day)


def only(question: Question, value: str) -> Question:
    """Ask the same about one workflow, whole: its runs know no other dimension."""
    return replace(question, filters={"workflow": (value,)})


def describe_workflow(
    question: Question, value: str, *, kind: RunKind, day: date | None, limit: int
) -> WorkflowSeen:
    """Read a workflow for the question's period; ``day`` narrows the listed runs to one day."""
    period = question.period
    asked = only(question, value)
    with snapshot() as cursor:
        models = tuple(parts_of(asked, "model"))
        steps_window = bounded(period.window)
        now = _half(asked, period.window, value, [part.now for part in models])
        shown = Window(day, day + _DAY) if day else period.window
        return WorkflowSeen(
            now=now,
            before=_half(asked, period.before, value, [part.before for part in models]),
            models=models,
            steps=tuple(step_costs(value, steps_window)),
            steps_window=steps_window,
            runs=_runs(value, shown, kind=kind, limit=limit),
            last_run=_last_run(question, value) if not now.sizes.runs else None,
            complete_to=complete_to(cursor),
        )


def _half(question: Question, window: Window, value: str, parts: list[Measures]) -> Half:
    """Read one window. Runs are counted over its whole days: they have no hours of their own."""
    days = {"since": window.since, "until": window.until}
    failed = {**question.filters, "status": FAILED_STATUSES}
    return Half(
        all=Measures.sum_of(parts),
        failed=total(window, filters=failed),
        sizes=run_sizes(value, **days),
        cost_per_run=cost_percentiles(value, **days),
    )


def _runs(value: str, window: Window, *, kind: RunKind, limit: int) -> Runs:
    found = runs_of(value, since=window.since, until=window.until, kind=kind, limit=limit + 1)
    shown = found[:limit]
    return Runs(window, kind, tuple(shown), steps_of_runs(shown), more=len(found) > limit)


def _last_run(question: Question, value: str) -> datetime | None:
    """Find the last run before the period."""
    return last_run_before(value, day_start(question.period.window.since, question.zone))
