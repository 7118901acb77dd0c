"""What is counted for every group of calls; rollups, raw reads, CLI and API share these."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import exact_sum, plain

#: How many of the measures, the last ones, are amounts of money.
_AMOUNTS: Final = 3


class Measures(NamedTuple):
    """Sums over a group of calls.

    ``calls`` sums requests; token fields sum tokens: ``input_tokens`` and ``output_tokens`` are
    wholes, the others are parts of them; ``cache_write_tokens`` is all cache writes. ``cost`` is
    the counted cost, of which ``counted_reported`` was taken from sources; ``reported_cost`` is
    all that sources said. Amounts are in the reporting currency.
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

    @classmethod
    def sum_of(cls, groups: Iterable[Measures]) -> Measures:
        """Add groups up, measure by measure, exactly; the sum of none is all zeros."""
        columns = list(zip(*groups, strict=True))
        if not columns:
            return cls()
        counts, amounts = columns[:-_AMOUNTS], columns[-_AMOUNTS:]
        return cls(*(sum(column) for column in counts), *(exact_sum(c) for c in amounts))

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
        """Give the cost on a basis; None when not one call of the group has such a cost."""
        without = self.calls_without(basis)
        if self.calls and without == self.calls:
            return None
        return self.cost if basis == "metered" else self.reported_cost

    def calls_without(self, basis: str) -> int:
        """Count the calls that have no cost on a basis: not priced, or not said by the source."""
        if basis == "metered":
            return self.unpriced_calls
        if basis == "reported":
            return self.calls - self.reported_calls
        raise ValueError(f"calls have no {basis} cost")

    def as_json(self, basis: str) -> dict[str, object]:
        """Give the measures of CONTRACT 3, money as decimal strings."""
        cost = self.cost_on(basis)
        return {
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


COLUMNS: Final = Measures._fields
