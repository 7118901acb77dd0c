"""Costs by any dimensions: bars of the dearest groups, or their bars over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any, Final, NamedTuple

from finops.attribution.values import labels as display_names
from finops.domain import display
from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.domain.periods import labels as period_labels
from finops.figures.figure import Figure, pixels
from finops.insights.breakdown import Breakdown, Group, Several, break_down
from finops.insights.cost_question import CostQuestion

#: How many groups have a bar of their own, and how many a colour of their own over time.
BARS: Final = 12
SERIES: Final = 4

#: In this order they stay apart for every kind of colour vision, in both themes.
_SERIES_COLOURS: Final = ("d-actual", "warn-mark", "d-down", "stale-mark")
_OTHERS_COLOUR: Final = "d-prior"
_MISSING_COLOUR: Final = "band-1"
#: Letters of a name beside its bar; the rest shows on hover and in the table.
_LETTERS: Final = 24
_TICKS: Final = 6

Amount = Decimal | int | None


class _Bar(NamedTuple):
    """One bar: its name, its amount, its colour, and where it leads."""

    name: str
    amount: Amount
    colour: str
    link: str | None = None


def costs(question: CostQuestion) -> Figure:
    """Draw the answer to a question of the costs explorer. Raises ValueError for one too wide."""
    return draw(break_down(question))


def draw(seen: Breakdown) -> Figure:
    """Draw an answer that was read already.

    Rows: name and measure, or period, name and measure; what is 0 over time has no row.
    """
    return _draw_groups(seen) if seen.question.grain == "total" else _draw_periods(seen)


def name_of(values: Sequence[str], names: Sequence[dict[str, str]]) -> str:
    """Write the values of a group for people."""
    read = (
        "Not attributed" if value == UNALLOCATED else known.get(value, value)
        for value, known in zip(values, names, strict=True)
    )
    return " · ".join(read) or "Everything"


def period_name(label: str) -> str:
    """Write a period for people: ``Sun 2 Nov 2026``, ``Sun 2 Nov 2026, 14:00``, ``Nov 2026``."""
    if len(label) == len("2026-11"):
        return f"{date.fromisoformat(f'{label}-01'):%B %Y}"
    text = display.day(date.fromisoformat(label[:10]), weekday=True)
    return f"{text}, {label[11:16]}" if len(label) > len("2026-11-02") else text


# --- one bar for each group -------------------------------------------------------------------


def _draw_groups(seen: Breakdown) -> Figure:
    question = seen.question
    bars = list(_bars(seen))
    amounts = [bar.amount for bar in bars]
    top = max((amount for amount in amounts if amount), default=1)
    return Figure(
        title=_finding(question, bars, _amount(question, seen.whole.now)),
        subtitle=_subtitle(question),
        alt=_alt(question, bars),
        columns=("name", _column(question)),
        rows=tuple((bar.name, bar.amount) for bar in bars),
        data=[
            {
                "type": "bar",
                "orientation": "h",
                "x": pixels(_as_decimals(amounts)),
                "y": list(range(len(bars))),
                "marker": _paint([bar.colour for bar in bars]),
                "text": [_written(question, amount) for amount in amounts],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertext": [f"{_safe(b.name)}: {_written(question, b.amount)}" for b in bars],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "customdata": [bar.link for bar in bars],
            }
        ],
        layout={
            "hovermode": "closest",
            "bargap": 0.28,
            "xaxis": _value_axis(question)
            | {"showgrid": True, "range": pixels([Decimal(0), Decimal(top) * Decimal("1.18")])},
            "yaxis": {
                "autorange": "reversed",
                "showgrid": False,
                "tickvals": list(range(len(bars))),
                "ticktext": [_safe(_cut(bar.name)) for bar in bars],
            },
        },
        currency=question.currency,
        as_of=question.now,
    )


def _bars(seen: Breakdown) -> Iterator[_Bar]:
    """Give the largest groups, then the others together, then what has no value."""
    question = seen.question
    names = _names(question)
    shown = sorted(seen.groups, key=_largest_first(question))[:BARS]
    for group in shown:
        link = f"?{question.narrowed(**dict(zip(question.by, group.values, strict=True))).query}"
        amount = _amount(question, group.now)
        yield _Bar(name_of(group.values, names), amount, _SERIES_COLOURS[0], link)
    others = seen.others(shown)
    if others.groups:
        name = display.counted(others.groups, "other")
        yield _Bar(name, _amount(question, others.now), _OTHERS_COLOUR)
    for dimension in seen.missing:
        link = f"?{question.narrowed(**{dimension: UNALLOCATED}).query}"
        amount = _amount(question, seen.without(dimension).now)
        yield _Bar(f"Without {display.with_article(dimension)}", amount, _MISSING_COLOUR, link)


def _finding(question: CostQuestion, bars: Sequence[_Bar], whole: Amount) -> str:
    named = [bar for bar in bars if bar.colour == _SERIES_COLOURS[0]]
    if not whole:
        return _nothing(question)
    if not named or not named[0].amount:
        return f"{_written(question, whole)} in all, none of it attributed"
    first = named[0]
    part = display.share(Decimal(first.amount or 0), Decimal(whole))
    amount = _written(question, first.amount)
    return {
        "cost": f"{first.name} cost most: {amount}, {part} of spend",
        "calls": f"{first.name} made most calls: {amount}, {part} of all",
        "unpriced": f"{first.name} has most calls {_lacking(question)}: {amount}, {part} of them",
    }[question.measure]


def _alt(question: CostQuestion, bars: Sequence[_Bar]) -> str:
    told = "; ".join(f"{bar.name} {_written(question, bar.amount)}" for bar in bars[:5])
    more = f"; and {len(bars) - 5} more" if len(bars) > 5 else ""
    return f"Bar chart of {_measure_words(question)}. {told}{more}."


# --- bars over time ---------------------------------------------------------------------------


class _Series(NamedTuple):
    """One colour over time: its name, and its amounts by period."""

    name: str
    colour: str
    amounts: dict[str, Amount]


def _draw_periods(seen: Breakdown) -> Figure:
    question = seen.question
    series = list(_series(seen))
    periods = _periods(question, series)
    places = list(range(len(periods)))
    ticks = places[:: max(1, -(-len(places) // _TICKS))]
    return Figure(
        title=_peak(seen, periods),
        subtitle=_subtitle(question),
        alt=f"Bars over time of {_measure_words(question)}, {question.grain} by {question.grain}. "
        f"{_peak(seen, periods)}.",
        columns=("period", "name", _column(question)),
        rows=tuple(
            (period, each.name, each.amounts[period])
            for period in periods
            for each in series
            if each.amounts.get(period)
        ),
        data=[
            {
                "type": "bar",
                "name": _safe(each.name),
                "x": places,
                "y": pixels(_as_decimals([each.amounts.get(period, 0) for period in periods])),
                "marker": _paint(each.colour),
                "hovertext": [
                    f"{period_name(period)}<br>{_safe(each.name)}: "
                    f"{_written(question, each.amounts.get(period, 0))}"
                    for period in periods
                ],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
            for each in series
        ],
        layout={
            "barmode": "stack",
            "bargap": 0.05 if question.grain == "hour" else 0.18,
            "hovermode": "closest",
            "xaxis": {
                "tickvals": ticks,
                "ticktext": [_tick(periods[place]) for place in ticks],
                "tickangle": 0,
            },
            "yaxis": _value_axis(question),
        },
        legend=tuple((each.colour, each.name) for each in series) if len(series) > 1 else (),
        currency=question.currency,
        as_of=question.now,
    )


def _series(seen: Breakdown) -> Iterator[_Series]:
    """Give the largest groups over time, then the others together, then what has no value."""
    question = seen.question
    names = _names(question)
    by_values: defaultdict[tuple[str, ...], list[Group]] = defaultdict(list)
    for group in seen.groups:
        by_values[group.values].append(group)
    sums = {values: Measures.sum_of(g.now for g in groups) for values, groups in by_values.items()}
    ordered = sorted(sums, key=lambda values: (-_size(question, sums[values]), values))
    for values, colour in zip(ordered[:SERIES], _SERIES_COLOURS, strict=False):
        yield _Series(name_of(values, names), colour, _over_time(question, by_values[values]))
    hidden = {values: by_values[values] for values in ordered[SERIES:]}
    beyond = [Group((), period, several.now) for period, several in seen.beyond.items()]
    if hidden or beyond:
        rest = [*(group for groups in hidden.values() for group in groups), *beyond]
        # How many are beyond is known by period only, so then there is no count to give.
        name = "Others" if beyond else display.counted(len(hidden), "other")
        yield _Series(name, _OTHERS_COLOUR, _over_time(question, rest))
    lacking = [
        Group((), period, several.now)
        for parts in seen.missing.values()
        for period, several in parts.items()
    ]
    if lacking:
        one = len(question.open_dimensions) == 1
        name = (
            f"Without {display.with_article(question.open_dimensions[0])}"
            if one
            else "Not fully attributed"
        )
        yield _Series(name, _MISSING_COLOUR, _over_time(question, lacking))


def _over_time(question: CostQuestion, groups: Sequence[Group]) -> dict[str, Amount]:
    parts: defaultdict[str, list[Measures]] = defaultdict(list)
    for group in groups:
        parts[group.period or ""].append(group.now)
    return {label: _amount(question, Measures.sum_of(each)) for label, each in parts.items()}


def _periods(question: CostQuestion, series: Sequence[_Series]) -> list[str]:
    """List every period up to now, also those in which nothing happened."""
    window = question.period.window
    every = period_labels(question.grain, window.since, window.until, question.zone)
    if question.grain == "hour":
        every = [label for label in every if datetime.fromisoformat(label) <= question.now]
    ahead = {label for each in series for label in each.amounts} - set(every)
    return [*every, *sorted(ahead)]


def _peak(seen: Breakdown, periods: Sequence[str]) -> str:
    question = seen.question
    everything = [
        *seen.groups,
        *(Group((), period, several.now) for period, several in _together(seen)),
    ]
    amounts = _over_time(question, everything)
    if not any(amounts.values()):
        return _nothing(question)
    most = max(periods, key=lambda period: amounts.get(period) or 0)
    words = {
        "cost": "cost most",
        "calls": "had most calls",
        "unpriced": f"had most calls {_lacking(question)}",
    }[question.measure]
    return f"{period_name(most)} {words}: {_written(question, amounts[most])}"


def _together(seen: Breakdown) -> Iterator[tuple[str | None, Several]]:
    yield from seen.beyond.items()
    for parts in seen.missing.values():
        yield from parts.items()


def _tick(label: str) -> str:
    if len(label) == len("2026-11"):
        return f"{date.fromisoformat(f'{label}-01'):%b %Y}"
    text = display.day(date.fromisoformat(label[:10]), year=False)
    return f"{text}<br>{label[11:16]}" if len(label) > len("2026-11-02") else text


# --- both -------------------------------------------------------------------------------------


def _names(question: CostQuestion) -> list[dict[str, str]]:
    return [display_names(dimension) for dimension in question.by]


def _amount(question: CostQuestion, measures: Measures) -> Amount:
    if question.measure == "cost":
        return measures.cost_on(question.basis)
    if question.measure == "calls":
        return measures.calls
    return measures.calls_without(question.basis)


def _size(question: CostQuestion, measures: Measures) -> Decimal | int:
    return _amount(question, measures) or 0


def _largest_first(question: CostQuestion) -> Callable[[Group], tuple[Any, ...]]:
    return lambda group: (-_size(question, group.now), group.values)


def _written(question: CostQuestion, amount: Amount) -> str:
    if question.measure != "cost":
        return display.number(amount)
    return display.money(None if amount is None else Decimal(amount), question.currency)


def _as_decimals(amounts: Sequence[Amount]) -> list[Decimal | None]:
    return [None if amount is None else Decimal(amount) for amount in amounts]


def _lacking(question: CostQuestion) -> str:
    return "without a price" if question.basis == "metered" else "without a reported cost"


def _measure_words(question: CostQuestion) -> str:
    basis = "cost" if question.basis == "metered" else "reported cost"
    return {"cost": basis, "calls": "calls", "unpriced": f"calls {_lacking(question)}"}[
        question.measure
    ]


def _column(question: CostQuestion) -> str:
    return _measure_words(question).replace(" ", "_")


def _nothing(question: CostQuestion) -> str:
    return {
        "cost": "Nothing was spent",
        "calls": "There were no calls",
        "unpriced": f"No calls {_lacking(question)}",
    }[question.measure]


def _subtitle(question: CostQuestion) -> str:
    unit = f", {question.currency}" if question.measure == "cost" else ""
    words = _measure_words(question).capitalize()
    return f"{words}{unit}, {question.period.window.label(question.zone)}"


def _value_axis(question: CostQuestion) -> dict[str, Any]:
    axis: dict[str, Any] = {"tickformat": ",.~f", "rangemode": "tozero", "nticks": 6}
    if question.measure == "cost":
        axis["tickprefix"] = display.money(Decimal(0), question.currency).removesuffix("0")
    return axis


def _paint(colours: str | Sequence[str]) -> dict[str, Any]:
    """Fill bars; an outline keeps the palest and the stacked ones apart from what is around."""
    if isinstance(colours, str):
        return {"color": f"var:{colours}", "line": {"color": "var:surface", "width": 1}}
    outline = [
        "var:border-strong" if colour == _MISSING_COLOUR else "var:surface" for colour in colours
    ]
    return {
        "color": [f"var:{colour}" for colour in colours],
        "line": {"color": outline, "width": 1},
    }


def _cut(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"


def _safe(name: str) -> str:
    """Write a name so that the drawing library reads no markup in it."""
    return escape(name, quote=False)
