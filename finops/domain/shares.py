"""Amounts shared out in whole subunits of a currency, so that the parts sum to the whole exactly.

Shares are worked out on whole numbers, at full precision, and rounded once: every share is cut to
the subunit, and what is left goes, one subunit each, to the largest cut-off parts (the method of
the largest remainder). Equal cut-off parts are told apart by what a target carries already, the
larger first, then by its name; so neither the order of the targets nor the unit of the weights
changes anything. A negative amount is shared out like the positive one, with its sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Final

from finops.domain.money import exact_difference, exact_sum

Amounts = Mapping[str, Decimal]

#: Decimals of the subunits that are no hundredths (ISO 4217).
_PLACES: Final = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
#: Room for any amount that a bill can hold; the usual 28 digits would raise an error.
_WIDE: Final = Context(prec=1000)
_NOBODY: Final[Amounts] = {}


class NoWeights(ValueError):
    """Nobody has a weight above 0, so nobody can get a share."""


class NegativeWeight(ValueError):
    """A weight is below 0; ``target`` names whose."""

    def __init__(self, target: str) -> None:
        super().__init__(f"the weight of {target} is negative")
        self.target = target


def subunit(currency: str) -> Decimal:
    """Give the smallest amount that is booked in a currency: 0.01 for US dollars, 1 for yen."""
    return Decimal(1).scaleb(-_PLACES.get(currency, 2))


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """Round to whole subunits; halves go away from zero, so that the sign changes nothing."""
    return _WIDE.plus(amount.quantize(unit, ROUND_HALF_UP, _WIDE))  # plus: there is no -0.00


def shares(
    amount: Decimal, weights: Amounts, *, unit: Decimal, carried: Amounts = _NOBODY
) -> dict[str, Decimal]:
    """Share an amount out in proportion to weights; the shares sum to the amount exactly.

    ``amount`` is rounded to the subunit first. ``carried`` tells equal remainders apart. Targets
    without a weight get 0. Raises NegativeWeight, and NoWeights when all weights are 0.
    """
    counts = _whole_numbers(weights)
    total = sum(counts.values())
    if not total:
        raise NoWeights("nobody has a weight")
    whole = rounded(amount, unit)
    size = int(_WIDE.divide(whole.copy_abs(), unit))
    cut = {target: divmod(size * count, total) for target, count in counts.items()}
    units = {target: floor for target, (floor, _) in cut.items()}
    order = _order({target: rest for target, (_, rest) in cut.items()}, carried)
    for target in order[: size - sum(units.values())]:
        units[target] += 1
    sign = -1 if whole < 0 else 1
    return {target: _WIDE.multiply(unit, Decimal(sign * n)) for target, n in units.items()}


def rounded_together(
    amounts: Amounts, *, unit: Decimal, carried: Amounts = _NOBODY
) -> dict[str, Decimal]:
    """Round amounts of any sign to subunits so that they sum to their rounded sum.

    No amount moves by a whole subunit or more.
    """
    total = rounded(exact_sum(amounts.values()), unit)
    cut = {target: amount.quantize(unit, ROUND_DOWN, _WIDE) for target, amount in amounts.items()}
    left = exact_difference(total, exact_sum(cut.values()))
    sign = Decimal(1).copy_sign(left)
    rests = {
        target: _WIDE.multiply(exact_difference(amount, cut[target]), sign)
        for target, amount in amounts.items()
    }
    for target in _order(rests, carried)[: int(_WIDE.divide(left.copy_abs(), unit))]:
        cut[target] = exact_sum((cut[target], _WIDE.multiply(unit, sign)))
    return cut


def _whole_numbers(weights: Amounts) -> dict[str, int]:
    """Give weights as whole numbers of the same proportion."""
    for target in sorted(weights):
        if weights[target] < 0:
            raise NegativeWeight(target)
    finest = min((int(weight.as_tuple().exponent) for weight in weights.values()), default=0)
    return {target: int(weight.scaleb(-finest, _WIDE)) for target, weight in weights.items()}


def _order(rests: Mapping[str, int] | Amounts, carried: Amounts) -> list[str]:
    """Put targets in the order in which they get what is left."""
    return sorted(
        rests,
        key=lambda target: (-rests[target], -abs(carried.get(target, Decimal(0))), target),
    )
