"""What a pool and a split can be. Everything refused names its field and says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from finops.allocation.pools import PATTERNS, target_names
from finops.allocation.refusals import PoolRefused
from finops.allocation.splitting import HUNDRED, MOST_TARGETS, check_percents
from finops.domain.charge import CHARGE_KINDS
from finops.domain.dimensions import UNALLOCATED
from finops.models import CostPool, PoolSplit
from finops.models.allocation import FALLBACKS, METHODS, TARGET_DIMENSIONS
from finops.months.closed import closed_months

#: More pools are no rule any more that somebody could read.
MOST_POOLS: Final = 200
LAST_STAGE: Final = 99
MOST_POSITION: Final = 10_000
LONGEST_NAME: Final = 200
LONGEST_PATTERN: Final = 500
LONGEST_REASON: Final = 2_000
#: A surcharge of more is a typing error.
MOST_PERCENT: Final = Decimal(1_000)
_FINEST_PERCENT: Final = Decimal("0.0001")


@dataclass(frozen=True)
class PoolDraft:
    """A pool as somebody asks for it; ``position`` None is the last place of its stage."""

    name: str
    dimension: str = "team"
    stage: int = 1
    position: int | None = None
    kinds: tuple[str, ...] = ()
    provider: str = ""
    service_name: str = ""
    sku_meter: str = ""
    resource: str = ""
    account: str = ""
    sub_account: str = ""
    tag: str = ""
    tag_value: str = ""
    surcharge_percent: Decimal | None = None

    def stored(self) -> CostPool:
        """Give it as a pool that is not saved."""
        values = {name: getattr(self, name) for name in PATTERNS}
        return CostPool(
            name=self.name,
            dimension=self.dimension,
            stage=self.stage,
            position=self.position or MOST_POSITION,
            kinds=list(self.kinds),
            surcharge_percent=self.surcharge_percent,
            **values,
        )


@dataclass(frozen=True)
class SplitDraft:
    """A split as somebody asks for it."""

    method: str = "priced_tokens"
    fallback: str = "unallocated"
    weights: dict[str, Decimal] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    driver: str = ""
    utilisation: Decimal | None = None
    idle_to: str = ""


def checked_pool(draft: PoolDraft) -> PoolDraft:
    """Give a pool that can be. Raises PoolRefused."""
    name = " ".join(draft.name.split())
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        raise PoolRefused("name", f"Give the pool a name of at most {LONGEST_NAME} letters.")
    if draft.dimension not in TARGET_DIMENSIONS:
        raise PoolRefused("dimension", f"Choose {', '.join(TARGET_DIMENSIONS)}.")
    if not 1 <= draft.stage <= LAST_STAGE:
        raise PoolRefused("stage", f"A stage is 1 to {LAST_STAGE}. Direct cost is stage 0.")
    if draft.position is not None and not 1 <= draft.position <= MOST_POSITION:
        raise PoolRefused("position", f"A place is 1 to {MOST_POSITION:,}.")
    if unknown := set(draft.kinds) - set(CHARGE_KINDS):
        raise PoolRefused("kinds", f"No charge is of the kind {min(unknown)[:40]}.")
    for pattern in PATTERNS:
        if len(getattr(draft, pattern)) > LONGEST_PATTERN or "\0" in getattr(draft, pattern):
            raise PoolRefused(pattern, f"Enter at most {LONGEST_PATTERN} letters.")
    if draft.tag_value and not draft.tag:
        raise PoolRefused("tag", "Name the tag that has this value.")
    _check_surcharge(draft)
    return replace(draft, name=name)


def _check_surcharge(draft: PoolDraft) -> None:
    percent = draft.surcharge_percent
    if percent is None:
        return
    if not 0 < percent <= MOST_PERCENT or percent % _FINEST_PERCENT:
        raise PoolRefused("surcharge_percent", "Enter a percentage above 0, such as 3.")
    if draft.kinds or any(getattr(draft, pattern) for pattern in PATTERNS):
        message = "A surcharge picks no charges. Leave the conditions or the percentage empty."
        raise PoolRefused("surcharge_percent", message)


def checked_split(draft: SplitDraft, pool: PoolDraft, pools: Iterable[CostPool]) -> SplitDraft:
    """Give a split that can be of a pool; ``pools`` are all in use. Raises PoolRefused."""
    if draft.method not in METHODS:
        raise PoolRefused("method", f"Choose one of {', '.join(METHODS)}.")
    if draft.fallback not in FALLBACKS:
        raise PoolRefused("fallback", f"Choose one of {', '.join(FALLBACKS)}.")
    if pool.surcharge_percent is not None and draft.method == "metered":
        raise PoolRefused("method", "A surcharge is no bill that calls could explain.")
    if draft.method == "driver" and not draft.driver.strip():
        raise PoolRefused("driver", "Name the uploaded driver.")
    draft = replace(
        draft,
        driver=draft.driver.strip() if draft.method == "driver" else "",
        weights=_checked_percents(draft),
        targets=() if draft.method in {"fixed", "hold"} else tuple(dict.fromkeys(draft.targets)),
    )
    if len(draft.targets) > MOST_TARGETS:
        raise PoolRefused("targets", f"A split has at most {MOST_TARGETS} targets.")
    _check_utilisation(draft)
    _check_targets(draft, pool, pools)
    return draft


def _checked_percents(draft: SplitDraft) -> dict[str, Decimal]:
    if draft.method != "fixed":
        return {}
    if not draft.weights:
        raise PoolRefused("weights", "Write a line for each target, such as search 60.")
    if len(draft.weights) > MOST_TARGETS:
        raise PoolRefused("weights", f"A split has at most {MOST_TARGETS} targets.")
    try:
        check_percents(draft.weights)
    except ValueError as error:
        raise PoolRefused("weights", str(error)) from error
    return draft.weights


def _check_utilisation(draft: SplitDraft) -> None:
    used = draft.utilisation
    if used is not None and (not 0 <= used <= HUNDRED or used % _FINEST_PERCENT):
        raise PoolRefused("utilisation", "Enter a percentage from 0 to 100, such as 62.")
    if draft.idle_to and used is None:
        raise PoolRefused("utilisation", "Say how much of the capacity is used.")


def _check_targets(draft: SplitDraft, pool: PoolDraft, pools: Iterable[CostPool]) -> None:
    """Keep sources and targets apart: what is split is never given a part of a split."""
    sources = {pool.name.casefold(), *(each.name.casefold() for each in pools)}
    for part, names in {
        "weights": draft.weights,
        "targets": draft.targets,
        "idle_to": [draft.idle_to] if draft.idle_to else [],
    }.items():
        for name in names:
            check_target(part, name)
            if name.casefold() in sources:
                message = f"{name[:60]} is a pool. A pool cannot be given cost of another one."
                raise PoolRefused(part, message)


def check_target(part: str, name: str) -> None:
    """Refuse what cannot be a target."""
    if not name or name == UNALLOCATED or len(name) > LONGEST_PATTERN or "\0" in name:
        raise PoolRefused(part, f"{name[:60] or 'Nothing'} cannot be a target.")


def check_name_is_no_target(name: str, pools: Iterable[CostPool]) -> None:
    """Refuse a pool called like a target of a split."""
    named = {each.casefold() for pool in pools for each in target_names(list(pool.splits.all()))}
    if name.casefold() in named:
        raise PoolRefused("name", "A split names this as a target. Choose another name.")


def check_since(since: date) -> date:
    """Give the month from which a change holds. Raises PoolRefused when it reaches a closed one."""
    if since.day != 1:
        raise PoolRefused("since", "A split holds from the first of a month.")
    if later := sorted(month for month in closed_months() if month >= since):
        message = f"{later[-1]:%B %Y} is closed. Choose a later month, or reopen it under Bills."
        raise PoolRefused("since", message)
    return since


def check_reason(reason: str) -> str:
    """Give a reason that can be kept."""
    if len(reason) > LONGEST_REASON or "\0" in reason:
        raise PoolRefused("reason", f"A reason has at most {LONGEST_REASON:,} letters.")
    return reason.strip()


def drafted(pool: CostPool) -> PoolDraft:
    """Give a stored pool as a draft to change."""
    return PoolDraft(
        name=pool.name,
        dimension=pool.dimension,
        stage=pool.stage,
        position=pool.position,
        kinds=tuple(pool.kinds),
        surcharge_percent=pool.surcharge_percent,
        **{name: getattr(pool, name) for name in PATTERNS},
    )


def drafted_split(split: PoolSplit) -> SplitDraft:
    """Give a stored split as a draft to change."""
    return SplitDraft(
        method=split.method,
        fallback=split.fallback,
        weights={target: Decimal(text) for target, text in split.weights.items()},
        targets=tuple(split.targets),
        driver=split.driver,
        utilisation=split.utilisation,
        idle_to=split.idle_to,
    )
