"""Write down what is to be revalued, and ask for it: the row that a worker then takes up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from finops.models import Revaluation
from finops.revaluation.scope import Scope

_REQUEST: Final = (
    "apply_requested_at",
    "applied_by",
    "forced",
    "error",
    "lease_token",
    "lease_until",
)


def queue_revaluation(
    *,
    parts: Sequence[str],
    scope: Scope,
    now: datetime,
    by: str,
    reason: str = "",
    reserved: bool = False,
) -> Revaluation:
    """Write down a run; a worker makes its preview, and changes nothing until it is asked to.

    ``parts`` are ``price`` and ``attribution``; a reserved run is left to the caller until its
    lease runs out. Raises ValueError for no part or an unknown one.
    """
    unknown = sorted(set(parts) - set(Revaluation.PARTS))
    if unknown or not parts:
        raise ValueError(f"a revaluation is of {' or '.join(Revaluation.PARTS)}, or of both")
    job = Revaluation(
        parts=[part for part in Revaluation.PARTS if part in parts],
        since=scope.since,
        until=scope.until,
        filters={name: list(values) for name, values in scope.filters.items()},
        unpriced_only=scope.unpriced_only,
        reason=reason,
        created_at=now,
        created_by=by,
    )
    if reserved:
        job.reserve(now)
    job.save()
    return job


def request_apply(
    job: Revaluation, *, by: str, now: datetime, force: bool = False, reserved: bool = False
) -> None:
    """Ask for a run to be applied; it then is a worker's to do, and survives that worker.

    ``force`` accepts another outcome than the preview's. A run without a preview yet is applied
    as it comes out. Raises ValueError for a run that has been applied, or has ended otherwise.
    """
    with transaction.atomic():
        held = Revaluation.objects.select_for_update().get(pk=job.pk)
        if held.applied_at:
            raise ValueError(f"{held} was applied already, on {held.applied_at:%Y-%m-%d %H:%M} UTC")
        if held.status not in {Revaluation.QUEUED, Revaluation.RUNNING}:
            raise ValueError(f"{held} is {held.status}; make a new preview")
        held.apply_requested_at, held.applied_by, held.forced, held.error = now, by, force, ""
        if reserved and held.status == Revaluation.QUEUED:
            held.reserve(now)
        held.save(update_fields=_REQUEST)
    job.refresh_from_db()
