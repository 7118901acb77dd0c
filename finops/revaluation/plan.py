"""Write down what is to be revalued, and ask for it: the row that a worker then takes up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from finops.attribution.rules import RuleFields
from finops.domain.dimensions import ATTRIBUTED
from finops.models import BillSnapshot, PriceProposal, Revaluation
from finops.revaluation.charges.scope import ChargesInScope
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
    ``price`` and ``attribution`` of calls, or ``charges`` alone, whose days are UTC; a reserved
    run is left to the caller until its lease runs out. Raises ValueError for no part or an
    unknown one, and for a scope that charges do not have.
    """
    is_of_charges = list(parts) == [Revaluation.CHARGES]
    unknown = sorted(set(parts) - set(Revaluation.PARTS))
    if not is_of_charges and (unknown or not parts):
        raise ValueError(
            f"a revaluation is of {' or '.join(Revaluation.PARTS)}, or of both,"
            f" or of {Revaluation.CHARGES} alone"
        )
    if is_of_charges:
        _check_charges(scope)
    job = Revaluation(
        parts=[part for part in (*Revaluation.PARTS, Revaluation.CHARGES) if part in parts],
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


def queue_for_rule(
    rule: RuleFields, *, now: datetime, by: str, since: datetime | None = None
) -> list[Revaluation]:
    """Write down the runs that apply a saved rule to history: over calls, over charges, or both.

    They look at what starts while the rule is in force, from ``since`` on where only that changed,
    and at charges only where there are any.
    """
    begins = max((each for each in (rule.effective_from, since) if each), default=None)
    scope = Scope(since=begins, until=rule.effective_to)
    parts = [] if rule.is_of_charges else [Revaluation.ATTRIBUTION]
    if rule.dimension in ATTRIBUTED and _bills_are_here():
        parts.append(Revaluation.CHARGES)
    reason = f"the rule {rule.name}"
    return [
        queue_revaluation(parts=[part], scope=scope, now=now, by=by, reason=reason)
        for part in parts
    ]


def _bills_are_here() -> bool:
    return BillSnapshot.objects.filter(status=BillSnapshot.CURRENT).exists()


def _check_charges(scope: Scope) -> None:
    if scope.unpriced_only:
        raise ValueError("charges have the price that was billed; only calls can be unpriced")
    ChargesInScope(since=scope.since, until=scope.until, filters=scope.filters)


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
