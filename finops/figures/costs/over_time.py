"""Stacked bars over time: the largest groups, the others together, and what has no value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from finops.domain import display
from finops.domain.measures import Measures
from finops.domain.periods import labels as period_labels
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
    period_name,
    readable,
    safe,
    subtitle,
    value_axis,
    written,
)
from finops.figures.figure import Figure, pixels
from finops.insights.breakdown import Breakdown, Group, Several
from finops.insights.cost_question import CostQuestion

#: How many groups have a colour of their own.
SERIES: Final = len(SERIES_COLOURS)
_TICKS: Final = 6
#: More bars than these are too narrow for an outline.
_OUTLINED: Final = 45


class _Series(NamedTuple):
    """One colour over time: its name, and its amounts by period."""

    name: str
    colour: str
    amounts: dict[str, Amount]


def draw_periods(seen: Breakdown) -> Figure:
    """Draw groups over time, stacked.

    Rows: period, name and measure, without those of 0; they sum to the whole.
    """
    question = seen.question
    series = list(_series(seen))
    periods = _periods(question, series)
    title = _peak(seen, periods)
    return Figure(
        title=title,
        subtitle=subtitle(question),
        alt=f"Bars over time of {measure_words(question)}, by {question.grain}. {title}.",
        columns=("period", "name", column(question)),
        rows=tuple(
            (period, each.name, each.amounts[period])
            for period in periods
            for each in series
            if each.amounts.get(period)
        ),
        data=[_trace(question, each, periods) for each in series],
        layout={
            "barmode": "stack",
            "bargap": 0.05 if len(periods) > _OUTLINED else 0.18,
            "hovermode": "closest",
            "xaxis": _time_axis(periods),
            "yaxis": value_axis(question),
        },
        legend=tuple((each.colour, each.name) for each in series) if len(series) > 1 else (),
        currency=question.currency,
        as_of=question.now,
    )


def _series(seen: Breakdown) -> Iterator[_Series]:
    """Give the largest groups over time, then the others together, then what has no value."""
    question = seen.question
    names = names_of(question)
    groups: defaultdict[tuple[str, ...], list[Group]] = defaultdict(list)
    for group in seen.groups:
        groups[group.values].append(group)
    sums = {
        values: amount_of(question, Measures.sum_of(group.now for group in listed)) or 0
        for values, listed in groups.items()
    }
    ordered = sorted(sums, key=lambda values: (-sums[values], values))
    for values, colour in zip(ordered[:SERIES], SERIES_COLOURS, strict=False):
        name = joined(readable(values, names))
        yield _Series(name, colour, _over_time(question, groups[values]))
    others = ordered[SERIES:]
    beyond = _as_groups(seen.beyond)
    if others or beyond:
        # Groups beyond are counted by period only: one may stand in many of them.
        name = "Others" if beyond else display.counted(len(others), "other")
        hidden = [group for values in others for group in groups[values]]
        yield _Series(name, OTHERS_COLOUR, _over_time(question, [*hidden, *beyond]))
    if seen.missing:
        found = [group for parts in seen.missing.values() for group in _as_groups(parts)]
        name = f"Without {display.with_article(next(iter(seen.missing)))}"
        name = name if len(seen.missing) == 1 else "Not fully attributed"
        yield _Series(name, MISSING_COLOUR, _over_time(question, found))


def _as_groups(parts: Mapping[str | None, Several]) -> list[Group]:
    return [Group((), period, several.now) for period, several in parts.items()]


def _over_time(question: CostQuestion, groups: Sequence[Group]) -> dict[str, Amount]:
    parts: defaultdict[str, list[Measures]] = defaultdict(list)
    for group in groups:
        parts[group.period or ""].append(group.now)
    return {label: amount_of(question, Measures.sum_of(each)) for label, each in parts.items()}


def _periods(question: CostQuestion, series: Sequence[_Series]) -> list[str]:
    """List every period up to now, also those in which nothing happened."""
    window = question.period.window
    every = period_labels(question.grain, window.since, window.until, question.zone)
    if question.grain == "hour":
        every = [label for label in every if datetime.fromisoformat(label) <= question.now]
    ahead = {label for each in series for label in each.amounts} - set(every)
    return [*every, *sorted(ahead)]


def _trace(question: CostQuestion, series: _Series, periods: Sequence[str]) -> dict[str, Any]:
    """Draw the bars of one colour; a bar of nothing is no bar."""
    drawn = [
        (place, period, amount)
        for place, period in enumerate(periods)
        if (amount := series.amounts.get(period))
    ]
    return {
        "type": "bar",
        "name": safe(series.name),
        "x": [place for place, _, _ in drawn],
        "y": pixels(decimals([amount for _, _, amount in drawn])),
        "marker": {
            "color": f"var:{series.colour}",
            "line": {"color": "var:surface", "width": int(len(periods) <= _OUTLINED)},
        },
        "hovertext": [
            f"{period_name(period)}<br>{safe(series.name)}: {written(question, amount)}"
            for _, period, amount in drawn
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _time_axis(periods: Sequence[str]) -> dict[str, Any]:
    """Make room for all periods and name a few; of many hours, only those that begin a day."""
    places = list(range(len(periods)))
    days = [place for place in places if periods[place][11:16] == "00:00"]
    named = days if len(days) > 2 else places
    ticks = named[:: max(1, -(-len(named) // _TICKS))]
    texts = [_tick(periods[place], whole_days=named is days) for place in ticks]
    reach = [-0.5, len(periods) - 0.5]
    return {"tickvals": ticks, "ticktext": texts, "tickangle": 0, "range": reach}


def _tick(label: str, *, whole_days: bool) -> str:
    if len(label) == len("2026-11"):
        return f"{date.fromisoformat(f'{label}-01'):%b %Y}"
    text = display.day(date.fromisoformat(label[:10]), year=False)
    is_hour = len(label) > len("2026-11-02") and not whole_days
    return f"{text}<br>{label[11:16]}" if is_hour else text


def _peak(seen: Breakdown, periods: Sequence[str]) -> str:
    """Name the period with most of it."""
    question = seen.question
    parts = [seen.beyond, *seen.missing.values()]
    apart = [group for each in parts for group in _as_groups(each)]
    amounts = _over_time(question, [*seen.groups, *apart])
    if not any(amounts.values()):
        return nothing(question, seen.whole.now)
    most = max(periods, key=lambda period: amounts.get(period) or 0)
    words = {
        "cost": "cost most",
        "calls": "had most calls",
        "unpriced": f"had most calls {lacking(question)}",
    }[question.measure]
    return f"{period_name(most)} {words}: {written(question, amounts[most])}"
