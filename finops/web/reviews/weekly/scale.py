"""Where days and dollars stand on a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal
from typing import Final

#: What is left above and below a drawing for words, in pixels.
TOP, BOTTOM = 22, 24
_TICKS: Final = 4
_WIDE: Final = Context(prec=60)
_STEPS: Final = tuple(map(Decimal, ("1", "2", "2.5", "5", "10")))


class Scale:
    """Places days from the left and dollars from the bottom up, on round grid lines from zero.

    ``first`` and ``last`` are its ends, ``grid`` the amounts of its lines across, ``height`` the
    pixels of the whole drawing.
    """

    def __init__(self, days: Sequence[date], largest: Decimal, height: int) -> None:
        """Reach from the first day to the last, and from zero to beyond the largest amount."""
        self.first, self.last, self.height = min(days), max(days), height
        step = _step(largest)
        lines = max(int(_WIDE.divide(largest, step).to_integral_value(ROUND_CEILING)), 1)
        self.grid = [step * n for n in range(1, lines + 1)]
        self._length = max((self.last - self.first).days, 1)

    def along(self, day: date, reach: int = 100) -> Decimal:
        """Give how far from the left a day stands, of ``reach``."""
        return _tenths(Decimal((day - self.first).days * reach) / self._length)

    def down(self, amount: Decimal, reach: int) -> Decimal:
        """Give how far below the top an amount stands, of ``reach``."""
        part = min(max(_WIDE.divide(amount, self.grid[-1]), Decimal(0)), Decimal(1))
        return _tenths((1 - part) * reach)

    def pixel(self, amount: Decimal) -> Decimal:
        """Give at which pixel of the whole drawing an amount stands."""
        return TOP + self.down(amount, self.height - TOP - BOTTOM)


def _step(largest: Decimal) -> Decimal:
    """Give a round distance between grid lines, about four of them up to the largest amount."""
    if largest <= 0:
        return Decimal(1)
    rough = _WIDE.divide(largest, Decimal(_TICKS))
    unit = Decimal(1).scaleb(rough.adjusted())
    return next(unit * step for step in _STEPS if unit * step >= rough)


def _tenths(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_UP)
