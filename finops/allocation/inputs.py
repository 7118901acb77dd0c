"""Everything that goes into a month's allocation, read in one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from finops.allocation.grounds import (
    Direct,
    MonthGrounds,
    calls_of,
    direct_cost,
    previous_shares,
    uploaded,
)
from finops.allocation.picking import COSTS, Picked, Picks, bills_of, pick
from finops.allocation.pools import pools_in_force, rule_of, split_in_force
from finops.allocation.staging import Part, PoolIn
from finops.attribution.refusals import Refused
from finops.domain.money import exact_sum
from finops.domain.periods import month_of
from finops.models import CostPool, Organization, Reconciliation
from finops.models.allocation import TARGET_DIMENSIONS
from finops.sql import snapshot

USUAL_DIMENSION: Final = "team"
USUAL_BASIS: Final = "effective"
BASES: Final = tuple(COSTS)


@dataclass(frozen=True)
class Inputs:
    """What a month's allocation stands on; amounts are exact, in the reporting currency.

    ``unreconciled`` is what bills of a provider are above metered calls, by provider, as the
    reconciliation of the month says. ``picked`` counts each pool's charges, by its key.
    """

    month: date
    dimension: str
    basis: str
    currency: str
    direct: Direct
    pools: tuple[PoolIn, ...]
    stored: Mapping[int, CostPool]
    picked: Mapping[int, Picked]
    in_no_pool: Picked
    unreconciled: Mapping[str, Mapping[str, Decimal]]


def read_inputs(month: date, dimension: str = USUAL_DIMENSION, basis: str = USUAL_BASIS) -> Inputs:
    """Read what a month's allocation stands on. Raises Refused for an unknown word.

    ``month`` is any day of it; ``dimension`` is whose cost it becomes.
    """
    check_question(dimension, basis)
    month = month_of(month)
    with snapshot() as cursor:
        pools = pools_in_force(month, dimension)
        picks = pick(cursor, pools, bills_of(cursor, month), dimension=dimension, basis=basis)
        months = {month, *(incurred for _, incurred in picks)}
        direct = direct_cost(cursor, months, dimension=dimension, basis=basis)
        usage, drivers = calls_of(months, dimension), uploaded(months, dimension)
        grounds = {each: MonthGrounds(direct[each], usage[each], drivers[each]) for each in months}
        previous = previous_shares(month, dimension)
        return Inputs(
            month=month,
            dimension=dimension,
            basis=basis,
            currency=Organization.current().currency,
            direct=direct[month],
            pools=tuple(
                _pool(pool, _of(picks, place), month, grounds, previous)
                for place, pool in enumerate(pools)
            ),
            stored={pool.pk: pool for pool in pools},
            picked={pool.pk: together(_of(picks, n).values()) for n, pool in enumerate(pools)},
            in_no_pool=together(_of(picks, None).values()),
            unreconciled=unreconciled(month),
        )


def check_question(dimension: str, basis: str) -> None:
    """Raise Refused, naming what can be said, for an unknown dimension or basis."""
    if dimension not in TARGET_DIMENSIONS:
        raise Refused(f"Shared cost is split by {', '.join(TARGET_DIMENSIONS)}.")
    if basis not in BASES:
        raise Refused(f"Shared cost is of the basis {' or '.join(BASES)}.")


def unreconciled(month: date) -> dict[str, dict[str, Decimal]]:
    """Give by how much each provider's bill of a month is above what was metered."""
    rows = Reconciliation.objects.filter(month=month, billed__isnull=False).order_by("provider")
    return {
        row.provider: {"billed": row.billed, "amount": row.billed - row.metered}
        for row in rows
        if row.billed is not None and row.billed != row.metered
    }


def together(picks: Iterable[Picked]) -> Picked:
    """Add up what was picked."""
    rows = list(picks)
    return Picked(
        exact_sum(each.amount for each in rows),
        sum(each.rows for each in rows),
        sum(each.unconverted for each in rows),
        sum(each.missing for each in rows),
    )


def _of(picks: Picks, place: int | None) -> dict[date, Picked]:
    return {incurred: picked for (at, incurred), picked in picks.items() if at == place}


def _pool(
    pool: CostPool,
    picks: Mapping[date, Picked],
    month: date,
    grounds: Mapping[date, MonthGrounds],
    previous: Mapping[str, Mapping[str, Decimal]],
) -> PoolIn:
    """Give a pool what it picked: a part for each month in which its charges were incurred.

    What a pool splits as metered is one part: credits are among what calls do not explain.
    """
    splits = list(pool.splits.all())
    rule = rule_of(split_in_force(splits, month))
    before = previous.get(pool.name.casefold(), {})
    earlier = sorted(set(picks) - {month})
    if rule is not None and rule.method == "metered":
        amounts = {month: together(picks.values()).amount}
    else:
        amounts = {each: picks[each].amount for each in earlier}
        amounts[month] = picks.get(month, Picked()).amount
    parts = [
        Part(
            amount,
            rule if each == month else rule_of(split_in_force(splits, each)),
            grounds[each].of(pool, before),
            each,
        )
        for each, amount in amounts.items()
    ]
    return PoolIn(pool.pk, pool.name, pool.stage, parts, pool.surcharge_percent)
