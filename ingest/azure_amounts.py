"""What the amounts of an Azure export are: which cost, at which price, of how many units.

There is one cost column, and its data set says which cost it is: ``ingest.formats.azure_costs``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from finops.domain.charge import ChargeCategory
from finops.domain.money import exact_product
from ingest.billing_fields import Amounts, is_null
from ingest.billing_rows import Cells

#: Fields of a row that are amounts.
AMOUNTS: Final = (
    *("cost", "quantity", "price", "unit_price", "list_price", "list_cost"),
    *("exchange_rate", "contracted"),
)

#: By charge type without blanks, in small letters.
_CATEGORIES: Final[Mapping[str, ChargeCategory]] = {
    "": "Usage",
    "usage": "Usage",
    "purchase": "Purchase",
    "unusedreservation": "Usage",
    "unusedsavingsplan": "Usage",
    "tax": "Tax",
    "credit": "Credit",
}
#: By pricing model, in the same spelling.
_PRICING: Final = {
    "ondemand": "Standard",
    "spot": "Dynamic",
    "reservation": "Committed",
    "savingsplan": "Committed",
}
_UNUSED: Final = frozenset(("unusedreservation", "unusedsavingsplan"))
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)


def plain(text: str) -> str:
    """Spell a word of Azure as all of its exports are compared: small, without blanks."""
    return text.replace(" ", "").replace("-", "").lower()


class Figures(NamedTuple):
    """The amounts of a row, by what its data set says the cost column is."""

    cells: Cells
    amounts: Mapping[str, Amounts]
    kind: str
    dataset: str

    def of(self, field: str) -> Decimal | None:
        """Give an amount as it stands."""
        return self.amounts[field][self.cells[field]]

    @property
    def category(self) -> ChargeCategory:
        """Give the category; money back for a commitment is a purchase, other refunds credit."""
        if self.kind == "refund":
            return "Purchase" if self.is_commitment else "Credit"
        return _CATEGORIES.get(self.kind, "Adjustment")

    @property
    def cost(self) -> Decimal | None:
        """Give the cost, whichever it is."""
        return self.of("cost")

    @property
    def is_covered(self) -> bool:
        """Say whether a commitment pays for this usage."""
        if self.kind not in {"", "usage"}:
            return False
        return self.pricing_category == "Committed"

    @property
    def is_commitment(self) -> bool:
        """Say whether this buys a commitment, or gives money back for one."""
        told = self.cells["reservation"] or self.cells["benefit"]
        committed = self.pricing_category == "Committed"
        return self.kind in {"purchase", "refund"} and (not is_null(told) or committed)

    @property
    def billed(self) -> Decimal | None:
        """Give what is invoiced, where the data set says it."""
        if self.dataset == "amortized" or self.kind in _UNUSED:
            return None
        # Covered usage is invoiced with its commitment, so a cost here is an amortised one.
        return None if self.is_covered and self.cost and not self.dataset else self.cost

    @property
    def effective(self) -> Decimal | None:
        """Give the amortised cost, where the data set says it."""
        if self.dataset == "actual":
            return None
        if self.dataset == "amortized" or self.kind in _UNUSED:
            return self.cost
        if self.is_commitment:
            return _ZERO
        return None if self.is_covered and not self.cost else self.cost

    @property
    def price(self) -> Decimal | None:
        """Give the price that was agreed on, of one unit of measure."""
        agreed = self.of("unit_price")
        return self.of("price") if agreed is None else agreed

    @property
    def list_cost(self) -> Decimal | None:
        """Give the pay-as-you-go cost; a price of 0 means that Azure knows none."""
        told = self.of("list_cost")
        return self._priced(self.of("list_price")) if told is None else told

    @property
    def contracted_cost(self) -> Decimal | None:
        """Give the cost before commitments; a 0 beside a real cost means that Azure has none."""
        told = self.of("contracted")
        return (told or None) if told is not None and self.cost else self._priced(self.price)

    def _priced(self, price: Decimal | None) -> Decimal | None:
        """Multiply out in the billing currency; None where that cannot be said exactly."""
        quantity = self.of("quantity")
        if price is None or quantity is None or (not price and self.cost):
            return None
        cost = exact_product(price, quantity)
        if self._needs_rate():
            rate = self.of("exchange_rate")
            return None if rate is None else exact_product(cost, rate)
        return cost

    def _needs_rate(self) -> bool:
        pricing, billing = self.cells["pricing_currency"], self.cells["currency"]
        return not is_null(pricing) and pricing.strip().upper() != billing.strip().upper()

    @property
    def pricing_category(self) -> str | None:
        """Give FOCUS's word for the pricing model."""
        return _PRICING.get(plain(self.cells["pricing"]))

    @property
    def commitment_status(self) -> str | None:
        """Say whether a commitment is used or wasted here."""
        if self.kind in _UNUSED:
            return "Unused"
        return "Used" if self.is_covered else None


# --- units ----------------------------------------------------------------------------------


class Block(NamedTuple):
    """What one unit of measure is: ``10K`` is 10,000 units, ``100 Hours`` are 100 hours."""

    size: Decimal
    unit: str | None


_UNIT: Final = re.compile(r"(\d+(?:[.,]\d+)*)?\s*([KMB](?![A-Za-z]))?\s*(.*)", re.ASCII)
_SCALES: Final = {"K": 10**3, "M": 10**6, "B": 10**9}
_UNITS: Final = "Units"
_TOKENS: Final = "Tokens"


def unit_block(unit: str | None, meter: str) -> Block:
    """Say what a unit of measure is of a meter; token meters count tokens, and do not say so."""
    if unit is None:
        return Block(_ONE, None)
    size, noun = block_of(unit)
    counts_tokens = not noun and "token" in meter.lower()
    return Block(size, _TOKENS if counts_tokens else noun or _UNITS)


def times(quantity: Decimal | None, size: Decimal) -> Decimal | None:
    """Count the units in so many blocks."""
    return None if quantity is None else exact_product(quantity, size)


@lru_cache(maxsize=4096)
def block_of(unit: str) -> tuple[Decimal, str]:
    """Take a unit of measure apart into its block size and what is counted ("" when unsaid).

    ``1K`` → 1000; ``10 Hours`` → 10, ``Hours``; ``1 GB/Month`` → 1, ``GB/Month``.
    """
    match = _UNIT.fullmatch(unit.strip())
    if match is None:
        return _ONE, unit
    number, scale, noun = match.groups()
    size = Decimal((number or "1").replace(",", "")) * _SCALES.get(scale or "", 1)
    return (size or _ONE), noun.strip()
