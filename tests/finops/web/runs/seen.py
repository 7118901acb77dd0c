"""Runs as a page sees them, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from finops.domain.chain import places
from finops.insights.run import RunPart, RunSeen
from finops.rollups.runs import Run, RunCall

START = datetime(2026, 11, 19, 14, 7, tzinfo=UTC)


def step_call(
    step: str | None = "plan",
    *,
    cost: str | None = "1",
    attempt: int = 1,
    status: str = "ok",
    latency: float | None = 1000.0,
    model: str = "gpt-4o",
    workflow: str | None = "agent",
) -> RunCall:
    """A call; ``seen_run`` gives it its place."""
    return RunCall(
        id="",
        call=0,
        started=START,
        step=step,
        parent=None,
        attempt=attempt,
        workflow=workflow,
        provider="openai",
        model=model,
        cost=None if cost is None else Decimal(cost),
        running_total=Decimal(0),
        status=status,
        error=None,
        latency_ms=latency,
        input_tokens=0,
        output_tokens=0,
        unpriced_reason=None if cost is not None else "no_usage",
    )


def seen_run(
    *calls: RunCall,
    started: datetime = START,
    typical: str | None = None,
    parts: tuple[RunPart, ...] = (),
) -> RunSeen:
    """A run of these calls, each a second after the one before."""
    totals = accumulate((call.cost or Decimal(0) for call in calls), initial=Decimal(0))
    placed = tuple(
        call._replace(
            id=f"call {n}", call=n, started=started + timedelta(seconds=n - 1), running_total=total
        )
        for n, (call, total) in enumerate(zip(calls, list(totals)[1:], strict=True), start=1)
    )
    cost = sum((call.cost for call in calls if call.cost is not None), Decimal(0))
    priced = any(call.cost is not None for call in calls)
    run = Run(
        "8f3a", "0" * 32, started, cost, cost if priced else None, len(calls), 1, 0, 0, Decimal(0)
    )
    return RunSeen(
        run=run,
        source="gateway",
        calls=placed,
        places=tuple(places(placed)),
        parts=parts or (RunPart("agent", "agent", cost, len(calls)),),
        typical=None if typical is None else Decimal(typical),
    )
