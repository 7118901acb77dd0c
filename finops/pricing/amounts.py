"""Amounts of a price list as people type them: read exactly, or refused with a way to fix them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

#: A hundred times the dearest list price there has been; beyond it somebody mistook the unit.
MOST: Final = Decimal(100_000)
#: Digits after the point. Published prices have up to six.
MOST_DECIMALS: Final = 12
_MOST_LETTERS: Final = 60

_DECORATION: Final = re.compile(r"^(?:US\$|\$|USD)\s*|\s*(?:USD|US\$|\$)$", re.IGNORECASE)
_PLAIN: Final = re.compile(r"^(?P<whole>[0-9]*)(?:\.(?P<decimals>[0-9]*))?$")
_GROUPED: Final = re.compile(r"^[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+$")
_EXPONENT: Final = re.compile(r"^[0-9.,]+e[+-]?[0-9]+$", re.IGNORECASE)


class AmountRefused(ValueError):
    """An amount that nobody should guess at; the message says what to write instead."""


def read_amount(text: str) -> Decimal:
    """Read ``2.50``, ``$2.50`` or ``1,250.00``; every digit is kept.

    Raises AmountRefused for whatever has more than one reading (``2,50``, ``1,250``), is negative,
    no number, or too large or fine for a price.
    """
    given = text.strip().replace("\N{NO-BREAK SPACE}", " ")
    if len(given) > _MOST_LETTERS:
        raise AmountRefused(f"Shorten the amount: at most {MOST_DECIMALS} digits after the point.")
    bare = _DECORATION.sub("", given)
    if bare[:1] in {"-", "\N{MINUS SIGN}", "("}:
        raise AmountRefused("Enter 0 or more. A price cannot be negative.")
    if _EXPONENT.match(bare):
        raise AmountRefused("Write the amount in full, such as 0.000002.")
    if "," in bare:
        bare = _without_groups(bare)
    found = _PLAIN.match(bare)
    if found is None or not (found["whole"] or found["decimals"]):
        raise AmountRefused("Enter an amount in US dollars, such as 2.50.")
    if len(found["decimals"] or "") > MOST_DECIMALS:
        raise AmountRefused(f"Enter at most {MOST_DECIMALS} digits after the point.")
    amount = Decimal(bare)
    if amount > MOST:
        raise AmountRefused(f"Enter at most {MOST:,}. Check the unit: dollars, not cents.")
    return amount


def _without_groups(bare: str) -> str:
    """Take commas out where only one reading is left."""
    if _GROUPED.match(bare):
        return bare.replace(",", "")
    if re.match(r"^[0-9]+,[0-9]+$", bare):
        either = f"{bare.replace(',', '.')} or {bare.replace(',', '')}"
        raise AmountRefused(f"A comma can be read in two ways. Write {either}.")
    raise AmountRefused("Write the amount without commas, such as 2.50.")
