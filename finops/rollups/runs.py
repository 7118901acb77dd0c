"""Runs of agent workflows: which were dear, and what each call of one cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from psycopg import sql

from finops.attribution.values import canonical, spellings
from finops.domain.dimensions import UNALLOCATED
from finops.domain.money import plain
from finops.domain.periods import day_start
from finops.models import Organization
from finops.sql import load_sql, snapshot

RunOrder = Literal["cost", "started"]
_ORDERS: Final[Mapping[str, sql.SQL]] = {
    "cost": sql.SQL("part.cost DESC NULLS LAST, part.started_at DESC"),
    "started": sql.SQL("part.started_at DESC"),
}
ORDERS: Final = tuple(_ORDERS)
RunKind = Literal["all", "failed", "repeated", "beyond"]
#: Which runs are listed, and what comes before the order that was asked for.
_KINDS: Final[Mapping[str, tuple[sql.SQL, sql.SQL]]] = {
    "all": (sql.SQL("true"), sql.SQL("")),
    "failed": (sql.SQL("runs.failed_calls > 0"), sql.SQL("runs.cost_of_failed DESC, ")),
    "repeated": (sql.SQL("runs.repeated_steps > 0"), sql.SQL("runs.repeated_steps DESC, ")),
    "beyond": (load_sql("rollups/is_beyond_a_cap.sql"), sql.SQL("")),
}
RUN_KINDS: Final = tuple(_KINDS)
#: Percentiles that are read from the daily sketch.
PERCENTILES: Final = (50, 90, 95, 99)
#: Buckets of the sketch grow by this factor; its middle is within 1 % of every run in it.
SKETCH_GROWTH: Final = Decimal("1.02")


class Run(NamedTuple):
    """One run as a workflow sees it: ``cost`` is its part, the rest is the whole run's."""

    run: str
    url_id: str
    started: datetime
    cost: Decimal | None
    run_cost: Decimal | None
    calls: int
    steps: int
    failed_calls: int
    repeated_steps: int
    cost_of_failed: Decimal

    def as_json(self) -> dict[str, Any]:
        """Give the run of CONTRACT 3; money is a decimal string, null when nothing is priced."""
        return self._asdict() | {
            "started": self.started.isoformat(),
            "cost": _money(self.cost),
            "run_cost": _money(self.run_cost),
            "cost_of_failed": plain(self.cost_of_failed),
        }


class RunSizes(NamedTuple):
    """How large the runs of a workflow are; calls are its own, None when there is no run."""

    runs: int = 0
    failed_runs: int = 0
    typical_calls: int | None = None
    many_calls: int | None = None


class RunCall(NamedTuple):
    """One call of a run, in the order in which they started."""

    id: str
    call: int
    started: datetime
    step: str | None
    parent: str | None
    attempt: int
    workflow: str | None
    provider: str
    model: str
    cost: Decimal | None
    running_total: Decimal
    status: str
    error: str | None
    latency_ms: float | None
    input_tokens: int
    output_tokens: int
    unpriced_reason: str | None

    def as_json(self) -> dict[str, Any]:
        """Give the call with money as decimal strings."""
        return self._asdict() | {
            "started": self.started.isoformat(),
            "cost": _money(self.cost),
            "running_total": plain(self.running_total),
        }


class RunDetail(NamedTuple):
    """A whole run and its calls."""

    run: Run
    source: str
    calls: tuple[RunCall, ...]

    def as_json(self) -> dict[str, Any]:
        """Give run and calls as plain values."""
        return self.run.as_json() | {
            "source": self.source,
            "cost": _money(self.run.run_cost),
            "calls": [call.as_json() for call in self.calls],
        }


def runs_of(
    workflow: str,
    *,
    since: date | None = None,
    until: date | None = None,
    order: RunOrder = "cost",
    kind: RunKind = "all",
    limit: int = 50,
) -> list[Run]:
    """List runs with at least one call of the workflow that began in ``[since, until)``.

    Those of a kind come with the worst of it first. Workflows that were merged count as one. Days
    are cut in the reporting zone. Raises ValueError for an unknown order or a limit below 1.
    """
    if order not in ORDERS:
        raise ValueError(f"unknown order {order!r}; choose from {', '.join(ORDERS)}")
    if limit < 1:
        raise ValueError("limit must be at least 1")
    with snapshot() as cursor:
        stored = _stored(workflow)
        condition, first = _KINDS[kind]
        cursor.execute(
            load_sql("rollups/runs_of_workflow.sql").format(
                parts=_parts(stored), kind=condition, order=first + _ORDERS[order]
            ),
            _bounds(since, until) | {"workflows": stored, "limit": limit},
        )
        return [_run(row) for row in cursor.fetchall()]


