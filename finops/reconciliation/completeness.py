"""Whether anything more is expected on the bill of a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from finops.domain.periods import next_month
from finops.models import BillSnapshot
from finops.reconciliation.billed import Billed
from finops.reconciliation.states import Tolerance, due_on


def is_complete(
    provider: str,
    month: date,
    bills: Sequence[BillSnapshot],
    billed: Billed,
    tolerance: Tolerance,
) -> bool:
    """Say whether a provider's bill is there, whole, and in amounts that add up.

    No line lacks an exchange rate or an amount; either all lines have an invoice or none has; no
    version of the bill waits for a person; and each account's bill was delivered on or after the
    day on which the month is due, or reaches the month's last day and was delivered after it, or
    its next month has begun to arrive.
    """
    own = [bill for bill in bills if bill.billing_period == month and _is_of(bill, provider)]
    held = BillSnapshot.objects.filter(status=BillSnapshot.HELD, billing_period=month)
    return (
        billed.total is not None
        and not billed.unconverted
        and billed.is_invoiced
        and not any(_is_of(bill, provider) for bill in held)
        and all(is_whole(bill, month, tolerance) for bill in own)
    )


def _is_of(bill: BillSnapshot, provider: str) -> bool:
    """Tell whose bill it is; one of several providers may be anybody's."""
    return bill.provider in {"", provider}


def is_whole(bill: BillSnapshot, month: date, tolerance: Tolerance) -> bool:
    """Say whether nothing more is expected of one account's bill of a month."""
    delivered = bill.published_at or bill.created_at
    if delivered >= _begin(due_on(month, tolerance)):
        return True
    over, end = next_month(month), next_month(month) - timedelta(days=1)
    reaches = bill.last_day is not None and bill.last_day >= end
    return (reaches and delivered >= _begin(over)) or _has_successor(bill)


def _has_successor(bill: BillSnapshot) -> bool:
    return BillSnapshot.objects.filter(
        source_id=bill.source_id,
        billing_account_id=bill.billing_account_id,
        billing_period__gt=bill.billing_period,
        status=BillSnapshot.CURRENT,
    ).exists()


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
