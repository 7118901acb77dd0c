"""Changing pools and splits: never in place, always from a month on, so the past keeps its own.

Each function takes ``seen``, the version of the pool that whoever asks was shown, and refuses to
write over a later one. ``by`` is the name that goes on record.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import Max

from finops.allocation import checks
from finops.allocation.checks import PoolDraft, SplitDraft
from finops.allocation.pools import split_in_force
from finops.allocation.refusals import PoolRefused
from finops.attribution.refusals import ChangedMeanwhile, Gone
from finops.domain.money import plain
from finops.models import CostPool, PoolSplit

#: One change at a time: names, places and the number of pools are looked at before they are taken.
_EDITING_LOCK: Final = 7_310_070
#: What a split keeps when it goes over to another pool.
_KEPT: Final = (
    "method",
    "fallback",
    "weights",
    "targets",
    "driver",
    "utilisation",
    "idle_to",
    "reason",
    "set_at",
    "set_by",
)


def add_pool(
    draft: PoolDraft,
    split: SplitDraft,
    *,
    since: date,
    now: datetime,
    by: str,
    reason: str = "",
    is_sample: bool = False,
) -> CostPool:
    """Make a pool that picks charges from a month on. Raises PoolRefused, naming the field."""
    draft = checks.checked_pool(draft)
    with _editing() as pools:
        if len(pools) >= checks.MOST_POOLS:
            raise PoolRefused("name", f"There are {checks.MOST_POOLS} pools. Stop one first.")
        _check_name(draft.name, pools)
        pool = draft.stored()
        pool.position = draft.position or _last_place(draft) + 1
        pool.is_sample, pool.created_at, pool.created_by = is_sample, now, by[:200]
        pool.save()
        rule = checks.checked_split(split, draft, pools)
        _set(pool, rule, checks.check_since(since), reason=reason, now=now, by=by)
    return pool


def change_pool(
    pool: CostPool, draft: PoolDraft, *, since: date, seen: int, now: datetime, by: str
) -> CostPool:
    """Pick other charges from a month on: the pool is stopped, and another one takes its place.

    The new pool keeps the splits that hold from then on. Gives it; gives the old one when nothing
    would change. Raises PoolRefused, ChangedMeanwhile, and Gone for a pool that is stopped.
    """
    draft = checks.checked_pool(draft)
    with _editing() as pools:
        held = _held(pool, seen)
        if draft == checks.drafted(held):
            return held
        if draft.dimension != held.dimension:
            raise PoolRefused("dimension", "Add another pool to split it over something else.")
        others = [each for each in pools if each.pk != held.pk]
        _check_name(draft.name, others)
        _stop(held, checks.check_since(since))
        after = draft.stored()
        after.position = draft.position or _last_place(draft) + 1
        after.is_sample, after.created_at, after.created_by = held.is_sample, now, by[:200]
        after.save()
        _carry_over(held, after, since)
    return after


def set_split(
    pool: CostPool,
    split: SplitDraft,
    *,
    since: date,
    seen: int,
    now: datetime,
    by: str,
    reason: str = "",
) -> PoolSplit:
    """Split a pool otherwise from a month on; what held before stays on record.

    Raises PoolRefused, ChangedMeanwhile, and Gone for a pool that is stopped.
    """
    with _editing() as pools:
        held = _held(pool, seen)
        others = [each for each in pools if each.pk != held.pk]
        rule = checks.checked_split(split, checks.drafted(held), others)
        made = _set(held, rule, checks.check_since(since), reason=reason, now=now, by=by)
        held.version += 1
        held.save(update_fields=["version"])
    return made


def stop_pool(pool: CostPool, *, since: date, seen: int) -> CostPool:
    """Pick nothing from a month on. Raises PoolRefused, ChangedMeanwhile and Gone."""
    with _editing():
        held = _held(pool, seen)
        _stop(held, checks.check_since(since))
    return held


@contextmanager
def _editing() -> Iterator[list[CostPool]]:
    """Change nothing beside others; gives the pools in use, with their splits."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_EDITING_LOCK])
        yield list(CostPool.objects.filter(stopped_from=None).prefetch_related("splits"))


def _held(pool: CostPool, seen: int) -> CostPool:
    held = CostPool.objects.select_for_update().get(pk=pool.pk)
    if held.version != seen:
        raise ChangedMeanwhile
    if held.stopped_from is not None:
        raise Gone
    return held


def _check_name(name: str, pools: list[CostPool]) -> None:
    if any(each.name.casefold() == name.casefold() for each in pools):
        raise PoolRefused("name", "Another pool has this name.")
    checks.check_name_is_no_target(name, pools)


def _last_place(draft: PoolDraft) -> int:
    in_stage = CostPool.objects.filter(dimension=draft.dimension, stage=draft.stage)
    return in_stage.filter(stopped_from=None).aggregate(last=Max("position"))["last"] or 0


def _stop(pool: CostPool, since: date) -> None:
    pool.stopped_from = since
    pool.version += 1
    pool.save(update_fields=["stopped_from", "version"])


def _set(
    pool: CostPool, rule: SplitDraft, since: date, *, reason: str, now: datetime, by: str
) -> PoolSplit:
    return PoolSplit.objects.create(
        pool=pool,
        effective_from=since,
        method=rule.method,
        fallback=rule.fallback,
        weights={target: plain(weight) for target, weight in rule.weights.items()},
        targets=list(rule.targets),
        driver=rule.driver,
        utilisation=rule.utilisation,
        idle_to=rule.idle_to,
        reason=checks.check_reason(reason),
        set_at=now,
        set_by=by[:200],
    )


def _carry_over(pool: CostPool, after: CostPool, since: date) -> None:
    """Give the new pool the split that holds when it begins, and those that follow."""
    splits = list(pool.splits.all())
    first = split_in_force(splits, since)
    for split in splits:
        if split == first or split.effective_from > since:
            kept = {name: getattr(split, name) for name in _KEPT}
            begins = max(split.effective_from, since)
            PoolSplit.objects.create(pool=after, effective_from=begins, **kept)
