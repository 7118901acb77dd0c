"""One bar for each of the largest groups, one for the others, one for what has no value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from finops.domain import display
from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.figures.costs.writing import (
    MISSING_COLOUR,
    OTHERS_COLOUR,
    SERIES_COLOURS,
    Amount,
    amount_of,
    column,
    decimals,
    joined,
    lacking,
    measure_words,
    names_of,
    nothing,
    readable,
    safe,
    shortened,
    subtitle,
    value_axis,
    written,
)
from finops.figures.figure import Figure, pixels
from finops.insights.breakdown import Breakdown
from finops.insights.cost_question import CostQuestion

#: How many groups have a bar of their own.
BARS: Final = 12
#: Letters of a name beside its bar; all of it shows on hover and in the table.
_LETTERS: Final = {1: 24, 2: 34, 3: 42}
#: The places for bars that there are at least, so that a single one is no wall.
_PLACES: Final = 5
#: How much longer than the longest bar the axis is, for the amount beside it.
_MARGIN: Final = Decimal("1.18")


class _Bar(NamedTuple):
    """A bar: its name, whole and beside the axis, its amount, its colour, and where it leads."""

    name: str
    label: str
    amount: Amount
    colour: str
    link: str | None = None


def draw_groups(seen: Breakdown) -> Figure:
    """Draw groups side by side. Rows: name and measure; they sum to the whole."""
    question = seen.question
    bars = list(_bars(seen))
    return Figure(
        title=_finding(question, bars, seen.whole.now),
        subtitle=subtitle(question),
        alt=_alt(question, bars),
        columns=("name", column(question)),
        rows=tuple((bar.name, bar.amount) for bar in bars),
        data=[_trace(question, bars)],
        layout=_layout(question, bars),
        currency=question.currency,
        as_of=question.now,
    )


def _bars(seen: Breakdown) -> Iterator[_Bar]:
    """Give the largest groups, then the others together, then what has no value."""
    question = seen.question
    names = names_of(question)
    letters = _LETTERS.get(len(question.by), 0)
    shown = sorted(
        seen.groups, key=lambda group: (-(amount_of(question, group.now) or 0), group.values)
    )[:BARS]
    for group in shown:
        parts = readable(group.values, names)
        narrowed = question.narrowed(**dict(zip(question.by, group.values, strict=True)))
        yield _Bar(
            joined(parts),
            shortened(parts, letters),
            amount_of(question, group.now),
            SERIES_COLOURS[0],
            f"?{narrowed.query}",
        )
    others = seen.others(shown)
    if others.groups:
        name = display.counted(others.groups, "other")
        yield _Bar(name, name, amount_of(question, others.now), OTHERS_COLOUR)
    for dimension in seen.missing:
        name = f"Without {display.with_article(dimension)}"
        amount = amount_of(question, seen.without(dimension).now)
        link = f"?{question.narrowed(**{dimension: UNALLOCATED}).query}"
        yield _Bar(name, name, amount, MISSING_COLOUR, link)


def _trace(question: CostQuestion, bars: Sequence[_Bar]) -> dict[str, Any]:
    outlines = {MISSING_COLOUR: "var:border-strong"}  # the palest would fade into the page
    return {
        "type": "bar",
        "orientation": "h",
        "x": pixels(decimals([bar.amount for bar in bars])),
        "y": list(range(len(bars))),
        "marker": {
            "color": [f"var:{bar.colour}" for bar in bars],
            "line": {
                "color": [outlines.get(bar.colour, "var:surface") for bar in bars],
                "width": 1,
            },
        },
        "text": [written(question, bar.amount) for bar in bars],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertext": [f"{safe(bar.name)}: {written(question, bar.amount)}" for bar in bars],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [bar.link for bar in bars],
    }


def _layout(question: CostQuestion, bars: Sequence[_Bar]) -> dict[str, Any]:
    longest = Decimal(max((bar.amount for bar in bars if bar.amount), default=1))
    deepest = Decimal(min((bar.amount for bar in bars if bar.amount), default=0))  # credits
    return {
        "hovermode": "closest",
        "bargap": 0.28,
        "xaxis": value_axis(question)
        | {
            "showgrid": True,
            "range": pixels(
                [min(deepest, Decimal(0)) * _MARGIN, max(longest, Decimal(0)) * _MARGIN]
            ),
        },
        "yaxis": {
            "range": [max(len(bars), _PLACES) - 0.5, -0.5],  # the first on top
            "showgrid": False,
            "tickvals": list(range(len(bars))),
            "ticktext": [safe(bar.label) for bar in bars],
        },
    }


def _finding(question: CostQuestion, bars: Sequence[_Bar], everything: Measures) -> str:
    whole = amount_of(question, everything)
    if not whole:
        return nothing(question, everything)
    first = bars[0]
    if first.colour != SERIES_COLOURS[0] or not first.amount:
        return f"{written(question, whole)} in all, none of it attributed"
    part = display.share(Decimal(first.amount), Decimal(whole))
    told = f"{written(question, first.amount)}, {part}"
    return {
        "cost": f"{first.name} cost most: {told} of spend",
        "calls": f"{first.name} made most calls: {told} of all",
        "unpriced": f"{first.name} has most calls {lacking(question)}: {told} of them",
    }[question.measure]


def _alt(question: CostQuestion, bars: Sequence[_Bar]) -> str:
    told = "; ".join(f"{bar.name} {written(question, bar.amount)}" for bar in bars[:_PLACES])
    more = f"; and {len(bars) - _PLACES} more" if len(bars) > _PLACES else ""
    return f"Bar chart of {measure_words(question)}. {told}{more}."
