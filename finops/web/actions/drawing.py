"""What was expected and what was realised, as two bars on a scale that a whole list shares."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

WIDTH: Final = Decimal(100)
_TENTH: Final = Decimal("0.1")
_NOTHING: Final = Decimal(0)

#: What is expected and realised, each None where nobody knows.
Pair = tuple[Decimal | None, Decimal | None]


class Bar(NamedTuple):
    """A stretch of a box that is ``WIDTH`` wide; it ``falls`` when it lies below zero."""

    x: Decimal
    width: Decimal
    falls: bool


class Bars(NamedTuple):
    """Two bars, drawn from ``zero`` on; a bar that nobody knows is None."""

    zero: Decimal
    expected: Bar | None
    realised: Bar | None


def drawn(pairs: Sequence[Pair]) -> list[Bars]:
    """Place the bars of a list of pairs; what lies below zero moves zero in from the left."""
    known = [amount for pair in pairs for amount in pair if amount is not None]
    low, high = min(known, default=_NOTHING), max(known, default=_NOTHING)
    low, high = min(low, _NOTHING), max(high, _NOTHING)
    reach = high - low or Decimal(1)

    def place(amount: Decimal) -> Decimal:
        return ((amount - low) / reach * WIDTH).quantize(_TENTH)

    def bar(amount: Decimal | None) -> Bar | None:
        if amount is None:
            return None
        ends = sorted((place(_NOTHING), place(amount)))
        return Bar(ends[0], ends[1] - ends[0], amount < 0)

    return [Bars(place(_NOTHING), bar(hoped), bar(saved)) for hoped, saved in pairs]
