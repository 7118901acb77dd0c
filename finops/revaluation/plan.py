"""Write down what is to be revalued, and ask for it: the row that a worker then takes up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from finops.models import PriceProposal, Revaluation
from finops.revaluation.scope import Scope

_REQUEST: Final = (
    "apply_requested_at",
    "applied_by",
    "forced",
    "reason",
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
    proposal: PriceProposal | None = None,
) -> Revaluation:
    """Write down a run; a worker makes its preview, and changes nothing until it is asked to.

    With a ``proposal`` it only asks what that price would do, and is never applied. ``parts`` are
    ``price`` and ``attribution``; a reserved run is left to the caller until its lease runs out.
    Raises ValueError for no part or an unknown one.
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
        proposal=proposal,
        created_at=now,
        created_by=by,
    )
    if reserved:
        job.reserve(now)
    job.save()
    return job


def request_apply(
    job: Revaluation,
    *,
    by: str,
    now: datetime,
    reason: str = "",
    force: bool = False,
    reserved: bool = False,
) -> None:
    """Ask for a run to be applied; it then is a worker's to do, and survives that worker.

    ``force`` accepts another outcome than the preview's; ``reason`` goes before the one given
    with the plan. A run without a preview yet is applied as it comes out. Raises ValueError for a
    run that has been applied, has ended otherwise, or is of a price that is not in the book.
    """
    with transaction.atomic():
        held = Revaluation.objects.select_for_update().get(pk=job.pk)
        if held.proposal_id:
            raise ValueError(f"{held} only says what a proposed price would do")
        if held.applied_at:
            raise ValueError(f"{held} was applied already, on {held.applied_at:%Y-%m-%d %H:%M} UTC")
        if held.status not in {Revaluation.QUEUED, Revaluation.RUNNING}:
            raise ValueError(f"{held} is {held.status}; make a new preview")
        held.apply_requested_at, held.applied_by, held.forced, held.error = now, by, force, ""
        held.reason = reason or held.reason
        if reserved and held.status == Revaluation.QUEUED:
            held.reserve(now)
        held.save(update_fields=_REQUEST)
    job.refresh_from_db()


def cancel(job: Revaluation, *, now: datetime) -> None:
    """Give a run up: at once when nobody is at it, else when its worker next looks.

    Nothing was changed, and nothing will be. Raises ValueError for a run that has ended.
    """
    with transaction.atomic():
        held = Revaluation.objects.select_for_update().get(pk=job.pk)
        if held.status not in {Revaluation.QUEUED, Revaluation.RUNNING}:
            raise ValueError(f"{held} has ended")
        if held.status == Revaluation.QUEUED and held.lease_token is None:
            held.status, held.finished_at, held.error = Revaluation.CANCELLED, now, "cancelled"
        held.cancel_requested = True
        held.save(update_fields=["status", "finished_at", "error", "cancel_requested"])
    job.refresh_from_db()
