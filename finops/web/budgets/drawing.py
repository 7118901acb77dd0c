"""Bars of a scope's last periods with its lines across, as places in an SVG.

Across, places are percentages, so that the drawing fits any width with its letters undistorted;
down, they are pixels. Amounts stay Decimal to the last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from finops.budgets.amounts import write_amount
from finops.budgets.lines import Lines
from finops.budgets.preview import Spent, colour, listed
from finops.domain import display
from finops.domain.budget_periods import BudgetPeriod
from finops.models.budgets import NONE

HEIGHT: Final = 174
#: Where bars begin, and how high the tallest may be: amounts stand above, names beneath.
_FLOOR: Final = 136
_ROOF: Final = 26
_WHOLE: Final = Decimal(100)
_BAR_PART: Final = Decimal("0.56")
_TENTH: Final = Decimal("0.1")
_BEYOND: Final = Decimal("1.06")
_TONES: Final = {"green": "ok", "yellow": "warn", "red": "bad", "none": "none"}
_WORDS: Final = {"green": "Green", "yellow": "Yellow", "red": "Red", "none": ""}


class Bar(NamedTuple):
    """One period: ``x`` and ``width`` in percent, ``y``, ``height`` and ``label_y`` in pixels."""

    x: Decimal
    width: Decimal
    middle: Decimal
    y: Decimal
    height: Decimal
    label_y: Decimal
    name_y: int
    word_y: int
    tone: str
    word: str
    amount: str
    name: str
    title: str
    running: bool


class Level(NamedTuple):
    """A line across a stretch of the drawing, ``from_x`` to ``to_x`` in percent."""

    kind: str
    amount: str
    y: Decimal
    from_x: Decimal
    to_x: Decimal


@dataclass(frozen=True)
class Bars:
    """The drawing: its bars, its lines, and what it says in words."""

    bars: tuple[Bar, ...]
    levels: tuple[Level, ...]
    alt: str
    height: int = HEIGHT
    floor: int = _FLOOR

    @property
    def legend(self) -> list[Level]:
        """The lines of the last period, red first."""
        return [
            next(level for level in reversed(self.levels) if level.kind == kind)
            for kind in ("red", "yellow")
            if any(level.kind == kind for level in self.levels)
        ]


def draw(
    spent: Sequence[Spent], lines: Sequence[Lines], currency: str, *, running: bool = True
) -> Bars:
    """Draw periods, oldest first, each against the lines at its place in ``lines``.

    ``running`` says that the last one has not ended.
    """
    scale = _scale(spent, lines)
    slot = _WHOLE / max(len(spent), 1)
    last = len(spent) - 1
    bars = tuple(
        _bar(each, held, slot * place, slot, scale, currency, running=running and place == last)
        for place, (each, held) in enumerate(zip(spent, lines, strict=True))
    )
    levels = tuple(
        Level(
            kind,
            write_amount(amount, currency),
            _place(amount, scale),
            _tenth(slot * first),
            _tenth(slot * after),
        )
        for kind in ("yellow", "red")
        for amount, first, after in _runs([getattr(held, kind) for held in lines])
    )
    return Bars(bars, levels, _alt(spent, lines, currency))


def short_name(period: BudgetPeriod) -> str:
    """Write a period under its bar: ``Aug``, ``3 Nov``, ``Q: Apr``, ``2026``."""
    first, last = period.start, period.last
    if period.kind in {"day", "week"}:
        return display.day(first, year=False)
    if period.kind == "year":
        return str(first.year) if first.month == 1 else f"{first:%Y}/{last:%y}"
    return f"{first:%b}" if period.kind == "month" else f"{first:%b}{display.DASH}{last:%b}"


def _scale(spent: Sequence[Spent], lines: Sequence[Lines]) -> Decimal:
    """Give the amount at the roof."""
    amounts = [each.actual for each in spent]
    amounts += [amount for held in lines for amount in (held.yellow, held.red) if amount]
    return max([*amounts, Decimal(0)]) * _BEYOND or Decimal(1)


def _place(amount: Decimal, scale: Decimal) -> Decimal:
    return _tenth(_FLOOR - (_FLOOR - _ROOF) * max(amount, Decimal(0)) / scale)


def _bar(
    each: Spent,
    held: Lines,
    left: Decimal,
    slot: Decimal,
    scale: Decimal,
    currency: str,
    *,
    running: bool,
) -> Bar:
    y = _place(each.actual, scale)
    stands = colour(held, each.actual)
    amount = display.money(each.actual, currency)
    so_far = " so far" if running else ""
    stand = f", {_WORDS[stands]}" if _WORDS[stands] else ""
    return Bar(
        x=_tenth(left + slot * (1 - _BAR_PART) / 2),
        width=_tenth(slot * _BAR_PART),
        middle=_tenth(left + slot / 2),
        y=y,
        height=_FLOOR - y,
        label_y=y - 6,
        name_y=_FLOOR + 17,
        word_y=_FLOOR + 33,
        tone=_TONES[stands],
        word=_WORDS[stands],
        amount=display.axis_money(each.actual, currency),
        name=short_name(each.period),
        title=f"{each.period.label}: {amount}{so_far}{stand}",
        running=running,
    )


def _runs(amounts: Sequence[Decimal | None]) -> list[tuple[Decimal, int, int]]:
    """Join neighbours that have the same line: amount, first place, place after the last."""
    found: list[tuple[Decimal, int, int]] = []
    for place, amount in enumerate(amounts):
        if amount is None:
            continue
        if found and found[-1][2] == place and found[-1][0] == amount:
            found[-1] = (amount, found[-1][1], place + 1)
        else:
            found.append((amount, place, place + 1))
    return found


def _alt(spent: Sequence[Spent], lines: Sequence[Lines], currency: str) -> str:
    said = [
        f"{each.period.label} {display.money(each.actual, currency)}"
        + (f", {stands}" if (stands := colour(held, each.actual)) != NONE else "")
        for each, held in zip(spent, lines, strict=True)
    ]
    return f"Bars: {listed(said)}." if said else "No spend yet."


def _tenth(place: Decimal) -> Decimal:
    return place.quantize(_TENTH, ROUND_HALF_UP)
