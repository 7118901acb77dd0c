"""The tolerances that hold for a provider, and finance's way of changing them."""

from __future__ import annotations

from datetime import datetime

from finops.models import Reconciliation, ReconciliationTolerance
from finops.months.closed import closed_months
from finops.reconciliation.settling import settle
from finops.reconciliation.states import Tolerance


def tolerances() -> dict[str, Tolerance]:
    """Read all that are set, by provider; what holds for the others is under an empty name."""
    rows = ReconciliationTolerance.objects.values_list("provider", *Tolerance._fields)
    return {"": Tolerance()} | {row[0]: Tolerance._make(row[1:]) for row in rows}


def tolerance_of(provider: str) -> Tolerance:
    """Give what holds for a provider: its own, else the general one, else Costline's."""
    held = tolerances()
    return held.get(provider, held[""])


def set_tolerance(provider: str, tolerance: Tolerance, *, now: datetime) -> None:
    """Set what holds for a provider, or with an empty name for all that have none of their own.

    Open months are judged by it at once.
    """
    row = ReconciliationTolerance.objects.filter(provider=provider).first()
    row = row or ReconciliationTolerance(provider=provider)
    for name, limit in tolerance._asdict().items():
        setattr(row, name, limit)
    row.save()  # one by one: the change log looks at rows that are saved
    _judge_again(now)


def unset_tolerance(provider: str, *, now: datetime) -> None:
    """Let the general tolerance hold for a provider again."""
    row = ReconciliationTolerance.objects.filter(provider=provider).first()
    if row is not None:
        row.delete()
        _judge_again(now)


def _judge_again(now: datetime) -> None:
    held, closed = tolerances(), closed_months()
    for row in Reconciliation.objects.exclude(month__in=closed):
        settle(row, held.get(row.provider, held[""]), now=now)
