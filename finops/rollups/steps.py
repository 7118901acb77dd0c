"""What the steps of a workflow cost, and which calls failed or repeated: read from the calls.

No rollup knows steps, so the time is bounded: as many of the last days as hold few enough calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import sql

from finops.attribution.values import spellings
from finops.domain.chain import LOOP_AFTER
from finops.domain.dimensions import UNALLOCATED
from finops.domain.money import exact_sum
from finops.domain.periods import day_start
from finops.domain.windows import Window
from finops.models import Organization, Source
from finops.rollups.runs import Run
from finops.rollups.spend import spend
from finops.sql import load_sql, snapshot

#: Calls of all workflows that one page may look through: some 50 ms.
MOST_CALLS: Final = 75_000


class StepCost(NamedTuple):
    """One step (empty: calls without a step): its calls, their cost, and what came to nothing.

    No call stands in both ``failed`` and ``repeated``; see ``finops.domain.chain``.
    """

    step: str
    calls: int
    cost: Decimal
    unpriced_calls: int
    failed_calls: int
    cost_of_failed: Decimal
    repeated_calls: int
    cost_of_repeated: Decimal


def bounded(window: Window) -> Window:
    """Give the last whole days of the window that hold at most ``MOST_CALLS`` calls, at least one.

    Days are counted by the rollup without dimensions, one row each.
    """
    by_day = spend(Window(window.since, window.until), daily=True)
    calls, since = 0, window.last
    for day in reversed(window.days):
        measures = by_day.get((day.isoformat(),))
        calls += measures.calls if measures else 0
        if calls > MOST_CALLS and day < window.last:
            break
        since = day
    return Window(since, window.until)


def step_costs(workflow: str, window: Window) -> list[StepCost]:
    """Give the steps of a workflow over whole days, dearest first. Their sum is its cost."""
    zone = Organization.current().zone
    stored = [""] if workflow == UNALLOCATED else spellings("workflow", workflow)
    rows = _read(
        "calls_of_workflow",
        owner=sql.SQL("NULL"),
        values={
            "workflows": stored,
            "meters": list(Source.objects.filter(role=Source.METER).values_list("pk", flat=True)),
            "since": day_start(window.since, zone),
            "until": day_start(window.until, zone),
        },
    )
    return [StepCost(*row[1:]) for row in rows]


def steps_of_runs(runs: Sequence[Run]) -> dict[str, list[StepCost]]:
    """Give the steps of each run by its ``url_id``, dearest first; reads those runs alone."""
    if not runs:
        return {}
    found: dict[str, list[StepCost]] = {run.url_id: [] for run in runs}
    rows = _read(
        "calls_of_runs",
        owner=sql.SQL("url_id"),
        values={"runs": [UUID(run.url_id) for run in runs]},
    )
    for owner, *row in rows:
        found[owner.hex].append(StepCost(*row))
    return found


def together(steps: Sequence[StepCost], name: str = "") -> StepCost:
    """Add steps up, exactly."""
    return StepCost(
        step=name,
        calls=sum(step.calls for step in steps),
        cost=exact_sum(step.cost for step in steps),
        unpriced_calls=sum(step.unpriced_calls for step in steps),
        failed_calls=sum(step.failed_calls for step in steps),
        cost_of_failed=exact_sum(step.cost_of_failed for step in steps),
        repeated_calls=sum(step.repeated_calls for step in steps),
        cost_of_repeated=exact_sum(step.cost_of_repeated for step in steps),
    )


def _read(calls: str, *, owner: sql.SQL, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with snapshot() as cursor:
        cursor.execute(
            load_sql("rollups/step_costs.sql").format(
                owner=owner, calls=load_sql(f"rollups/{calls}.sql")
            ),
            values | {"loop_after": LOOP_AFTER},
        )
        return list(cursor.fetchall())
