"""What arrived after its month was closed, and to which month it was posted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import F

from finops.bills.monthly import sums_of
from finops.domain.display import counted
from finops.domain.money import exact_sum
from finops.models import BillSnapshot, Organization
from finops.sql import load_sql, snapshot

#: Postings that are listed.
MOST: Final = 500
CALLS, BILL = "calls", "bill"


class LatePosting(NamedTuple):
    """Calls of one import, or a bill, that count in ``posted_to`` and are of ``month``.

    ``amount`` is metered cost of calls, or what was billed, in the reporting currency; None when
    nothing of it has an amount. ``number`` is the import's, or the version's of the bill.
    """

    kind: str
    posted_to: date
    month: date
    name: str
    number: int
    what: str
    amount: Decimal | None


def late_postings() -> list[LatePosting]:
    """List what was posted late, by the month it counts in, the newest first."""
    with snapshot():
        found = [*_calls(), *_bills()]
    return sorted(found, key=lambda each: (each.posted_to, each.month, each.kind), reverse=True)


def cost_of(postings: Iterable[LatePosting], kind: str) -> Decimal:
    """Add up calls, or bills; the two are never added to each other."""
    return exact_sum(
        each.amount for each in postings if each.kind == kind and each.amount is not None
    )


def _calls() -> Iterable[LatePosting]:
    with snapshot() as cursor:
        cursor.execute(
            load_sql("closing/late_calls.sql"),
            {"zone": Organization.current().time_zone, "limit": MOST},
        )
        for posted_to, month, source, import_id, calls, cost, unpriced in cursor.fetchall():
            what = counted(calls, "call")
            if unpriced:
                what += f", {unpriced:,} without a price"
            yield LatePosting(CALLS, posted_to, month, source, import_id, what, cost)


def _bills() -> Iterable[LatePosting]:
    late = BillSnapshot.objects.filter(
        status=BillSnapshot.CURRENT, accounting_month__gt=F("billing_period")
    ).select_related("source")
    bills = list(late.order_by("-accounting_month", "-billing_period", "pk")[:MOST])
    sums = sums_of([bill.pk for bill in bills])
    for bill in bills:
        assert bill.accounting_month is not None  # the filter lets no other through
        total = sums.get(bill.pk)
        yield LatePosting(
            BILL,
            bill.accounting_month,
            bill.billing_period,
            f"{bill.provider or bill.source.name} {bill.billing_account_id}".strip(),
            bill.pk,
            counted(bill.rows, "charge"),
            total.billed if total and total.has_amount else None,
        )
