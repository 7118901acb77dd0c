"""The first page: are we spending more, where does it go, what moved, how sure is that?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from finops.access.rights import Right
from finops.attribution.values import labels
from finops.domain import display
from finops.domain.money import exact_difference
from finops.figures.registry import FIGURES
from finops.insights.overview import COVERED, Overview, overview
from finops.rollups.question import Question
from finops.sql import snapshot
from finops.web import sentences
from finops.web.asking import asked, choice, filter_bar
from finops.web.rights import needs

_LISTED_AT_MOST = 6


@needs(Right.SEE)
def overview_page(request: HttpRequest) -> HttpResponse:
    """Show the overview of a period, all of it read at one moment."""
    question = asked(request)
    with snapshot():
        seen = overview(question)
        figure = FIGURES["spend-so-far"](question)
        bar = filter_bar(question, choice(question, "team", "All teams", _values(seen, "team")))
    context = {
        "question": question,
        "seen": seen,
        "figure": figure,
        "bar": bar,
        "story": sentences.story(seen, question.period, question.currency),
        "kpis": _kpis(seen, question),
        "top_heading": sentences.top_heading(len(seen.top), seen.top_cost, seen.now.cost),
        "movers_heading": sentences.movers_heading(
            seen.now.cost, seen.before.cost, question.currency
        ),
        "news_heading": sentences.news_heading(len(seen.news)),
        "coverage_heading": sentences.coverage_heading(
            seen.unattributed.now.cost, seen.now.unpriced_calls, seen.now.cost
        ),
        "coverage": [(name, seen.unallocated[name]) for name in COVERED],
        "lists": [(name, parts[:_LISTED_AT_MOST]) for name, parts in seen.parts.items()],
    }
    return render(request, "pages/overview/overview.html", context)


def _values(seen: Overview, dimension: str) -> list[tuple[str, str]]:
    names = labels(dimension)
    return [(part.value, names.get(part.value, part.value)) for part in seen.parts[dimension]]


def _kpis(seen: Overview, question: Question) -> list[dict[str, Any]]:
    """Give the four numbers that today's data can answer."""
    currency, now, before = question.currency, seen.now, seen.before
    then = (
        f"against {display.short_days(question.period.before.since, question.period.before.last)}"
    )
    attributed = exact_difference(now.cost, seen.unattributed.now.cost)
    return [
        _money_kpi("Spend so far" if question.period.running else "Spend", now.cost, before.cost)
        | {"note": then if before.calls else "", "value": display.money(now.cost, currency)},
        {
            "label": "Calls to models",
            "value": display.number(now.calls),
            "change": display.change(Decimal(now.calls), Decimal(before.calls)),
            "note": then if before.calls else "",
        },
        _money_kpi("Cost of 1,000 calls", now.cost_of_thousand, before.cost_of_thousand)
        | {
            "value": display.money(now.cost_of_thousand, currency),
            "note": f"{display.money(before.cost_of_thousand, currency)} before"
            if before.calls
            else "",
        },
        {
            "label": "Spend with a workflow",
            "value": display.share(attributed, now.cost),
            "note": f"{display.money(seen.unattributed.now.cost, currency)} not attributed",
        },
    ]


def _money_kpi(label: str, now: Decimal | None, before: Decimal | None) -> dict[str, Any]:
    if now is None or not before:
        return {"label": label, "title": display.exact_money(now)}
    difference = now - before
    tone = "worse" if difference > 0 else "better" if difference < 0 else "flat"
    sign = (
        "\N{BLACK UP-POINTING TRIANGLE}" if difference > 0 else "\N{BLACK DOWN-POINTING TRIANGLE}"
    )
    words = f"{display.money(abs(difference))} ({display.change(now, before)})"
    return {
        "label": label,
        "title": display.exact_money(now),
        "change": f"{sign} {words}" if difference else "unchanged",
        "tone": tone,
    }
