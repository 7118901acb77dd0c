"""Runs of agents made in a line, the caps they are held against, and what was found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from finops.caps.check import check_caps
from finops.models import Cap, CapViolation, Source
from tests.finops.ledger.usage import call, import_rows

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = NOW - timedelta(days=2)


def steps(
    run: str, *made: str | dict[str, Any], workflow: str = "agent", start: datetime = START
) -> list[dict[str, object]]:
    """The calls of a run, a minute apart; each is the name of its step, or fields of the call."""
    return [
        call(
            id=f"{workflow[:40]}/{run[:40]}/{n}",
            time=(start + timedelta(minutes=n)).isoformat(),
            workflow=workflow,
            run=run,
            **({"step": each} if isinstance(each, str) else each),
        )
        for n, each in enumerate(made)
    ]


def source_that_counts_what_it_says() -> None:
    """The costs that tests write into calls are the ones that count."""
    Source.objects.get_or_create(name="costline", defaults={"counts": Source.REPORTED})


def dollars(*costs: str | None) -> list[dict[str, Any]]:
    """Calls that cost so much; None for one without a price."""
    return [
        {"step": f"s{n}", "cost": cost} if cost else {"step": f"s{n}", "model": "nobody-knows-it"}
        for n, cost in enumerate(costs)
    ]


def cap(kind: str, limit: str | int, *, workflow: str = "agent", set_at: datetime = NOW) -> Cap:
    """A cap that was set then."""
    return Cap.objects.create(workflow=workflow, kind=kind, limit=Decimal(limit), set_at=set_at)


def found(**wanted: Any) -> list[CapViolation]:
    """The violations that stand, oldest run first."""
    rows = CapViolation.objects.select_related("cap").filter(cleared_at=None, **wanted)
    return list(rows.order_by("started_at", "run", "cap__kind"))


def broken_runs(**wanted: Any) -> list[str]:
    """The runs that are beyond a cap."""
    return [row.run for row in found(**wanted)]


def check(**later: float) -> int:
    """Check so much later than NOW."""
    return check_caps(NOW + timedelta(**later))


def imported(*rows: list[dict[str, object]], **options: Any) -> Any:
    """Import the calls of some runs and bring the rollups up to date."""
    return import_rows(*(row for run in rows for row in run), **options)
