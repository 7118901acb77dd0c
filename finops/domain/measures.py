"""What is counted for every group of calls or charges; rollups, raw reads, CLI and API share it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import exact_sum, plain

#: Bases that come from bills; calls have none of them.
BILL_BASES: Final = ("billed", "effective")


class Measures(NamedTuple):
    """Sums over a group of calls.

    ``calls`` sums requests; token fields sum tokens: ``input_tokens`` and ``output_tokens`` are
    wholes, the others are parts of them; ``cache_write_tokens`` is all cache writes. ``cost`` is
    the counted cost, of which ``counted_reported`` was taken from sources; ``reported_cost`` is
    all that sources said. Amounts are in the reporting currency.

    Of bills, ``cost`` is the sum on the basis that was asked for and everything about calls is 0.
    ``charges`` counts lines, ``charges_without`` those without an amount or an exchange rate, and
    ``unconverted_charges`` those of them without a rate.
    """

    calls: int = 0
    unpriced_calls: int = 0
    reported_calls: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost: Decimal = Decimal(0)
    counted_reported: Decimal = Decimal(0)
    reported_cost: Decimal = Decimal(0)
    charges: int = 0
    charges_without: int = 0
    unconverted_charges: int = 0

    @classmethod
    def sum_of(cls, groups: Iterable[Measures]) -> Measures:
        """Add groups up, measure by measure, exactly; the sum of none is all zeros."""
        columns = list(zip(*groups, strict=True))
        if not columns:
            return cls()
        sums = (
            exact_sum(column) if name in AMOUNTS else sum(column)
            for name, column in zip(cls._fields, columns, strict=True)
        )
        return cls._make(sums)

    @property
    def counted(self) -> Decimal | None:
        """The counted cost; None when not one call has a price, which is not the same as 0."""
        return self.cost_on("metered")

    @property
    def cost_of_thousand(self) -> Decimal | None:
        """The mean cost of 1,000 priced calls; None without any. Unpriced ones do not count."""
        return self.cost_of_thousand_on("metered")

    def cost_of_thousand_on(self, basis: str) -> Decimal | None:
        """Give the mean cost of 1,000 calls that have one on a basis; None without any."""
        known = self.calls - self.calls_without(basis)
        cost = self.cost_on(basis)
        return cost * 1000 / known if known and cost is not None else None

    def cost_on(self, basis: str) -> Decimal | None:
        """Give the cost on a basis; None when not one call, or charge, of the group has one."""
        if basis in BILL_BASES:
            return None if self.charges and self.charges == self.charges_without else self.cost
        without = self.calls_without(basis)
        if self.calls and without == self.calls:
            return None
        return self.cost if basis == "metered" else self.reported_cost

    def calls_without(self, basis: str) -> int:
        """Count the calls that have no cost on a basis: not priced, or not said by the source.

        Bills are not made of calls: none lacks a cost on their bases.
        """
        if basis == "metered":
            return self.unpriced_calls
        if basis == "reported":
            return self.calls - self.reported_calls
        return 0

    def as_json(self, basis: str) -> dict[str, object]:
        """Give the measures of CONTRACT 3, money as decimal strings; of bills, lines as well."""
        cost = self.cost_on(basis)
        lines: dict[str, object] = {
            "charges": self.charges,
            "charges_without_cost": self.charges_without,
            "unconverted_charges": self.unconverted_charges,
        }
        calls: dict[str, object] = {
            "cost": None if cost is None else plain(cost),
            "calls": self.calls,
            "input_tokens": self.input_tokens,
            "cache_read_tokens": self.cache_read_tokens,
            "cache_write_tokens": self.cache_write_tokens,
            "cache_write_1h_tokens": self.cache_write_1h_tokens,
            "output_tokens": self.output_tokens,
            "reasoning_tokens": self.reasoning_tokens,
            "unpriced_calls": self.unpriced_calls,
        }
        return calls | lines if basis in BILL_BASES else calls


#: The measures that are amounts of money.
AMOUNTS: Final = frozenset({"cost", "counted_reported", "reported_cost"})
#: The measures that only bills have.
OF_BILLS: Final = ("charges", "charges_without", "unconverted_charges")
#: The measures of calls, which rollups hold.
COLUMNS: Final = tuple(name for name in Measures._fields if name not in OF_BILLS)
