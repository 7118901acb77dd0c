"""Giving a provider's month its state, from the numbers and from what people have said."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from finops.domain import display
from finops.domain.money import exact_difference
from finops.models import Organization, Reconciliation, ReconciliationEvent
from finops.reconciliation.states import Found, Tolerance, judge, standing
from finops.reconciliation.zones import billing_zone, day_of

#: Who signs what nobody did.
BY_ITSELF = "Costline"


def difference(row: Reconciliation) -> Decimal | None:
    """Give billed less metered; None without a bill."""
    return None if row.billed is None else exact_difference(row.billed, row.metered)


def last_event(provider: str, month: date) -> ReconciliationEvent | None:
    """Find what was last said of a provider's month, but for its being closed."""
    closes = (ReconciliationEvent.LOCK, ReconciliationEvent.UNLOCK)
    said = ReconciliationEvent.objects.filter(provider=provider, month=month)
    return said.exclude(kind__in=closes).order_by("at", "pk").last()


def settle(row: Reconciliation, tolerance: Tolerance, *, now: datetime) -> None:
    """Judge a month that is open, and save its state when it is another one.

    A difference that was accepted and has moved since by more than the tolerance is open again,
    which goes on record with what it moved by.
    """
    today = day_of(now, billing_zone(row.provider))
    computed = judge(_found(row), tolerance, month=row.month, today=today)
    last = last_event(row.provider, row.month)
    if last is not None and _is_overtaken(row, last, tolerance):
        last = _reopen(row, last, now)
    status = standing(computed, last.kind if last else None, locked=False)
    if (row.computed_status, row.status) != (computed, status):
        row.computed_status, row.status = computed, status
        row.save(update_fields=["computed_status", "status"])


def _found(row: Reconciliation) -> Found:
    gap = difference(row)
    return Found(
        billed=row.billed,
        difference=gap if gap is not None else row.unexplained,
        unexplained=row.unexplained,
        complete=row.complete,
        by_model="model" in row.grain,
    )


def _is_overtaken(row: Reconciliation, last: ReconciliationEvent, tolerance: Tolerance) -> bool:
    if last.kind != ReconciliationEvent.ACCEPT or last.amount is None:
        return False
    gap = difference(row)
    if gap is None or row.billed is None:
        return True
    return exact_difference(gap, last.amount).copy_abs() > tolerance.matched(row.billed)


def _reopen(
    row: Reconciliation, accepted: ReconciliationEvent, now: datetime
) -> ReconciliationEvent:
    gap, was, currency = difference(row), accepted.amount, Organization.current().currency
    told = f"from {display.signed_money(was, currency)} to {display.signed_money(gap, currency)}"
    return ReconciliationEvent.objects.create(
        provider=row.provider,
        month=row.month,
        kind=ReconciliationEvent.RESTATED,
        amount=None if gap is None or was is None else exact_difference(gap, was),
        reason=f"The difference moved {told}." if gap is not None else "The bill is gone.",
        at=now,
        by=BY_ITSELF,
    )
