"""Which pools and splits hold in a month, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from django.db.models import Q

from finops.allocation.splitting import Rule
from finops.attribution.values import canonical
from finops.domain.charge import CHARGE_KINDS
from finops.models import CostPool, PoolSplit

#: What a pool compares charges with; ``*`` is a wildcard, empty admits everything.
PATTERNS: Final = (
    "provider",
    "service_name",
    "sku_meter",
    "resource",
    "account",
    "sub_account",
    "tag",
    "tag_value",
)
#: Kinds whose cost calls meter: their pools look at the calls of their own provider alone.
MODEL_KINDS: Final = frozenset(CHARGE_KINDS[:3])


def pools_in_force(month: date, dimension: str) -> list[CostPool]:
    """Give the pools that pick charges of a month, in the order in which they are asked.

    A pool begins with its first split, and ends before the month from which it is stopped. Splits
    are prefetched, in the order of their months.
    """
    pools = (
        CostPool.objects.filter(dimension=dimension)
        .filter(Q(stopped_from=None) | Q(stopped_from__gt=month))
        .order_by("stage", "position", "pk")
        .prefetch_related("splits")
    )
    return [pool for pool in pools if _begun(pool, month)]


def begins(pool: CostPool) -> date | None:
    """Give the month from which a pool picks charges; None while it has no split."""
    return min((split.effective_from for split in pool.splits.all()), default=None)


def split_in_force(splits: Iterable[PoolSplit], month: date) -> PoolSplit | None:
    """Give the split that holds in a month: of the latest one the last that was set.

    Charges of a time before the first split follow the first.
    """
    ordered = sorted(splits, key=lambda each: (each.effective_from, each.set_at, each.pk))
    begun = [each for each in ordered if each.effective_from <= month]
    return begun[-1] if begun else next(iter(ordered), None)


def rule_of(split: PoolSplit | None) -> Rule | None:
    """Give a stored split as a rule; targets that were merged stand for what they are read as."""
    if split is None:
        return None
    final = canonical(split.pool.dimension)
    return Rule(
        method=split.method,
        fallback=split.fallback,
        weights=_read_as(final, {name: Decimal(text) for name, text in split.weights.items()}),
        targets=frozenset(final.get(target, target) for target in split.targets),
        driver=split.driver,
        utilisation=split.utilisation,
        idle_to=final.get(split.idle_to, split.idle_to),
    )


def meters_own_provider(pool: CostPool) -> bool:
    """Say whether a pool is the cost of models of a provider, so that only its calls count."""
    return bool(pool.provider and pool.kinds) and set(pool.kinds) <= MODEL_KINDS


def conditions(pool: CostPool) -> dict[str, object]:
    """Give what a pool asks of charges, without what admits everything."""
    asked: dict[str, object] = {"kinds": list(pool.kinds)} if pool.kinds else {}
    return asked | {name: getattr(pool, name) for name in PATTERNS if getattr(pool, name)}


def target_names(splits: Sequence[PoolSplit]) -> set[str]:
    """Give all targets that splits name."""
    return {
        name for split in splits for name in (*split.weights, *split.targets, split.idle_to) if name
    }


def _begun(pool: CostPool, month: date) -> bool:
    first = begins(pool)
    return first is not None and first <= month


def _read_as(final: Mapping[str, str], weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    read: dict[str, Decimal] = {}
    for target, weight in weights.items():
        name = final.get(target, target)
        read[name] = read.get(name, Decimal(0)) + weight
    return read