def cost_percentiles(
    workflow: str, *, since: date | None = None, until: date | None = None
) -> dict[str, Decimal]:
    """Give ``{"p50": …}`` of the workflow's cost per run, within 1 %, from the daily sketch.

    Empty when no run of the period is priced. Merged workflows are read run by run instead: the
    sketch has counted a run that touched two of them twice.
    """
    with snapshot() as cursor:
        stored = _stored(workflow)
        if len(stored) == 1:
            statement: sql.Composable = load_sql("rollups/run_cost_buckets.sql")
            bounds: dict[str, Any] = {"since": since, "until": until}
        else:
            statement = load_sql("rollups/run_cost_buckets_of_parts.sql").format(
                parts=_parts(stored)
            )
            bounds = _bounds(since, until)
        cursor.execute(statement, bounds | {"workflows": stored})
        buckets: list[tuple[int, int]] = cursor.fetchall()
    runs = sum(count for _, count in buckets)
    if not runs:
        return {}
    return {f"p{rank}": _bucket_middle(_bucket_at(buckets, runs, rank)) for rank in PERCENTILES}


def run_sizes(workflow: str, *, since: date | None = None, until: date | None = None) -> RunSizes:
    """Count the runs of a workflow, those with a failed call, and the calls of a typical one.

    ``many_calls`` is reached by one run of twenty.
    """
    with snapshot() as cursor:
        stored = _stored(workflow)
        cursor.execute(
            load_sql("rollups/run_sizes.sql").format(parts=_parts(stored)),
            _bounds(since, until) | {"workflows": stored},
        )
        return RunSizes(*cursor.fetchone())


def last_run_before(workflow: str, instant: datetime) -> datetime | None:
    """Say when the last run of a workflow before an instant began; None without any."""
    with snapshot() as cursor:
        cursor.execute(
            load_sql("rollups/last_run.sql").format(),
            {"workflows": _stored(workflow), "before": instant},
        )
        began: datetime | None = cursor.fetchone()[0]
        return began


def run_detail(url_id: UUID, *, most: int | None = None) -> RunDetail | None:
    """Read one run and its calls; None when there is no such run. Reads only that run.

    ``most`` bounds how many calls are read, the first ones; the run's own numbers hold all.
    """
    with snapshot() as cursor:
        cursor.execute(load_sql("rollups/run_by_url_id.sql"), {"url_id": url_id})
        found = cursor.fetchone()
        if found is None:
            return None
        *run, source_id, source, ended_at = found
        cursor.execute(
            load_sql("rollups/run_calls.sql"),
            {
                "source_id": source_id,
                "run": run[0],
                "started_at": run[2],
                "ended_at": ended_at,
                "most": most,
            },
        )
        merged = canonical("workflow")
        calls = tuple(_call(row, merged) for row in cursor.fetchall())
    return RunDetail(_run(tuple(run)), source, calls)


def parts_of_run(url_id: UUID) -> list[tuple[str, Decimal | None, int]]:
    """Give what each stored workflow (empty: none) took of a run, and its calls there."""
    with snapshot() as cursor:
        cursor.execute(load_sql("rollups/parts_of_run.sql").format(), {"url_id": url_id})
        return list(cursor.fetchall())


def _run(row: tuple[Any, ...]) -> Run:
    return Run(row[0], row[1].hex, *row[2:])


def _call(row: tuple[Any, ...], merged: Mapping[str, str]) -> RunCall:
    call = RunCall(*row)
    return call._replace(workflow=merged.get(call.workflow or "", call.workflow))


def _parts(workflows: list[str]) -> sql.Composable:
    """Give the parts of runs in a workflow; those in merged workflows are one part together."""
    name = "parts_of_one_workflow" if len(workflows) == 1 else "parts_of_merged_workflows"
    return load_sql(f"rollups/{name}.sql")


def _bounds(since: date | None, until: date | None) -> dict[str, Any]:
    zone = Organization.current().zone
    return {"since": since and day_start(since, zone), "until": until and day_start(until, zone)}


def _stored(workflow: str) -> list[str]:
    """List what is stored for a workflow: nothing at all, or every spelling of its name."""
    return [""] if workflow == UNALLOCATED else spellings("workflow", workflow)


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def _bucket_at(buckets: list[tuple[int, int]], runs: int, rank: int) -> int:
    """Find the bucket that holds the run at a percentile (nearest rank)."""
    wanted = -(-runs * rank // 100)
    for bucket, count in buckets:
        wanted -= count
        if wanted <= 0:
            return bucket
    return buckets[-1][0]


def _bucket_middle(bucket: int) -> Decimal:
    """Give the amount in the middle of a bucket, to four significant digits."""
    amount = SKETCH_GROWTH**bucket * 2 / (1 + SKETCH_GROWTH)
    return amount.quantize(Decimal(1).scaleb(amount.adjusted() - 3))
