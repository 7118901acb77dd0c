"""Direct, allocated and unallocated: how much of the bills is whose, in three numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Max

from finops.domain.money import exact_difference, exact_sum
from finops.domain.periods import next_month
from finops.domain.windows import Window
from finops.insights.breakdown import Breakdown
from finops.models import AllocationRun, AllocationShare, BillSnapshot
from finops.models.allocation import TARGET_DIMENSIONS
from finops.sql import once_in_snapshot

_NOTHING = Decimal(0)


class Carried(NamedTuple):
    """Three parts that sum exactly to what was billed, by one dimension.

    ``direct`` charges have a value themselves; ``allocated`` was shared out by published runs of
    the whole months in the period; ``unallocated`` is the rest. ``open_months`` have no run yet.
    """

    dimension: str
    direct: Decimal
    allocated: Decimal
    unallocated: Decimal
    open_months: tuple[date, ...]


def carried(seen: Breakdown) -> Carried | None:
    """Read the three numbers of an answer; None where they have no meaning.

    They do when the answer is of everything, told by one dimension that cost is shared over.
    """
    question = seen.question
    if len(question.by) != 1 or question.filters or question.by[0] not in TARGET_DIMENSIONS:
        return None
    (dimension,) = question.by
    whole = seen.whole.now.cost
    loose = seen.without(dimension).now.cost if dimension in seen.missing else _NOTHING
    months = whole_months(question.period.window)
    runs = _runs(months, dimension, question.basis)
    allocated = _shared_out(runs.values())
    return Carried(
        dimension,
        exact_difference(whole, loose),
        allocated,
        exact_difference(loose, allocated),
        tuple(month for month in months if month not in runs),
    )


def whole_months(window: Window) -> tuple[date, ...]:
    """List the months that a window holds from the first day to the last."""
    month = window.since if window.since.day == 1 else next_month(window.since.replace(day=1))
    found = []
    while (after := next_month(month)) <= window.until:
        found.append(month)
        month = after
    return tuple(found)


def _runs(months: Iterable[date], dimension: str, basis: str) -> dict[date, int]:
    runs = AllocationRun.objects.filter(
        current=True, month__in=list(months), dimension=dimension, basis=basis
    )
    return dict(runs.values_list("month", "pk"))


def _shared_out(runs: Iterable[int]) -> Decimal:
    shares = AllocationShare.objects.filter(run__in=list(runs)).exclude(target="")
    # What came from a surcharge is not on any bill: it is put on top of what targets carry.
    on_bills = shares.filter(pool__surcharge_percent__isnull=True)
    return exact_sum(on_bills.values_list("amount", flat=True))


@once_in_snapshot
def newest_bill() -> datetime | None:
    """Say when the newest of the current bills came in."""
    current = BillSnapshot.objects.filter(status=BillSnapshot.CURRENT)
    found: datetime | None = current.aggregate(at=Max("published_at"))["at"]
    return found
