"""Spend over time, beside the period before."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

from finops.domain import display
from finops.domain.measures import Measures
from finops.domain.money import exact_sum
from finops.domain.windows import Window
from finops.figures.axes import day_axis, money_axis
from finops.figures.budgets import month_burn_up
from finops.figures.figure import Figure, pixels
from finops.insights.standings import of_question
from finops.rollups.question import Question
from finops.rollups.spend import spend

Series = list[tuple[date, Decimal]]


def spend_so_far(question: Question) -> Figure:
    """Add spend up day by day, and the period before to its same day: which runs ahead?

    Rows: day, spend so far, spend so far before (null past its end). A month that a budget covers
    is drawn against its lines instead, with the way to its forecast.
    """
    standing = of_question(question)
    if standing:
        return month_burn_up(question, standing)
    now, before = _daily(question, question.period.window), _daily(question, question.period.before)
    running, earlier = _added_up(now), _added_up(before)
    length = max(len(running), len(earlier))
    days = [question.period.window.since + timedelta(days=n) for n in range(length)]
    rows = tuple((day, _at(running, n), _at(earlier, n)) for n, day in enumerate(days))
    total, past = _last(running), _last(earlier)
    before_name = display.days(before[0][0], before[-1][0])
    return Figure(
        title=_ahead(total, past, question.currency),
        subtitle=f"Added up day by day, {_unit(question)}, "
        f"{question.period.window.label(question.zone)} and {before_name}",
        alt=f"Line chart. Spend reaches {display.money(total, question.currency)} on "
        f"{display.day(now[-1][0])}. In {before_name} it reached "
        f"{display.money(past, question.currency)} by then.",
        columns=("day", "spend_so_far", "spend_so_far_before"),
        rows=rows,
        data=[
            _line([row[0] for row in rows], [row[2] for row in rows], "before"),
            _line([row[0] for row in rows], [row[1] for row in rows], "now"),
        ],
        layout=_layout(question, max(total, past)),
        legend=(("d-actual", "So far"), ("d-prior", before_name)),
        currency=question.currency,
        as_of=question.now,
    )


def daily_spend(question: Question) -> Figure:
    """Show each day's spend, the period before it first.

    Rows: day, spend, and which period the day belongs to.
    """
    periods = (("before", question.period.before), ("now", question.period.window))
    series = [(name, _daily(question, window)) for name, window in periods]
    rows = tuple((day, amount, name) for name, days in series for day, amount in days)
    dearest = max(series[1][1], key=lambda pair: pair[1])
    return Figure(
        title=f"{display.day(dearest[0], year=False)} cost most: "
        f"{display.money(dearest[1], question.currency)}",
        subtitle=f"{_unit(question)} a day, "
        f"{question.period.window.label(question.zone)} and before",
        alt=f"Bar chart of spend a day. The dearest day is {display.day(dearest[0])} with "
        f"{display.money(dearest[1], question.currency)}.",
        columns=("day", "spend", "period"),
        rows=rows,
        data=[
            {
                "type": "bar",
                "x": [row[0].isoformat() for row in rows],
                "y": pixels([row[1] for row in rows]),
                "marker": {"color": [_BAR[row[2]] for row in rows]},
                "hovertemplate": "%{x|%a %-d %b %Y}: %{y:$,.2f}<extra></extra>",
            }
        ],
        layout=_layout(question, dearest[1]) | {"bargap": 0.18, "hovermode": "closest"},
        legend=(("d-actual", question.period.name), ("d-prior", "The period before")),
        currency=question.currency,
        as_of=question.now,
    )


_BAR = {"now": "var:d-actual", "before": "var:d-prior"}
_LINE = {
    "now": {"color": "var:d-actual", "width": 3},
    "before": {"color": "var:d-prior", "width": 2},
}


def _daily(question: Question, window: Window) -> Series:
    """Give every day of the window with its spend; a day without calls cost nothing."""
    found = spend(window, daily=True, filters=question.filters)
    nothing = Measures()
    return [(day, found.get((day.isoformat(),), nothing).cost) for day in window.days]


def _added_up(series: Series) -> list[Decimal]:
    return list(accumulate((amount for _, amount in series), lambda a, b: exact_sum((a, b))))


def _at(values: list[Decimal], place: int) -> Decimal | None:
    return values[place] if place < len(values) else None


def _last(values: list[Decimal]) -> Decimal:
    return values[-1] if values else Decimal(0)


def _ahead(total: Decimal, past: Decimal, currency: str) -> str:
    if not past:
        return f"{display.money(total, currency)} so far, nothing in the period before"
    difference = total - past
    if not difference:
        return "Spend is level with the period before"
    word = "ahead of" if difference > 0 else "behind"
    return f"Spend is {display.money(abs(difference), currency)} {word} the period before"


def _unit(question: Question) -> str:
    return "US dollars" if question.currency == "USD" else question.currency


def _line(days: list[date], amounts: list[Decimal | None], which: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [day.isoformat() for day in days],
        "y": pixels(amounts),
        "line": _LINE[which],
        "connectgaps": False,
        "name": "So far" if which == "now" else "Before",
        "hovertemplate": "%{y:$,.2f}",
    }


def _layout(question: Question, largest: Decimal) -> dict[str, Any]:
    return {"xaxis": day_axis(), "yaxis": money_axis(question, largest)}
