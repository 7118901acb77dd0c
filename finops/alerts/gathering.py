"""Gathers the facts of an alert: where a budget stood, what its money went to, the dearest run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, cast
from uuid import UUID

from finops.alerts.facts import (
    RUNS_LISTED,
    BudgetFacts,
    CapFacts,
    CapKind,
    CapRun,
    Forecast,
    Part,
    Run,
    What,
)
from finops.attribution.values import labels
from finops.budgets.scope import final_scope, stored_values
from finops.domain.budget_periods import PeriodKind
from finops.domain.dimensions import DIMENSIONS, UNALLOCATED
from finops.domain.windows import Window
from finops.models import (
    Budget,
    BudgetStanding,
    Cap,
    CapViolation,
    Crossing,
    Organization,
)
from finops.rollups.runs import runs_of
from finops.rollups.spend import spend
from finops.rollups.steps import bounded
from finops.sql import load_sql, snapshot

#: How many parts of a budget a message names.
PARTS: Final = 3
#: Among how many of a workflow's dearest runs the one within the scope is looked for.
_CANDIDATES: Final = 50


def budget_facts(
    budget: Budget, crossing: Crossing, *, folded: Sequence[Crossing], owner: str, now: datetime
) -> BudgetFacts:
    """Give what a message about a crossing says, as of now."""
    organization = Organization.current()
    today = now.astimezone(organization.zone).date()
    window = Window(
        crossing.period_start,
        max(min(crossing.period_end, today + timedelta(days=1)), crossing.period_start + _DAY),
    )
    standing = BudgetStanding.objects.filter(
        budget=budget, period_start=crossing.period_start
    ).first()
    with snapshot():
        scope = final_scope(budget.scope)
        parts_are, parts = _parts(scope, window)
        run = _dearest_run(budget.scope, window)
    return BudgetFacts(
        what=cast("What", crossing.kind),
        budget=budget.pk,
        name=budget.name,
        owner=owner,
        scope=scope,
        period=cast("PeriodKind", budget.period),
        start=crossing.period_start,
        end=crossing.period_end,
        currency=organization.currency,
        zone=organization.time_zone,
        crossed_at=crossing.at.astimezone(organization.zone),
        actual=crossing.actual,
        line=crossing.line if crossing.kind != Crossing.WORKFLOW_SHARE else None,
        parts_are=parts_are,
        parts=parts,
        run=run,
        folded=tuple(other.kind for other in folded),
        late=crossing.period_end <= crossing.at.astimezone(organization.zone).date(),
        **_standing(standing, crossing),
    )


def cap_facts(
    cap: Cap, violations: Sequence[CapViolation], *, owner: str, now: datetime
) -> CapFacts:
    """Give what a message about runs beyond a cap says; dearest beyond the cap first."""
    organization = Organization.current()
    dearest = sorted(violations, key=lambda run: (run.beyond or 0, run.value), reverse=True)
    return CapFacts(
        cap=cap.pk,
        kind=cast("CapKind", cap.kind),
        workflow=_readable(cap.workflow, labels("workflow")),
        address=cap.workflow,
        limit=cap.limit,
        day=now.astimezone(organization.zone).date(),
        currency=organization.currency,
        owner=owner,
        runs=tuple(
            CapRun(run.run_url_id.hex, run.run, run.value, run.beyond, run.step)
            for run in dearest[:RUNS_LISTED]
        ),
        count=len(violations),
        beyond=sum((run.beyond or Decimal(0) for run in violations), Decimal(0)),
    )


_DAY: Final = timedelta(days=1)


def _standing(standing: BudgetStanding | None, crossing: Crossing) -> dict[str, Any]:
    """Give the parts of the facts that the last evaluation knew."""
    known: dict[str, Any] = {"workflow": _readable(crossing.workflow, labels("workflow"))}
    if crossing.kind == Crossing.WORKFLOW_SHARE:
        known["limit"] = crossing.line
    if crossing.forecast_mid is not None:
        known["forecast"] = Forecast(None, crossing.forecast_mid, None)
    if standing is None:
        return known
    known |= {"yellow": standing.yellow, "red": standing.red, "planned": standing.planned}
    if standing.forecast_mid is not None:
        known["forecast"] = Forecast(
            standing.forecast_low, standing.forecast_mid, standing.forecast_high
        )
    if crossing.kind == Crossing.HEADING:
        to_red = crossing.line == standing.red
        known["heading_for"] = "red" if to_red else "yellow"
        known["crosses_on"] = standing.crosses_red_on if to_red else standing.crosses_yellow_on
    if crossing.kind == Crossing.WORKFLOW_SHARE and standing.top_workflow == crossing.workflow:
        known["workflow_cost"] = standing.top_workflow_cost
    return known


def _parts(
    scope: Mapping[str, str], window: Window
) -> tuple[Literal["workflow", "step", "model"], tuple[Part, ...]]:
    """Give the dearest workflows of a scope; of a single workflow its steps, else its models."""
    if "workflow" not in scope:
        return "workflow", _dearest("workflow", scope, window)
    # No rollup knows steps: they are read from the calls, and only where those are few enough.
    if "step" not in scope and bounded(window) == window:
        steps = _dearest("step", scope, window)
        if any(part.name != _readable(UNALLOCATED, {}) for part in steps):
            return "step", steps
    return "model", _dearest("model", scope, window)


def _dearest(dimension: str, scope: Mapping[str, str], window: Window) -> tuple[Part, ...]:
    found = spend(window, by=(dimension,), filters={name: [scope[name]] for name in scope})
    named = labels(dimension) if dimension == "workflow" else {}
    dear = [(value, sums.cost) for (value,), sums in found.items() if sums.cost > 0]
    return tuple(Part(_readable(value, named), cost) for value, cost in dear[:PARTS])


def _dearest_run(scope: Mapping[str, str], window: Window) -> Run | None:
    """Find the dearest run of the dearest workflow, by what its calls within the scope cost."""
    filters = {name: [value] for name, value in final_scope(scope).items()}
    workflows = spend(window, by=("workflow",), filters=filters)
    if not workflows:
        return None
    (workflow,) = next(iter(workflows))
    runs = runs_of(workflow, since=window.since, until=window.until, limit=_CANDIDATES)
    wanted: dict[str, Any] = dict.fromkeys(DIMENSIONS) | stored_values(scope)
    with snapshot() as cursor:
        cursor.execute(
            load_sql("alerts/dearest_run.sql"),
            wanted | {"runs": [UUID(run.url_id) for run in runs]},
        )
        found = cursor.fetchone()
    if found is None:
        return None
    return Run(found[0].hex, found[1], _readable(workflow, labels("workflow")), found[3])


def _readable(value: str, named: Mapping[str, str]) -> str:
    return "Not attributed" if value == UNALLOCATED else named.get(value, value)
