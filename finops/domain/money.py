"""Exact amounts: reading and writing them. Nothing here rounds."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact
from typing import Final

#: Python rounds sums to 28 digits unless told otherwise; here a lost digit is an error instead.
_EXACT: Final = Context(prec=1000, traps=[Inexact])


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts up, keeping every digit; the sum of none is 0."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def exact_difference(amount: Decimal, less: Decimal) -> Decimal:
    """Subtract, keeping every digit."""
    return _EXACT.subtract(amount, less)


def exact_product(amount: Decimal, times: Decimal) -> Decimal:
    """Multiply, keeping every digit."""
    return _EXACT.multiply(amount, times)


def plain(amount: Decimal) -> str:
    """Write an amount as a decimal string without exponent or needless zeros: ``0.0012``."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
