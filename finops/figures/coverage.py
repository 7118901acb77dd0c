"""Dollars with and without an owner, over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from finops.domain import display
from finops.figures.axes import money_axis
from finops.figures.costs.writing import COST_WORDS, OTHERS_COLOUR, SERIES_COLOURS
from finops.figures.figure import Figure, pixels
from finops.insights.coverage import Coverage, CoverageQuestion, Stretch, coverage


def owner_coverage(question: CoverageQuestion) -> Figure:
    """Draw what has an owner in a dimension and what has none, by day, week or month.

    Rows: when it begins, with and without an owner, and the share that has one.
    """
    return draw(coverage(question))


def draw(seen: Coverage) -> Figure:
    """Draw an answer that was read already."""
    question = seen.question
    title = finding(seen)
    series = (
        (f"With {display.with_article(question.dimension)}", SERIES_COLOURS[0], "owned"),
        ("Unallocated", OTHERS_COLOUR, "unowned"),
    )
    return Figure(
        title=title,
        subtitle=f"{COST_WORDS[question.basis].capitalize()} by {question.grain}, "
        f"{question.currency}, {question.period.window.label(question.zone)}",
        alt=f"Stacked bars of {COST_WORDS[question.basis]} with and without an owner. {title}.",
        columns=(question.grain, "with_owner", "unallocated", "share_with_owner"),
        rows=tuple(
            (_label(question, each.begins), each.owned, each.unowned, share(each))
            for each in seen.over_time
        ),
        data=[
            _trace(question, seen.over_time, name, colour, part) for name, colour, part in series
        ],
        layout=_layout(question, seen.over_time),
        legend=tuple((colour, name) for name, colour, _ in series),
        currency=question.currency,
        as_of=question.now,
    )


def finding(seen: Coverage) -> str:
    """Say it in one sentence: ``86.0% of cost has a team``."""
    question = seen.question
    words = COST_WORDS[question.basis]
    if not seen.everything.cost:
        return f"There is no {words} in these days"
    part = display.share(seen.owned, seen.everything.cost)
    return f"{part} of {words} has {display.with_article(question.dimension)}"


def share(stretch: Stretch) -> str:
    """Write the part that has an owner; a dash where it is a part of nothing."""
    return display.share(stretch.owned, stretch.everything)


def _label(question: CoverageQuestion, begins: date) -> date | str:
    return f"{begins:%B %Y}" if question.grain == "month" else begins


def _trace(
    question: CoverageQuestion, stretches: Sequence[Stretch], name: str, colour: str, part: str
) -> dict[str, Any]:
    amounts: list[Decimal | None] = [getattr(each, part) for each in stretches]
    return {
        "type": "bar",
        "name": name,
        "x": [each.begins.isoformat() for each in stretches],
        "y": pixels(amounts),
        "marker": {"color": f"var:{colour}", "line": {"color": "var:surface", "width": 1}},
        "hovertext": [
            f"{_written(question, each.begins)}<br>{name}: "
            f"{display.money(getattr(each, part), question.currency)}"
            for each in stretches
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _written(question: CoverageQuestion, begins: date) -> str:
    if question.grain == "month":
        return f"{begins:%B %Y}"
    return f"{'Week of ' if question.grain == 'week' else ''}{display.day(begins)}"


def _layout(question: CoverageQuestion, stretches: Sequence[Stretch]) -> dict[str, Any]:
    largest = max((each.everything for each in stretches), default=Decimal(0))
    return {
        # Credits below zero, costs above: stacked each to its own side.
        "barmode": "relative",
        "bargap": 0.18,
        "hovermode": "closest",
        "xaxis": {
            "type": "date",
            "tickformat": "%b %Y" if question.grain == "month" else "%-d %b",
            "nticks": 8,
        },
        "yaxis": money_axis(question, largest),
    }
