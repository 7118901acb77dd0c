"""What each target carries over months: direct and allocated, beside what nobody carries.

Other rooms read shared cost here. Direct cost is what current bills say now; allocated is what
published statements say, so a month without a statement has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F, Sum

from finops.allocation.grounds import direct_cost
from finops.allocation.inputs import USUAL_BASIS, USUAL_DIMENSION, check_question
from finops.domain.money import exact_difference, exact_sum
from finops.domain.periods import month_of
from finops.models import AllocationShare
from finops.sql import snapshot


class Carried(NamedTuple):
    """What a target carries, in the reporting currency."""

    direct: Decimal = Decimal(0)
    allocated: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """Both together."""
        return exact_sum((self.direct, self.allocated))


class Standing(NamedTuple):
    """Direct, allocated and unallocated cost of months: three numbers, kept apart.

    Everything together is what bills say, plus ``surcharges``. ``months`` are those that have a
    published statement on the basis; the cost of others is direct or unallocated.
    """

    targets: Mapping[str, Carried]
    direct: Decimal
    allocated: Decimal
    unallocated: Decimal
    surcharges: Decimal
    months: tuple[date, ...]

    def of(self, target: str) -> Carried:
        """Give what a target carries; nothing for one that is unknown."""
        return self.targets.get(target, Carried())


def allocated_by_target(
    months: Iterable[date], dimension: str = USUAL_DIMENSION, basis: str = USUAL_BASIS
) -> Standing:
    """Add up what each target carries in months (any days in them), on a basis of bills.

    Raises Refused for an unknown dimension or basis.
    """
    check_question(dimension, basis)
    wanted = sorted({month_of(month) for month in months})
    with snapshot() as cursor:
        direct = direct_cost(cursor, wanted, dimension=dimension, basis=basis) if wanted else {}
        shares = list(_shares(wanted, dimension, basis))
    own: defaultdict[str, list[Decimal]] = defaultdict(list)
    for month in direct.values():
        for target, amount in month.by_target.items():
            own[target].append(amount)
    given: defaultdict[str, list[Decimal]] = defaultdict(list)
    for _, target, amount, _ in shares:
        given[target].append(amount)
    allocated = exact_sum(amount for _, _, amount, _ in shares)
    charged = exact_sum(amount for _, _, amount, is_charged in shares if is_charged)
    return Standing(
        targets={
            target: Carried(exact_sum(own[target]), exact_sum(given[target]))
            for target in sorted(own.keys() | given.keys())
        },
        direct=exact_sum(amount for amounts in own.values() for amount in amounts),
        allocated=allocated,
        unallocated=exact_difference(
            exact_sum(month.of_nobody for month in direct.values()), charged
        ),
        surcharges=exact_difference(allocated, charged),
        months=tuple(sorted({month for month, *_ in shares})),
    )


def _shares(
    months: list[date], dimension: str, basis: str
) -> Iterable[tuple[date, str, Decimal, bool]]:
    """Read what pools gave by month and target, and whether it was charged by a provider."""
    rows = (
        AllocationShare.objects.filter(
            run__current=True,
            run__month__in=months,
            run__dimension=dimension,
            run__basis=basis,
        )
        .exclude(method__in=("direct", "none"))
        .exclude(target="")
        .values_list("run__month", "target", F("pool__surcharge_percent"))
        .annotate(given=Sum("amount"))
    )
    for month, target, percent, given in rows:
        yield month, target, given, percent is None
