"""How one amount is split: the methods, what stands in when nobody has a weight, and idle capacity.

Nothing here reads: what a split stands on comes in as ``Grounds``, amounts go out in whole
subunits. What is given to targets and what is held always sum to the amount exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import exact_difference, exact_product, exact_sum
from finops.domain.shares import Amounts, rounded, rounded_together, shares, subunit

#: A split over more is no rule any more that somebody could read.
MOST_TARGETS: Final = 500
HUNDRED: Final = Decimal(100)
_NONE: Final[Amounts] = {}


@dataclass(frozen=True)
class Rule:
    """How a pool is split: a stored split as a plain value (``finops.models.PoolSplit``)."""

    method: str = "priced_tokens"
    fallback: str = "unallocated"
    weights: Amounts = field(default_factory=dict)
    targets: frozenset[str] = frozenset()
    driver: str = ""
    utilisation: Decimal | None = None
    idle_to: str = ""


class Grounds(NamedTuple):
    """What splits of a month stand on, by target.

    ``metered`` is tokens at book price; ``own`` what calls cost beyond what is billed to the target
    directly, with ``own_unattributed`` for calls of nobody; ``previous`` the pool's last shares.
    """

    direct: Amounts = _NONE
    calls: Amounts = _NONE
    metered: Amounts = _NONE
    own: Amounts = _NONE
    own_unattributed: Decimal = Decimal(0)
    uploaded: Mapping[str, Amounts] = {}
    previous: Amounts = _NONE
    present: frozenset[str] = frozenset()
    carried: Amounts = _NONE


class Split(NamedTuple):
    """An amount split: what each target gets, by which weights, and what stays, with the reason.

    ``note`` is a code of ``finops.allocation.words.NOTES``, empty where all went by the rule.
    ``unreconciled`` is the part of ``held`` that no call explains.
    """

    shares: dict[str, Decimal]
    held: Decimal
    weights: Amounts = _NONE
    note: str = ""
    unreconciled: Decimal | None = None


def split(amount: Decimal, rule: Rule | None, grounds: Grounds, currency: str) -> Split:
    """Split an amount by a rule; what the rule gives nobody is held, and says why."""
    unit = subunit(currency)
    whole = rounded(amount, unit)
    if rule is None:
        return Split({}, whole, note="no_split")
    if rule.utilisation is not None:
        return _by_utilisation(whole, rule, grounds, currency)
    if rule.method == "hold":
        return Split({}, whole, note="held")
    if rule.method == "metered":
        return _as_metered(whole, rule, grounds, unit)
    return _by_weights(whole, rule, grounds, unit)


def check_percents(percents: Amounts) -> None:
    """Raise ValueError, in words for people, unless percentages are positive and sum to 100."""
    if any(percent <= 0 for percent in percents.values()):
        raise ValueError("Every percentage is above 0.")
    total = exact_sum(percents.values())
    if total != HUNDRED:
        raise ValueError(f"The percentages sum to {total.normalize():f}. They must sum to 100.")


def scale_to_bill(billed: Decimal, metered: Amounts, currency: str = "USD") -> dict[str, Decimal]:
    """Scale metered amounts so that they sum to the bill. It hides missing logs: say that you do.

    Raises NoWeights when nothing was metered.
    """
    return shares(billed, metered, unit=subunit(currency), carried=metered)


def explicit_residual(
    billed: Decimal, metered: Amounts, currency: str = "USD"
) -> tuple[dict[str, Decimal], Decimal]:
    """Leave everybody what was metered, and give the rest of the bill as a line of its own."""
    unit = subunit(currency)
    kept = rounded_together(metered, unit=unit, carried=metered)
    return kept, exact_difference(rounded(billed, unit), exact_sum(kept.values()))


def _by_utilisation(whole: Decimal, rule: Rule, grounds: Grounds, currency: str) -> Split:
    """Split the used part by the method; the idle rest goes to one target, or is held."""
    assert rule.utilisation is not None  # the caller has looked
    unit = subunit(currency)
    used = rounded(exact_product(whole, rule.utilisation.scaleb(-2)), unit)
    idle = exact_difference(whole, used)
    found = split(used, replace(rule, utilisation=None), grounds, currency)
    if not rule.idle_to:
        return found._replace(held=exact_sum((found.held, idle)), note=found.note or "idle_held")
    given = exact_sum((found.shares.get(rule.idle_to, Decimal(0)), idle))
    return found._replace(shares={**found.shares, rule.idle_to: given})


def _as_metered(whole: Decimal, rule: Rule, grounds: Grounds, unit: Decimal) -> Split:
    """Give each target what its own calls cost; the rest stays, and is called unreconciled.

    Of a bill that has not come, nobody gets anything.
    """
    if not whole:
        return Split({}, whole, note="nothing_billed")
    own = _limited(grounds.own, rule)
    kept = rounded_together(own, unit=unit, carried=grounds.carried)
    held = exact_difference(whole, exact_sum(kept.values()))
    rest = exact_difference(held, rounded(grounds.own_unattributed, unit))
    return Split(kept, held, own, "residual" if rest else "", rest)


def _by_weights(whole: Decimal, rule: Rule, grounds: Grounds, unit: Decimal) -> Split:
    weights = {target: weight for target, weight in _weights(rule, grounds).items() if weight}
    if any(weight < 0 for weight in weights.values()):
        return _instead(whole, rule, grounds, unit, "negative_driver")
    if not weights:
        return _instead(whole, rule, grounds, unit, "zero_driver")
    return _shared(whole, weights, grounds, unit)


def _instead(whole: Decimal, rule: Rule, grounds: Grounds, unit: Decimal, why: str) -> Split:
    """Split by what the rule names for a driver that says nothing; never drop the amount."""
    weights = {
        "even": _even(rule, grounds),
        "previous": {t: abs(w) for t, w in _limited(grounds.previous, rule).items() if w},
    }.get(rule.fallback)
    if not weights:
        return Split({}, whole, note=why)
    return _shared(whole, weights, grounds, unit, note=f"{why}_{rule.fallback}")


def _shared(
    whole: Decimal, weights: Amounts, grounds: Grounds, unit: Decimal, note: str = ""
) -> Split:
    if len(weights) > MOST_TARGETS:
        return Split({}, whole, note="too_many_targets")
    given = shares(whole, weights, unit=unit, carried=grounds.carried)
    return Split(given, exact_difference(whole, exact_sum(given.values())), weights, note)


def _weights(rule: Rule, grounds: Grounds) -> Amounts:
    if rule.method == "fixed":
        return rule.weights
    if rule.method == "even":
        return _even(rule, grounds)
    driven = {
        "direct_cost": grounds.direct,
        "calls": grounds.calls,
        "priced_tokens": grounds.metered,
        "driver": grounds.uploaded.get(rule.driver, _NONE),
    }
    return _limited(driven[rule.method], rule)


def _even(rule: Rule, grounds: Grounds) -> Amounts:
    return dict.fromkeys(rule.targets or grounds.present, Decimal(1))


def _limited(weights: Amounts, rule: Rule) -> Amounts:
    """Keep the targets that a rule names; one that names none admits all."""
    if not rule.targets:
        return weights
    return {target: weight for target, weight in weights.items() if target in rule.targets}
