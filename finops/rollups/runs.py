"""Runs of agent workflows: which were dear, and what each call of one cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from psycopg import sql

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
    limit: int = 50,
) -> list[Run]:
    """List runs with at least one call of the workflow that began in ``[since, until)``.

    Days are cut in the reporting zone. Raises ValueError for an unknown order or a limit below 1.
    """
    if order not in ORDERS:
        raise ValueError(f"unknown order {order!r}; choose from {', '.join(ORDERS)}")
    if limit < 1:
        raise ValueError("limit must be at least 1")
    with snapshot() as cursor:
        cursor.execute(
            load_sql("rollups/runs_of_workflow.sql").format(order=_ORDERS[order]),
            _bounds(workflow, since, until) | {"limit": limit},
        )
        return [_run(row) for row in cursor.fetchall()]


def cost_percentiles(
    workflow: str, *, since: date | None = None, until: date | None = None
) -> dict[str, Decimal]:
    """Give ``{"p50": …}`` of the workflow's cost per run, within 1 %, from the daily sketch.

    Empty when no run of the period is priced.
    """
    with snapshot() as cursor:
        cursor.execute(
            load_sql("rollups/run_cost_buckets.sql"),
            {"workflow": _stored(workflow), "since": since, "until": until},
        )
        buckets: list[tuple[int, int]] = cursor.fetchall()
    runs = sum(count for _, count in buckets)
    if not runs:
        return {}
    return {f"p{rank}": _bucket_middle(_bucket_at(buckets, runs, rank)) for rank in PERCENTILES}


def run_detail(url_id: UUID) -> RunDetail | None:
    """Read one run and its calls; None when there is no such run. Reads only that run."""
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
            },
        )
        calls = tuple(RunCall(*row) for row in cursor.fetchall())
    return RunDetail(_run(tuple(run)), source, calls)


def _run(row: tuple[Any, ...]) -> Run:
    return Run(row[0], row[1].hex, *row[2:])


def _bounds(workflow: str, since: date | None, until: date | None) -> dict[str, Any]:
    zone = Organization.current().zone
    return {
        "workflow": _stored(workflow),
        "since": since and day_start(since, zone),
        "until": until and day_start(until, zone),
    }


def _stored(workflow: str) -> str:
    return "" if workflow == UNALLOCATED else workflow


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
