"""Shares and unit prices: the few places where a comparison has to round, and to which digit."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

#: Room for amounts of any size beside unit prices of any smallness.
_WIDE: Final = Context(prec=200, rounding=ROUND_HALF_EVEN)
#: A part that is worked out by dividing is given to this digit; the part beside it takes the rest.
_DIGITS: Final = Decimal(1).scaleb(-12)
#: Digits of a unit price that is an average.
_UNIT_DIGITS: Final = Context(prec=28, rounding=ROUND_HALF_EVEN)


def unit_price(amount: Decimal, quantity: Decimal) -> Decimal | None:
    """Give the average price of one, to 28 digits; None for the price of nothing."""
    return _UNIT_DIGITS.divide(amount, quantity) if quantity else None


def rounded_share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Give ``amount × part ÷ whole`` to 12 decimals; ``whole`` is not 0."""
    share = _WIDE.divide(_WIDE.multiply(amount, part), whole)
    return _WIDE.quantize(share, _DIGITS)


def rounded_product(quantity: Decimal, price: Decimal) -> Decimal:
    """Give what a quantity comes to at a price, to 12 decimals."""
    return _WIDE.quantize(_WIDE.multiply(quantity, price), _DIGITS)
