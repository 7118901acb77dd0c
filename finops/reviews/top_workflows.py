"""Section 3 of a review: the five workflows that cost most, and why they did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from finops.attribution.values import canonical
from finops.domain import display
from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.domain.money import exact_difference, exact_sum, plain
from finops.domain.periods import day_start
from finops.domain.windows import Window
from finops.insights.overview import Part, with_weeks
from finops.insights.workflow import Half
from finops.models import CapViolation, Decision
from finops.reviews.document import BrokenCap, DearRun, ModelMove, WorkflowRow, Workflows
from finops.reviews.people import technical_owners
from finops.reviews.spending import maybe
from finops.reviews.words import why
from finops.rollups.question import Question
from finops.rollups.runs import cost_percentiles, run_sizes, runs_of
from finops.rollups.spend import spend

TOP: Final = 5
#: How many models are said to have moved.
_MOVED: Final = 3


def top_workflows(week: Question, parts: Sequence[Part]) -> Workflows:
    """Describe the dearest workflows of the week; ``parts`` are all of it, dearest first."""
    named = [part for part in parts if part.value != UNALLOCATED]
    top = [part for part in named if part.now.calls][:TOP]
    rest = [part for part in named if part not in top]
    missing = [part for part in parts if part.value == UNALLOCATED]
    whole = replace(week, period=replace(week.period, window=week.period.whole))
    ranks = _ranks_before(named)
    names = [part.value for part in top]
    caps, moves = _broken_caps(names, week), _models_moved(names, week)
    return {
        "rows": [
            _row(
                week,
                part,
                rank=rank,
                rank_before=ranks.get(part.value),
                caps=caps.get(part.value, []),
                models=moves.get(part.value, []),
            )
            for rank, part in enumerate(with_weeks(whole, "workflow", top), start=1)
        ],
        "others": _sum(part.now for part in rest),
        "others_before": _sum(part.before for part in rest),
        "other_count": sum(1 for part in rest if part.now.calls),
        "unattributed": _sum(part.now for part in missing),
        "unattributed_before": _sum(part.before for part in missing),
        "total": _sum(part.now for part in parts),
        "total_before": _sum(part.before for part in parts),
    }


def _row(
    week: Question,
    part: Part,
    *,
    rank: int,
    rank_before: int | None,
    caps: list[BrokenCap],
    models: list[ModelMove],
) -> WorkflowRow:
    now, before = (
        _half(part.value, window, measures)
        for window, measures in (
            (week.period.window, part.now),
            (week.period.before, part.before),
        )
    )
    return {
        "subject_kind": Decision.WORKFLOW,
        "subject": part.value,
        "name": part.name,
        "owner": technical_owners().get(("workflow", part.value), ""),
        "rank": rank,
        "rank_before": rank_before,
        "cost": plain(part.now.cost),
        "cost_before": plain(part.before.cost),
        "change": plain(part.change),
        "calls": part.now.calls,
        "calls_before": part.before.calls,
        "unpriced_calls": part.now.unpriced_calls,
        "runs": now.sizes.runs,
        "runs_before": before.sizes.runs,
        "cost_per_run": maybe(now.typical),
        "cost_per_run_before": maybe(before.typical),
        "cost_of_thousand": maybe(now.all.cost_of_thousand),
        "cost_of_thousand_before": maybe(before.all.cost_of_thousand),
        "why": why(now, before, week.currency),
        "models": models,
        "dearest_run": _dearest_run(week.period.window, part.value, now.typical),
        "broken_caps": caps,
        "weeks": [plain(amount) for amount in part.weeks],
    }


def _half(workflow: str, window: Window, measures: Measures) -> Half:
    """Read one window of a workflow. Runs are counted over its whole days: they have no hours."""
    days = {"since": window.since, "until": window.until}
    return Half(
        measures, Measures(), run_sizes(workflow, **days), cost_percentiles(workflow, **days)
    )


def _models_moved(workflows: Sequence[str], week: Question) -> Mapping[str, list[ModelMove]]:
    """Give the models whose part of each workflow moved most; none where nothing moved."""
    if not workflows:
        return {}
    now, before = (
        spend(window, by=("workflow", "model"), filters={"workflow": list(workflows)})
        for window in (week.period.window, week.period.before)
    )
    nothing = Measures()
    found: defaultdict[str, list[ModelMove]] = defaultdict(list)
    for key in dict.fromkeys([*now, *before]):
        workflow, model = key
        move = _move(model, now.get(key, nothing).cost, before.get(key, nothing).cost)
        if move["cost"] != move["cost_before"]:
            found[workflow].append(move)
    return {
        workflow: sorted(moves, key=lambda move: -abs(Decimal(move["change"])))[:_MOVED]
        for workflow, moves in found.items()
    }


def _move(model: str, now: Decimal, before: Decimal) -> ModelMove:
    return {
        "model": model,
        "cost": plain(now),
        "cost_before": plain(before),
        "change": plain(exact_difference(now, before)),
    }


def _dearest_run(window: Window, workflow: str, typical: Decimal | None) -> DearRun | None:
    runs = runs_of(workflow, since=window.since, until=window.until, limit=1)
    if not runs or runs[0].cost is None:
        return None
    run, cost = runs[0], runs[0].cost
    return {
        "run": run.run,
        "url_id": run.url_id,
        "started": run.started.isoformat(),
        "cost": plain(cost),
        "calls": run.calls,
        "times_typical": display.times(cost, typical) if typical else None,
    }


def _ranks_before(parts: Iterable[Part]) -> dict[str, int]:
    """Give the places by the week before, of workflows that had calls then."""
    had = sorted((part for part in parts if part.before.calls), key=lambda part: -part.before.cost)
    return {part.value: rank for rank, part in enumerate(had, start=1)}


def _broken_caps(workflows: Sequence[str], week: Question) -> Mapping[str, list[BrokenCap]]:
    """Find the caps that runs of the week went beyond, by workflow."""
    merged = canonical("workflow")
    window = week.period.window
    found: defaultdict[tuple[str, int], list[CapViolation]] = defaultdict(list)
    violations = CapViolation.objects.select_related("cap").filter(
        cleared_at=None,
        started_at__gte=day_start(window.since, week.zone),
        started_at__lt=day_start(window.until, week.zone),
    )
    for violation in violations.order_by("-value", "pk"):
        value = merged.get(violation.cap.workflow, violation.cap.workflow)
        if value in workflows:
            found[value, violation.cap_id].append(violation)
    caps: defaultdict[str, list[BrokenCap]] = defaultdict(list)
    for (value, _), broken in found.items():
        caps[value].append(_broken_cap(broken))
    return caps


def _broken_cap(violations: Sequence[CapViolation]) -> BrokenCap:
    """Sum up what went beyond one cap, worst first."""
    worst = violations[0]
    beyond = [each.beyond for each in violations if each.beyond is not None]
    return {
        "kind": worst.cap.kind,
        "limit": plain(worst.limit),
        "runs": len(violations),
        "beyond": plain(exact_sum(beyond)) if beyond else None,
        "worst": plain(worst.value),
        "worst_run_url_id": worst.run_url_id.hex,
        "step": worst.step,
    }


def _sum(measures: Iterable[Measures]) -> str:
    return plain(exact_sum(each.cost for each in measures))
