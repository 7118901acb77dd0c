"""At which grain both sides can be compared, and both sides rolled up to it.

A name is part of the grain when both sides have it. Nothing is dropped: what lacks a name keeps an
empty one, and calls without a key are matched with what the bill has left over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import exact_difference, exact_sum
from finops.pricing.calculate import PARENT_KINDS
from finops.reconciliation.money import rounded_share
from finops.reconciliation.sides import (
    Charged,
    ChargedSide,
    Key,
    Logged,
    LoggedSide,
    add_charged,
    add_logged,
)

#: Lines of one provider and month beyond which days are added up.
MOST_LINES: Final = 20_000
_SUFFIX: Final = "_tokens"
#: The kind to which a bill counts tokens that it does not tell apart.
_PARENTS: Final = {
    kind.removesuffix(_SUFFIX): parent.removesuffix(_SUFFIX)
    for kind, parent in PARENT_KINDS.items()
}


class Grain(NamedTuple):
    """The names that both sides have. ``whole`` are models that are compared without kinds."""

    day: bool
    account: bool
    credential: bool
    model: bool
    token_kind: bool
    whole: frozenset[str] = frozenset()

    @property
    def by_caller(self) -> bool:
        """Say whether keys or accounts are compared."""
        return self.credential or self.account

    def words(self) -> str:
        """Name the grain, finest first: ``credential, model, token kind, day``."""
        parts = {
            "account": self.account,
            "credential": self.credential,
            "model": self.model,
            "token kind": self.token_kind,
            "day": self.day,
        }
        return ", ".join(name for name, held in parts.items() if held) or "provider"

    def of(self, key: Key) -> Key:
        """Roll a key up to the grain."""
        model = key.model if self.model else ""
        return Key(
            day=key.day if self.day else None,
            account=key.account if self.account else "",
            credential=key.credential if self.credential else "",
            model=model,
            token_kind=key.token_kind if self.token_kind and model not in self.whole else "",
        )


def common_grain(logged: LoggedSide, charged: ChargedSide) -> Grain:
    """Find the finest grain that both sides have.

    Keys count as known to both when they have one in common, so that two ways of naming them do
    not look like a bill full of strangers; accounts are compared where keys cannot be. Models are
    compared when the bill names them for half of its usage or more.
    """
    usage = {key: each for key, each in charged.items() if each.has_usage}
    credential = _in_common(logged, usage, "credential")
    account = not credential and _in_common(logged, usage, "account")
    model = _mostly_named(usage) and any(key.model for key in logged)
    kinds = any(key.token_kind for key in usage) and any(key.token_kind for key in logged)
    day = all(key.day for key in usage)
    grain = Grain(day, account, credential, model, kinds, _unsplit(logged, usage, model))
    if day and _size(grain, logged, usage) > MOST_LINES:
        grain = grain._replace(day=False)
    return grain


def at_grain(
    grain: Grain, logged: LoggedSide, charged: ChargedSide
) -> tuple[dict[Key, Logged], dict[Key, Charged]]:
    """Roll both sides up to a grain, calls without a key to where the bill has left some over."""
    billed = add_charged((grain.of(key), each) for key, each in charged.items())
    known = _kinds_billed(billed)
    used = add_logged((_folded(grain.of(key), known), each) for key, each in logged.items())
    return (_with_callers(used, billed) if grain.by_caller else used), billed


def _in_common(logged: LoggedSide, usage: ChargedSide, name: str) -> bool:
    names = ({getattr(key, name) for key in side} - {""} for side in (logged, usage))
    return bool(set.intersection(*names))


def _mostly_named(usage: ChargedSide) -> bool:
    """Tell whether most of the bill names its models, by what it counts in tokens if it does."""
    counted = {key: each for key, each in usage.items() if each.tokens} or usage
    named = exact_sum(each.listed.copy_abs() for key, each in counted.items() if key.model)
    nameless = exact_sum(each.listed.copy_abs() for key, each in counted.items() if not key.model)
    return any(key.model for key in counted) and named >= nameless


def _unsplit(logged: LoggedSide, usage: ChargedSide, by_model: bool) -> frozenset[str]:
    """Find the models of which a side has amounts that it does not split by kind."""
    mixed = {key.model for key, each in logged.items() if not key.token_kind and each.amount}
    mixed |= {key.model for key, each in usage.items() if not key.token_kind and each.listed}
    if by_model:
        return frozenset(mixed)
    return frozenset({""}) if mixed else frozenset()


def _size(grain: Grain, logged: LoggedSide, usage: ChargedSide) -> int:
    return len({grain.of(key) for side in (logged, usage) for key in side})


def _kinds_billed(charged: ChargedSide) -> dict[str, set[str]]:
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for key, each in charged.items():
        if each.has_usage:
            kinds[key.model].add(key.token_kind)
    return kinds


def _folded(key: Key, billed: dict[str, set[str]]) -> Key:
    """Count a kind that the bill never tells apart for a model with the kind it is a part of."""
    kinds, kind = billed.get(key.model, set()), key.token_kind
    while kind and kind not in kinds:
        kind = _PARENTS.get(kind, "")
    return key._replace(token_kind=kind) if kind else key


def _with_callers(logged: dict[Key, Logged], charged: dict[Key, Charged]) -> dict[Key, Logged]:
    """Match calls that name no key with what the bill has left over, known keys first.

    So a key that logs do not name is taken for unlogged only as far as no such call may be its.
    """
    callers = {_caller(key) for key in logged} - {("", "")}
    short = _shortfalls(logged, charged)
    found = dict(logged)
    for key in [key for key in logged if _caller(key) == ("", "")]:
        rest = _spare(found[key], charged.get(key))
        for place in sorted(
            short.get(_place(key), ()), key=lambda k: (_caller(k) not in callers, k[1:])
        ):
            wanted = _wanted(found.get(place), charged[place])
            taken = min(wanted, rest)
            if taken > 0:
                part = _part(found[key], taken)
                found[place] = found.get(place, Logged()).plus(part)
                found[key] = _less(found[key], part)
                rest = exact_difference(rest, taken)
    return found


def _shortfalls(logged: dict[Key, Logged], charged: dict[Key, Charged]) -> dict[Key, list[Key]]:
    short: defaultdict[Key, list[Key]] = defaultdict(list)
    for key, each in charged.items():
        if _caller(key) != ("", "") and _wanted(logged.get(key), each) > 0:
            short[_place(key)].append(key)
    return short


def _caller(key: Key) -> tuple[str, str]:
    return key.account, key.credential


def _place(key: Key) -> Key:
    return key._replace(account="", credential="")


def _wanted(logged: Logged | None, charged: Charged) -> Decimal:
    """Tokens on the bill that no call is known for; none where the bill counts none."""
    if charged.tokens is None:
        return Decimal(0)
    return exact_difference(charged.tokens, logged.tokens if logged else Decimal(0))


def _spare(logged: Logged, charged: Charged | None) -> Decimal:
    """Tokens of calls without a key that the bill has not under no key as well."""
    own = (charged.tokens if charged else None) or Decimal(0)
    return max(exact_difference(logged.tokens, own), Decimal(0))


def _part(logged: Logged, tokens: Decimal) -> Logged:
    """Take a number of tokens out, with their share of everything."""
    if tokens == logged.tokens:
        return logged
    shares = (rounded_share(each, tokens, logged.tokens) for each in logged[1:])
    return Logged(tokens, *shares)


def _less(logged: Logged, part: Logged) -> Logged:
    return Logged(*(exact_difference(*pair) for pair in zip(logged, part, strict=True)))


def callers_of(keys: Iterable[Key]) -> set[tuple[str, str]]:
    """Name the (account, credential) pairs of keys, without the empty one."""
    return {_caller(key) for key in keys} - {("", "")}
