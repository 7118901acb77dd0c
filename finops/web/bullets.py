"""A bullet: how much was spent against the lines that finance drew, as one small drawing.

Everything is worked out here as places in a box of ``WIDTH`` × ``HEIGHT``, so that the template
only writes them into SVG attributes. Amounts stay Decimal to the last step: no place is a float.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from finops.domain import display

WIDTH: Final = Decimal(400)
HEIGHT: Final = 18
#: How far the drawing reaches beyond the red line, and beyond what is drawn furthest out.
_BEYOND_RED: Final = Decimal("1.3")
_BEYOND_MARKS: Final = Decimal("1.04")
#: Half a mark's width: marks stand this far from the edges, or they would be cut in two.
_HALF_MARK: Final = Decimal(3)
_TENTH: Final = Decimal("0.1")
#: Room for the largest and the smallest amount in one ratio.
_WIDE: Final = Context(prec=60)
#: The class and the icon of each status; ``stale`` is none, but is counted beside them.
TONES: Final = {"green": "ok", "yellow": "warn", "red": "bad", "none": "none", "stale": "stale"}


@dataclass(frozen=True)
class Stretch:
    """A part of the box, from ``x`` on, ``width`` wide."""

    x: Decimal
    width: Decimal

    @property
    def end(self) -> Decimal:
        """Where it ends."""
        return self.x + self.width


@dataclass(frozen=True)
class Bullet:
    """The places of one bullet's marks, left to right from 0 to ``WIDTH``, and its words.

    ``zero`` is the left edge unless something lies below zero. ``below_yellow`` and ``below_red``
    are the ends of the tints; they, and the ``tick`` of the red line, are None without lines.
    ``forecast`` lies between the actual amount and its forecast.
    ``tone`` is the class of its colour. ``so_far`` and ``against`` stand under the drawing.
    """

    tone: str
    zero: Decimal
    actual: Stretch
    forecast: Stretch | None
    below_yellow: Decimal | None
    below_red: Decimal | None
    tick: Decimal | None
    plan: Decimal | None
    alt: str
    so_far: str
    against: str


def bullet(
    *,
    actual: Decimal,
    yellow: Decimal | None = None,
    red: Decimal | None = None,
    planned: Decimal | None = None,
    forecast_mid: Decimal | None = None,
    status: str = "none",
    currency: str = "USD",
    ended: bool = False,
) -> Bullet:
    """Place the marks of a bullet: amounts in ``currency``, ``yellow`` ≤ ``red`` or both None.

    The scale reaches 1.3 times the red line, so that the ticks of a column of bullets line up, and
    further when spend or forecast do. Spend below zero is drawn left of a zero that moves in.
    ``ended`` says that the period is over: its words then say how it ended, not what is left.
    """
    if yellow is None or red is None:
        yellow = red = None
    place = _scale(actual, red, planned, forecast_mid)
    zero = place(Decimal(0))
    return Bullet(
        tone=TONES.get(status, "none"),
        zero=zero,
        actual=_between(zero, place(actual)),
        forecast=None if forecast_mid is None else _between(place(actual), place(forecast_mid)),
        below_yellow=None if yellow is None else place(yellow),
        below_red=None if red is None else place(red),
        tick=None if red is None else _inside(place(red)),
        plan=None if planned is None else _inside(place(planned)),
        alt=_alt(actual, yellow, red, planned, forecast_mid, currency, ended=ended),
        so_far=display.set_money(actual, currency),
        against=against_lines(actual, yellow, red, currency, ended=ended),
    )


def against_lines(
    actual: Decimal,
    yellow: Decimal | None,
    red: Decimal | None,
    currency: str = "USD",
    *,
    ended: bool = False,
) -> str:
    """Say how an amount stands to its lines: ``$362 over red ($14,500)``, ``Red above $9,500``."""
    if yellow is None or red is None:
        return "No dollar lines set"
    if actual > red:
        over = display.set_money(actual - red, currency)
        return f"{over} over red ({display.set_money(red, currency)})"
    if not ended:
        return f"Red above {display.set_money(red, currency)}"
    if actual > yellow:
        return f"{display.set_money(actual - yellow, currency)} over yellow"
    return f"{display.set_money(yellow - actual, currency)} under yellow"


class _Scale:
    """Turns amounts into places, 0 to ``WIDTH``, in tenths."""

    def __init__(self, low: Decimal, high: Decimal) -> None:
        self._low, self._reach = low, _WIDE.subtract(high, low)

    def __call__(self, amount: Decimal) -> Decimal:
        part = _WIDE.divide(_WIDE.subtract(amount, self._low), self._reach)
        return (part * WIDTH).quantize(_TENTH, ROUND_HALF_UP)


def _scale(actual: Decimal, red: Decimal | None, *others: Decimal | None) -> _Scale:
    """Reach from what is lowest, at most zero, to beyond what is highest."""
    marks = [actual, *(amount for amount in others if amount is not None)]
    low = min(Decimal(0), *(_WIDE.multiply(mark, _BEYOND_MARKS) for mark in marks))
    high = max(
        _WIDE.multiply(red or Decimal(0), _BEYOND_RED),
        *(_WIDE.multiply(mark, _BEYOND_MARKS) for mark in marks),
        Decimal(0),
    )
    return _Scale(low, high if high > low else low + 1)


def _between(one: Decimal, other: Decimal) -> Stretch:
    return Stretch(min(one, other), abs(other - one))


def _inside(place: Decimal) -> Decimal:
    return min(max(place, _HALF_MARK), WIDTH - _HALF_MARK)


def _alt(
    actual: Decimal,
    yellow: Decimal | None,
    red: Decimal | None,
    planned: Decimal | None,
    forecast: Decimal | None,
    currency: str,
    *,
    ended: bool,
) -> str:
    """Say in words what is drawn."""
    said = [f"{display.set_money(actual, currency)} {'in all' if ended else 'so far'}"]
    if forecast is not None:
        said.append(f"forecast {display.forecast_money(forecast, currency)}")
    if planned is not None:
        said.append(f"planned {display.set_money(planned, currency)}")
    if yellow is None or red is None:
        said.append("no lines set")
    else:
        said.append(f"yellow above {display.set_money(yellow, currency)}")
        said.append(f"red above {display.set_money(red, currency)}")
    return ", ".join(said)
