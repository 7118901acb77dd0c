"""The scale behind the bars of a run: from zero to a round number, with a few marks between."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple

from finops.domain import display

#: How wide a drawing is in its own units; it is stretched to its cell.
WIDTH: Final = 700
#: At most so many spaces between marks.
_SPACES: Final = 7
#: The narrowest bar that can be seen.
_HAIR: Final = Decimal(2)
_DAY: Final = 86_400_000
#: Round lengths of time in milliseconds: beyond a minute people do not count in tens of seconds.
_TIMES: Final = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000),
    *(60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000),
    *(3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000),
    *(_DAY, 2 * _DAY, 7 * _DAY),
)


class Scale(NamedTuple):
    """From 0 to ``end``, with labels at equal distances; ``grid`` is the path of the marks."""

    end: Decimal
    labels: tuple[str, ...]

    def at(self, amount: Decimal) -> Decimal:
        """Give where an amount stands."""
        return amount / self.end * WIDTH if self.end else Decimal(0)

    def bar(self, start: Decimal, length: Decimal) -> tuple[str, str]:
        """Give ``x`` and ``width`` of a bar; one of nothing is a hair, none leaves the scale."""
        width = max(self.at(length), _HAIR)
        x = min(max(self.at(start), Decimal(0)), WIDTH - width)
        return f"{x:.1f}", f"{width:.1f}"

    @property
    def grid(self) -> str:
        """Draw the marks as a path."""
        spaces = max(len(self.labels) - 1, 1)
        return "".join(f"M{Decimal(WIDTH) * n / spaces:.1f} 0v20" for n in range(spaces + 1))


def of_money(total: Decimal, currency: str) -> Scale:
    """Give a scale that holds an amount."""
    if total <= 0:
        return Scale(Decimal(0), (display.axis_money(Decimal(0), currency),))
    return _scale(total, _round_amount(total), lambda mark: display.axis_money(mark, currency))


def of_time(milliseconds: Decimal) -> Scale:
    """Give a scale that holds a length of time."""
    if milliseconds <= 0:
        return Scale(Decimal(0), ("0 s",))
    fitting = (Decimal(step) for step in _TIMES if milliseconds / step <= _SPACES)
    step = next(fitting, None) or _round_amount(milliseconds)
    return _scale(milliseconds, step, _time_label)


def _scale(total: Decimal, step: Decimal, label: Callable[[Decimal], str]) -> Scale:
    spaces = int((total / step).to_integral_value(ROUND_CEILING))
    marks = [step * n for n in range(spaces + 1)]
    return Scale(marks[-1], tuple(label(mark) for mark in marks))


def _round_amount(total: Decimal) -> Decimal:
    """Find 1, 2 or 5 times a power of ten that parts the total into few enough spaces."""
    power = Decimal(1).scaleb((total / _SPACES).adjusted())
    steps = (power * factor for factor in (1, 2, 5, 10))
    return next(step for step in steps if total / step <= _SPACES)


def _time_label(milliseconds: Decimal) -> str:
    seconds = milliseconds / 1000
    for size, unit, smaller in ((86_400, "d", 3_600), (3_600, "h", 60), (60, "min", 1)):
        if seconds >= size:
            whole, rest = divmod(seconds, size)
            return f"{whole:f} {unit}" + (f" {rest / smaller:02.0f}" if rest else "")
    return f"{seconds.normalize():f} s"
