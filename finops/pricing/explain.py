"""How a call's computed cost came about: each kind of use, its count, its price, its amount.

The lines are the card's own, so they add up exactly to what ``calculate`` charged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from finops.domain.money import exact_sum
from finops.domain.usage import INPUT_KINDS, TOKEN_KINDS
from finops.models import Price
from finops.pricing.calculate import EXACT, PARENT_KINDS, RateLine
from finops.pricing.history import lines_of


class CostLine(NamedTuple):
    """``quantity`` units of a kind, charged by a line of the card; None when it has none."""

    kind: str
    quantity: int
    rate: RateLine | None

    @property
    def cost(self) -> Decimal | None:
        """What the line comes to, exactly; None without a price."""
        if self.rate is None:
            return None
        whole = EXACT.multiply(self.rate.amount, Decimal(self.quantity))
        return EXACT.divide(whole, Decimal(self.rate.per))


class Bill(NamedTuple):
    """The card that charged a call, and the lines; their total is None when one has no price."""

    price: Price
    lines: tuple[CostLine, ...]

    @property
    def total(self) -> Decimal | None:
        """The sum of the lines, exactly."""
        costs = [line.cost for line in self.lines]
        return None if None in costs else exact_sum(cost for cost in costs if cost is not None)


def bill(price_id: int, counts: Mapping[str, int | None], *, requests: int = 1) -> Bill | None:
    """Explain a call by its card; ``counts`` maps token kinds, None is a count nobody gave.

    None when the card is not in the book any more.
    """
    price = Price.objects.filter(pk=price_id).first()
    if price is None:
        return None
    return Bill(price, cost_lines(lines_of([price_id]).get(price_id, ()), counts, requests))


def cost_lines(
    rates: Sequence[RateLine], counts: Mapping[str, int | None], requests: int = 1
) -> tuple[CostLine, ...]:
    """Give a line for each kind that was used, and one for the request where the card has one."""
    prompt = sum(counts.get(kind) or 0 for kind in INPUT_KINDS)
    own = _in_force(rates, prompt)
    lines = [
        CostLine(kind, quantity, _rate_of(own, kind))
        for kind in TOKEN_KINDS
        if (quantity := counts.get(kind) or 0)
    ]
    if (each := own.get("requests")) and requests:
        lines.append(CostLine("requests", requests, each))
    return tuple(lines)


def _in_force(rates: Sequence[RateLine], prompt: int) -> dict[str, RateLine]:
    """Choose for each kind the line of the highest prompt size that this prompt is above."""
    reached = [rate for rate in rates if prompt > rate.above_input_tokens or not _tiered(rate)]
    return {rate.kind: rate for rate in sorted(reached, key=lambda rate: rate.above_input_tokens)}


def _tiered(rate: RateLine) -> bool:
    return rate.above_input_tokens > 0


def _rate_of(own: Mapping[str, RateLine], kind: str | None) -> RateLine | None:
    while kind is not None:
        if kind in own:
            return own[kind]
        kind = PARENT_KINDS.get(kind)
    return None
