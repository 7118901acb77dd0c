"""What the amounts of an AWS report are, by line item type: billed, and what fees are worth spread.

See ``ingest.formats.aws_cur`` for where they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import exact_difference, exact_sum
from ingest.billing_fields import Amounts, is_null
from ingest.billing_rows import Cells

#: Fields of a row that are amounts.
AMOUNTS: Final = (
    *("cost", "net_cost", "public_cost", "public_rate", "rate", "quantity"),
    *("plan_cost", "plan_net_cost", "plan_commitment", "plan_used"),
    *("reserved_cost", "reserved_net_cost", "unused_upfront", "unused_net_upfront"),
    *("unused_fee", "unused_net_fee"),
)

#: Line item types, by what they are.
USAGE, FEES, DISCOUNTS = (
    ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation"),
    ("Fee", "RIFee", "SavingsPlanRecurringFee", "SavingsPlanUpfrontFee"),
    (
        *("EdpDiscount", "PrivateRateDiscount", "BundledDiscount", "RiVolumeDiscount"),
        *("SppDiscount", "DistributorDiscount", "SolutionProviderProgramDiscount", "Discount"),
    ),
)
COMMITTED: Final = frozenset(("DiscountedUsage", "SavingsPlanCoveredUsage"))
_UNUSED: Final = frozenset(("RIFee", "SavingsPlanRecurringFee"))
_ZERO: Final = Decimal(0)


class Figures(NamedTuple):
    """The amounts of a row: what was billed, and what that is worth when fees are spread."""

    cells: Cells
    amounts: Mapping[str, Amounts]
    kind: str

    def of(self, field: str) -> Decimal | None:
        """Give an amount as it stands."""
        return self.amounts[field][self.cells[field]]

    def net(self, net_field: str, field: str) -> Decimal | None:
        """Give an amount after discounts where the report states one, else before."""
        found = self.of(net_field)
        return self.of(field) if found is None else found

    @property
    def billed(self) -> Decimal | None:
        """Give what is invoiced. Net costs hold the discounts, so their own rows are 0 then."""
        net = self.of("net_cost")
        if net is None and "net_cost" in self.cells and self.kind in DISCOUNTS:
            return _ZERO
        return self.of("cost") if net is None else net

    @property
    def effective(self) -> Decimal | None:
        """Spread what was paid ahead over what it covers; what covers nothing stays with its fee.

        A savings plan is billed as its fee, and its covered usage as usage and its negation.
        """
        match self.kind:
            case "SavingsPlanCoveredUsage":
                return self.net("plan_net_cost", "plan_cost")
            case "DiscountedUsage":
                return self.net("reserved_net_cost", "reserved_cost")
            case "SavingsPlanNegation" | "SavingsPlanUpfrontFee":
                return _ZERO
            case "SavingsPlanRecurringFee":
                return _unused(self.of("plan_commitment"), self.of("plan_used"))
            case "RIFee":
                upfront = self.net("unused_net_upfront", "unused_upfront")
                return _sum(upfront, self.net("unused_net_fee", "unused_fee"))
            case "Fee" if not is_null(self.cells["reservation"]):
                return _ZERO
        return self.billed

    @property
    def contracted(self) -> Decimal | None:
        """Give the cost at the account's own rates; reserved usage has none in these reports."""
        if self.kind in {"DiscountedUsage", "SavingsPlanNegation", *FEES}:
            return None
        return self.of("cost")

    @property
    def commitment_status(self) -> str | None:
        """Say whether a commitment is used or wasted here."""
        if self.kind in COMMITTED:
            return "Used"
        return "Unused" if self.kind in _UNUSED and self.effective else None


def _unused(commitment: Decimal | None, used: Decimal | None) -> Decimal | None:
    return None if commitment is None else exact_difference(commitment, used or _ZERO)


def _sum(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    told = [amount for amount in (first, second) if amount is not None]
    return exact_sum(told) if told else None
