"""From metered to billed, one bar a part: each begins where the one before it ended."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain import display
from finops.domain.money import exact_difference, exact_sum
from finops.models import Reconciliation
from finops.models.reconciliation import PARTS
from finops.reconciliation.findings import Driver
from finops.web.bills.reconciliation.words import PART_WORDS, mostly

#: How wide a drawing is in its own units; it is stretched to its cell.
WIDTH: Final = 700
_HAIR: Final = Decimal(2)
#: Where a scale does not begin at zero, so much of it lies before the least amount.
_LEAD: Final = Decimal("0.25")


class Step(NamedTuple):
    """One row of the bridge: an amount, its bar, what it means, what most of it is due to."""

    part: str
    label: str
    means: str
    mostly: str
    amount: Decimal
    running: Decimal
    kind: str
    x: str
    width: str


class Bridge(NamedTuple):
    """All steps, from metered to billed; ``begins`` is said when the scale leaves zero out."""

    steps: tuple[Step, ...]
    begins: str


def bridge(row: Reconciliation, drivers: Mapping[str, Driver], currency: str) -> Bridge:
    """Draw a month's difference; the last bar ends at what was billed."""
    billed = row.billed if row.billed is not None else row.metered
    amounts = {part: getattr(row, part) for part in PARTS}
    running = [row.metered]
    for amount in amounts.values():
        running.append(exact_sum((running[-1], amount)))
    scale = _Scale(running)
    steps = [_whole("metered", "Metered", "What the calls of the month cost.", row.metered, scale)]
    for place, (part, amount) in enumerate(amounts.items()):
        told = PART_WORDS[part]
        x, width = scale.bar(running[place], running[place + 1])
        steps.append(
            Step(
                part,
                told.label,
                told.means,
                mostly(drivers.get(part), currency),
                amount,
                running[place + 1],
                "d-up" if amount > 0 else "d-down",
                x,
                width if amount else "0",
            )
        )
    steps.append(_whole("billed", "Billed before tax", "Model usage on the bill.", billed, scale))
    begins = f"The bars begin at {display.money(scale.low, currency)}." if scale.low else ""
    return Bridge(tuple(steps), begins)


class _Scale:
    """Places amounts from left to right; leaves zero out when all amounts are far from it."""

    def __init__(self, amounts: list[Decimal]) -> None:
        low, high = min(amounts), max(amounts)
        span = exact_difference(high, low)
        far = low > 0 and span < low / 2
        lead = max(span, high / 100) * _LEAD
        self.low = _rounded_down(low - lead, span) if far else min(low, Decimal(0))
        if low < 0:
            self.low = low
        self._span = max(exact_difference(high, self.low), Decimal("1E-12"))

    def bar(self, start: Decimal, end: Decimal) -> tuple[str, str]:
        """Give ``x`` and ``width`` between two amounts; one of nothing is a hair."""
        left, right = sorted((self._at(start), self._at(end)))
        width = max(right - left, _HAIR)
        return f"{min(left, WIDTH - width):.1f}", f"{width:.1f}"

    def _at(self, amount: Decimal) -> Decimal:
        return exact_difference(amount, self.low) / self._span * WIDTH


def _whole(part: str, label: str, means: str, amount: Decimal, scale: _Scale) -> Step:
    x, width = scale.bar(max(scale.low, Decimal(0)), amount)
    kind = "d-prior" if part == "metered" else "d-actual"
    return Step(part, label, means, "", amount, amount, kind, x, width)


def _rounded_down(amount: Decimal, span: Decimal) -> Decimal:
    """Give a round amount a little below."""
    unit = Decimal(1).scaleb(max(span, Decimal("1E-9")).adjusted())
    return max((amount // unit) * unit, Decimal(0))
