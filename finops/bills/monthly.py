"""What bills come to by month: each bill's parts, AI on them by provider, and two Aprils.

All amounts are in the reporting currency. A bill's parts sum to what was billed: AI, what is known
to be none, what nobody has said yet, and tax.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import Q

from finops.domain.money import exact_difference, exact_sum
from finops.models import BillSnapshot
from finops.sql import load_sql, snapshot

#: How many of the fields of ``BillSums`` are counts, the first ones.
_COUNTS: Final = 4
#: Bills that a month has, or that wait for a person.
SHOWN: Final = (BillSnapshot.CURRENT, BillSnapshot.HELD)


class BillSums(NamedTuple):
    """What a bill comes to.

    ``unconverted_rows`` are in no amount. ``ai`` and ``unknown`` are before tax; ``credits`` are a
    part of what was billed, usually negative.
    """

    rows: int = 0
    unconverted_rows: int = 0
    missing_billed_rows: int = 0
    missing_effective_rows: int = 0
    billed: Decimal = Decimal(0)
    effective: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    credits: Decimal = Decimal(0)
    ai: Decimal = Decimal(0)
    unknown: Decimal = Decimal(0)

    @classmethod
    def sum_of(cls, parts: Iterable[BillSums]) -> BillSums:
        """Add bills up, exactly; the sum of none is all zeros."""
        columns = list(zip(*parts, strict=True))
        if not columns:
            return cls()
        counts, amounts = columns[:_COUNTS], columns[_COUNTS:]
        return cls(*(sum(column) for column in counts), *(exact_sum(c) for c in amounts))

    @property
    def before_tax(self) -> Decimal:
        """What was billed without tax."""
        return exact_difference(self.billed, self.tax)

    @property
    def rest(self) -> Decimal:
        """What is known to be no AI, before tax."""
        return exact_difference(self.before_tax, exact_sum((self.ai, self.unknown)))

    @property
    def has_amount(self) -> bool:
        """Say whether one row at least says what was billed in a currency that has a rate."""
        return bool(self.billed) or max(self.unconverted_rows, self.missing_billed_rows) < self.rows


def bill_months() -> list[date]:
    """List the billing periods that have a bill, or one that waits, newest first."""
    found = BillSnapshot.objects.filter(status__in=SHOWN)
    return list(
        found.order_by("-billing_period").values_list("billing_period", flat=True).distinct()
    )


def bills_of(month: date, *, before: date) -> list[BillSnapshot]:
    """List the bills of two months as they count now."""
    return list(
        BillSnapshot.objects.filter(
            status=BillSnapshot.CURRENT, billing_period__in=(month, before)
        ).select_related("source")
    )


def held_bills(month: date | None = None) -> list[BillSnapshot]:
    """List the versions that wait for a person, oldest first: of a month, or of all."""
    of_month = Q(billing_period=month) if month else Q()
    found = BillSnapshot.objects.filter(of_month, status=BillSnapshot.HELD)
    return list(found.select_related("source").order_by("created_at", "pk"))


def sums_of(bills: Collection[int]) -> dict[int, BillSums]:
    """Give what each of these bills comes to; one without rows is left out."""
    with snapshot() as cursor:
        cursor.execute(load_sql("bills/bill_sums.sql"), {"bills": list(bills)})
        return {bill: BillSums(*sums) for bill, *sums in cursor.fetchall()}


def ai_by_month(since: date, until: date) -> dict[tuple[date, str], Decimal]:
    """Give what AI cost on the bills of the months ``[since, until)``, by month and provider."""
    with snapshot() as cursor:
        cursor.execute(load_sql("bills/ai_by_month.sql"), {"since": since, "until": until})
        return {(month, provider): billed for month, provider, billed in cursor.fetchall()}


def unconverted(month: date) -> dict[str, int]:
    """Count the rows of a month's bills whose currency has no rate, by currency."""
    with snapshot() as cursor:
        cursor.execute(load_sql("bills/unconverted.sql"), {"month": month})
        return dict(cursor.fetchall())


def billed_for_days_of(month: date) -> Decimal:
    """Give what was billed for the days of a month, on whatever bill: the other April."""
    with snapshot() as cursor:
        cursor.execute(load_sql("bills/billed_for_days.sql"), {"month": month})
        billed: Decimal = cursor.fetchone()[0]
        return billed


def billed_by_kind(month: date) -> dict[str, Decimal]:
    """Give what the bills of a month pay for, tax included, dearest first."""
    with snapshot() as cursor:
        cursor.execute(load_sql("bills/billed_by_kind.sql"), {"month": month})
        return dict(cursor.fetchall())


def twice_delivered(bills: Iterable[BillSnapshot]) -> Mapping[str, list[BillSnapshot]]:
    """Find accounts that more than one source sends a bill of: both count, which may be wrong."""
    found: dict[str, list[BillSnapshot]] = {}
    for bill in bills:
        found.setdefault(bill.billing_account_id, []).append(bill)
    return {account: same for account, same in found.items() if account and len(same) > 1}
