"""AI on the bills: the last months, side by side, by provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from finops.bills.monthly import ai_by_month
from finops.bills.words import provider_name
from finops.domain import display
from finops.domain.money import exact_sum
from finops.domain.periods import month_of, next_month
from finops.figures.axes import money_axis
from finops.figures.costs.writing import OTHERS_COLOUR, SERIES_COLOURS, safe
from finops.figures.figure import Figure, pixels
from finops.insights.bills import BillQuestion

#: How many months are shown, the one that was asked for last.
MONTHS: Final = 6

Found = Mapping[tuple[date, str], Decimal]


class _Series(NamedTuple):
    """A provider, or all that have no colour of their own."""

    name: str
    colour: str
    amounts: dict[date, Decimal]


def ai_on_bills(question: BillQuestion) -> Figure:
    """Draw what AI cost on the bills of six months, before tax.

    Rows: month, provider and billed cost, without those of 0; they sum to the whole.
    """
    months = _months(question.month)
    found = ai_by_month(months[0], next_month(months[-1]))
    series = _series(found, months)
    title = _finding(found, months, question.currency)
    return Figure(
        title=title,
        subtitle=f"Billed before tax, {question.currency}, by the month of the invoice, "
        f"{months[0]:%B %Y} to {months[-1]:%B %Y}",
        alt=f"Bars of AI on the bills of {MONTHS} months, by provider. {title}.",
        columns=("month", "provider", "billed_cost"),
        rows=tuple(
            (f"{month:%B %Y}", each.name, amount)
            for month in months
            for each in series
            if (amount := each.amounts.get(month))
        ),
        data=[_trace(question, each, months) for each in series],
        layout=_layout(question, found, months),
        legend=tuple((each.colour, each.name) for each in series) if len(series) > 1 else (),
        currency=question.currency,
        as_of=question.now,
    )


def _months(last: date) -> list[date]:
    months = [last]
    while len(months) < MONTHS:
        months.insert(0, month_of(months[0] - timedelta(days=1)))
    return months


def _series(found: Found, months: Sequence[date]) -> list[_Series]:
    """Give the largest providers a colour each, and the others one together."""
    sums: dict[str, Decimal] = {}
    for (_, provider), amount in found.items():
        sums[provider] = exact_sum((sums.get(provider, Decimal(0)), amount))
    ordered = sorted(sums, key=lambda provider: (-sums[provider], provider))
    own, others = ordered[: len(SERIES_COLOURS)], ordered[len(SERIES_COLOURS) :]
    series = [
        _Series(provider_name(name), colour, _over_time(found, months, [name]))
        for name, colour in zip(own, SERIES_COLOURS, strict=False)
    ]
    if others:
        name = display.counted(len(others), "other")
        series.append(_Series(name, OTHERS_COLOUR, _over_time(found, months, others)))
    return series


def _over_time(
    found: Found, months: Sequence[date], providers: Sequence[str]
) -> dict[date, Decimal]:
    nothing = Decimal(0)
    return {
        month: exact_sum(found.get((month, provider), nothing) for provider in providers)
        for month in months
    }


def _trace(question: BillQuestion, series: _Series, months: Sequence[date]) -> dict[str, Any]:
    drawn = [(n, month) for n, month in enumerate(months) if series.amounts.get(month)]
    return {
        "type": "bar",
        "name": safe(series.name),
        "x": [place for place, _ in drawn],
        "y": pixels([series.amounts[month] for _, month in drawn]),
        "marker": {
            "color": f"var:{series.colour}",
            "line": {"color": "var:surface", "width": 1},
        },
        "hovertext": [
            f"{month:%B %Y}<br>{safe(series.name)}: "
            f"{display.money(series.amounts[month], question.currency)}"
            for _, month in drawn
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _layout(question: BillQuestion, found: Found, months: Sequence[date]) -> dict[str, Any]:
    largest = max(found.values(), default=Decimal(0))
    places = list(range(len(months)))
    return {
        # Credits below zero, charges above: stacked each to its own side.
        "barmode": "relative",
        "bargap": 0.35,
        "hovermode": "closest",
        "xaxis": {
            "tickvals": places,
            "ticktext": [_tick(month, is_first=month == months[0]) for month in months],
            "tickangle": 0,
            "range": [-0.5, len(months) - 0.5],
        },
        "yaxis": money_axis(question, largest),
    }


def _tick(month: date, *, is_first: bool) -> str:
    """Write a month; its year only where that begins, so that six fit a phone."""
    return f"{month:%b<br>%Y}" if is_first or month.month == 1 else f"{month:%b}"


def _finding(found: Found, months: Sequence[date], currency: str) -> str:
    now = exact_sum(amount for (month, _), amount in found.items() if month == months[-1])
    before = exact_sum(amount for (month, _), amount in found.items() if month == months[-2])
    if not now and not before:
        return f"No AI is known on the bill of {months[-1]:%B %Y}"
    told = f"{display.money(now, currency)} of AI on the bills of {months[-1]:%B}"
    return f"{told}, {display.money(before, currency)} in {months[-2]:%B}" if before else told
