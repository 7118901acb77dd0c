"""Workflows as they are at a moment: every change applied, ready to draw from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import TypeVar

from ingest.generator.clock import to_ms
from ingest.generator.company import ALWAYS, Change, Company, Model, Step, Workflow
from ingest.generator.profiles import Profile

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One workflow between two turning points.

    ``weight`` counts runs; ``fate_below`` are running sums of the chances that a call ends as an
    error, a timeout, aborted, or answered by a gateway's cache.
    """

    workflow: Workflow
    team: str
    weight: float
    calls_per_run: tuple[int, int]
    models: tuple[Model, ...]
    steps: tuple[Step, ...]
    prompt_factor: float
    output_factor: float
    caching: bool
    tags: dict[str, str] | None
    fate_below: tuple[float, float, float, float]

    @property
    def mean_calls(self) -> float:
        """Calls of a run, on average."""
        return sum(self.calls_per_run) / 2

    def calls_weight(self, hour: int) -> float:
        """Weigh the calls of this lane in one hour, counted since 1970, against other lanes'."""
        return self.runs_weight(hour) * self.mean_calls

    def runs_weight(self, hour: int) -> float:
        """Weigh the runs that start in one hour; a week of them adds up to ``weight``."""
        workflow = self.workflow
        week = sum(workflow.hours) * (5 + 2 * workflow.weekend)
        # 1 January 1970 was a Thursday: day 2 a Saturday, day 3 a Sunday.
        day = workflow.weekend if hour // 24 % 7 in (2, 3) else 1.0
        return self.weight * workflow.hours[hour % 24] * day / week


def lane_at(company: Company, workflow: Workflow, moment: int) -> Lane:
    """Return a workflow as it is at a moment (ms since 1970)."""
    changes = [change for change in workflow.changes if _in_force(change, moment)]
    since = workflow.caching_from
    profile, failures = workflow.profile, prod(change.failures for change in changes)
    return Lane(
        workflow=workflow,
        team=company.features[workflow.feature],
        weight=workflow.share
        / (sum(workflow.calls_per_run) / 2)
        * prod(change.volume for change in changes),
        calls_per_run=_latest((c.calls_per_run for c in changes), workflow.calls_per_run),
        models=weighted(_latest((c.models for c in changes), workflow.models)),
        steps=_latest((c.steps for c in changes), workflow.steps),
        prompt_factor=prod(change.prompt for change in changes),
        output_factor=prod(change.output for change in changes),
        caching=since is not None and (since == ALWAYS or moment >= to_ms(since)),
        tags=dict([*workflow.tags, *(tag for c in changes for tag in c.tags)]) or None,
        fate_below=_fates(profile, failures),
    )


def turning_points(company: Company) -> list[int]:
    """Return when any workflow changes (ms since 1970), ascending."""
    points = set()
    for workflow in (*company.workflows, *company.direct):
        instants = [workflow.caching_from, *(c.since for c in workflow.changes)]
        instants += [change.until for change in workflow.changes]
        points |= {to_ms(at) for at in instants if at is not None and at != ALWAYS}
    return sorted(points)


def weighted(choices: tuple[tuple[T, int], ...]) -> tuple[T, ...]:
    """Repeat each item as often as its weight says, so that a uniform pick is a weighted one."""
    return tuple(item for item, weight in choices for _ in range(weight))


def zipf(items: tuple[str, ...]) -> tuple[str, ...]:
    """Repeat each item in proportion to one over its rank."""
    return weighted(tuple((item, max(1, 2_000 // rank)) for rank, item in enumerate(items, 1)))


def _in_force(change: Change, moment: int) -> bool:
    return to_ms(change.since) <= moment and (change.until is None or moment < to_ms(change.until))


def _latest(values: Iterable[T | None], default: T) -> T:
    for value in values:
        if value is not None:
            default = value
    return default


def _fates(profile: Profile, failures: float) -> tuple[float, float, float, float]:
    error = profile.error_share * failures
    timeout = error + profile.timeout_share * failures
    aborted = timeout + profile.abort_share
    return error, timeout, aborted, aborted + profile.gateway_cached_share
