"""A month allocated, stage by stage: direct cost first, then pools, each stage after the other.

A pool never takes what another pool gave, but for surcharges: those are a percentage of everything
that targets carry when their stage begins. Pools of one stage do not see each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import groupby

from finops.allocation.splitting import Grounds, Rule, Split, split
from finops.domain.money import exact_difference, exact_product, exact_sum
from finops.domain.shares import Amounts, rounded, rounded_together, subunit


@dataclass(frozen=True)
class Part:
    """What a pool holds of one month: charges follow the rule and the grounds of their own month.

    A credit for October on November's bill is so split as October's cost was.
    """

    amount: Decimal
    rule: Rule | None
    grounds: Grounds
    month: date | None = None


@dataclass(frozen=True)
class PoolIn:
    """A pool with what it picked, at full precision; the last part is of the month itself.

    With ``percent`` it is a surcharge, and its part's amount is worked out when its turn comes.
    """

    key: int
    name: str
    stage: int
    parts: Sequence[Part]
    percent: Decimal | None = None


@dataclass(frozen=True)
class PoolOut:
    """A pool as it was split, in whole subunits: ``amount = Σ shares + unallocated``.

    ``exact`` is the amount before it was rounded; ``unreconciled`` the part of what is
    unallocated that no call explains.
    """

    key: int
    name: str
    stage: int
    method: str
    amount: Decimal
    exact: Decimal
    shares: dict[str, Decimal]
    unallocated: Decimal
    unreconciled: Decimal | None
    splits: tuple[Split, ...]
    is_surcharge: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say of how it was split, as codes, each once."""
        return tuple(dict.fromkeys(each.note for each in self.splits if each.note))


@dataclass(frozen=True)
class Allocation:
    """A month allocated: direct cost, pools, and what is in no pool, in whole subunits."""

    direct: dict[str, Decimal]
    pools: tuple[PoolOut, ...]
    in_no_pool: Decimal
    exact: Decimal
    totals: dict[str, Decimal] = field(default_factory=dict)

    @property
    def direct_total(self) -> Decimal:
        """What targets are charged with directly."""
        return exact_sum(self.direct.values())

    @property
    def surcharges(self) -> Decimal:
        """What is charged on top of the bills."""
        return exact_sum(pool.amount for pool in self.pools if pool.is_surcharge)

    @property
    def unallocated(self) -> Decimal:
        """What no target carries."""
        return exact_sum((*(pool.unallocated for pool in self.pools), self.in_no_pool))

    @property
    def allocated(self) -> Decimal:
        """What pools gave to targets."""
        return exact_sum(amount for pool in self.pools for amount in pool.shares.values())

    @property
    def total_in(self) -> Decimal:
        """Everything that was to be allocated: direct, pools, and charges in no pool."""
        pools = (pool.amount for pool in self.pools)
        return exact_sum((self.direct_total, *pools, self.in_no_pool))

    @property
    def total_out(self) -> Decimal:
        """Everything that somebody carries or that is left; always what went in."""
        return exact_sum((*self.totals.values(), self.unallocated))

    @property
    def rounding(self) -> Decimal:
        """What rounding to subunits added to the exact amounts of charges and surcharges."""
        return exact_difference(self.total_in, self.exact)

    def allocated_to(self, target: str) -> Decimal:
        """What pools gave to a target."""
        return exact_difference(
            self.totals.get(target, Decimal(0)), self.direct.get(target, Decimal(0))
        )


def allocate(
    direct: Amounts, pools: Iterable[PoolIn], *, in_no_pool: Decimal, currency: str
) -> Allocation:
    """Allocate a month; ``direct`` and the pools' parts are exact, what comes out is rounded.

    Pools are taken by stage, in the order given within one.
    """
    unit = subunit(currency)
    published = rounded_together(direct, unit=unit, carried=direct)
    totals = dict(published)
    done: list[PoolOut] = []
    for _, stage in groupby(sorted(pools, key=lambda pool: pool.stage), lambda pool: pool.stage):
        begun = dict(totals)
        for pool in stage:
            out = _pool(pool, begun, currency)
            done.append(out)
            _add(totals, out.shares)
    exact = exact_sum((*direct.values(), *(pool.exact for pool in done), in_no_pool))
    return Allocation(published, tuple(done), rounded(in_no_pool, unit), exact, totals)


def _pool(pool: PoolIn, carried: Amounts, currency: str) -> PoolOut:
    parts = [_grounded(part, pool, carried) for part in pool.parts]
    exact = exact_sum(part.amount for part in parts)
    amounts = rounded_together(
        {str(number): part.amount for number, part in enumerate(parts)}, unit=subunit(currency)
    )
    found = [
        split(amounts[str(number)], part.rule, part.grounds, currency)
        for number, part in enumerate(parts)
    ]
    given: dict[str, Decimal] = {}
    for each in found:
        _add(given, each.shares)
    return PoolOut(
        key=pool.key,
        name=pool.name,
        stage=pool.stage,
        method=parts[-1].rule.method if parts[-1].rule else "",
        amount=exact_sum(amounts.values()),
        exact=exact,
        shares={target: amount for target, amount in given.items() if amount},
        unallocated=exact_sum(each.held for each in found),
        unreconciled=_unreconciled(found),
        splits=tuple(found),
        is_surcharge=pool.percent is not None,
    )


def _grounded(part: Part, pool: PoolIn, carried: Amounts) -> Part:
    """Let a surcharge stand on what is carried, and every part settle ties by it."""
    if pool.percent is None:
        return replace(part, grounds=part.grounds._replace(carried=carried))
    amount = exact_product(exact_sum(carried.values()), pool.percent.scaleb(-2))
    grounds = part.grounds._replace(direct=carried, carried=carried)
    return replace(part, amount=amount, grounds=grounds)


def _unreconciled(found: Sequence[Split]) -> Decimal | None:
    known = [each.unreconciled for each in found if each.unreconciled is not None]
    return exact_sum(known) if known else None


def _add(to: dict[str, Decimal], amounts: Mapping[str, Decimal]) -> None:
    for target, amount in amounts.items():
        to[target] = exact_sum((to.get(target, Decimal(0)), amount))
