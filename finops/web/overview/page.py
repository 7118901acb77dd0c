"""The overview of a period, all of it read at one moment."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from finops.access.rights import Right
from finops.attribution.values import labels
from finops.domain import display
from finops.domain.money import exact_difference
from finops.figures.registry import FIGURES
from finops.insights.budgeted import unbudgeted
from finops.insights.overview import COVERED, Overview, overview
from finops.insights.standings import Standing, of_question, of_workflows, standings_on
from finops.rollups.question import Question
from finops.sql import snapshot
from finops.web import sentences
from finops.web.asking import asked, choice, filter_bar
from finops.web.kpis import Kpi, against, count_kpi, money_kpi, spend_kpi
from finops.web.overview.promises import promises
from finops.web.rights import needs
from finops.web.standing import budget_kpi, panel

_LISTED_AT_MOST = 6


@needs(Right.SEE)
def overview_page(request: HttpRequest) -> HttpResponse:
    """Show the overview of a period, all of it read at one moment."""
    question = asked(request)
    currency = question.currency
    today = question.now.astimezone(question.zone).date()
    with snapshot():
        seen = overview(question)
        standings = standings_on(question.period.window.last)
        standing = of_question(question)
        without = unbudgeted(question, standings)
        promised = promises(question.now, today, currency)
        figure = FIGURES["spend-so-far"](question)
        bar = filter_bar(question, choice(question, "team", "All teams", _values(seen, "team")))
    context = {
        "question": question,
        "seen": seen,
        "figure": figure,
        "bar": bar,
        "story": sentences.story(seen, question.period, currency, standing),
        "kpis": _kpis(seen, question, standing, today),
        "budgets": panel(standings, today, currency, without),
        "by_workflow": of_workflows(standings),
        "promised": promised,
        "top_heading": sentences.top_heading(len(seen.top), seen.top_cost, seen.now.cost),
        "movers_heading": sentences.movers_heading(seen.now.cost, seen.before.cost, currency),
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


def _kpis(seen: Overview, question: Question, standing: Standing | None, today: date) -> list[Kpi]:
    """Give the four numbers that today's data can answer; a budget counts more than calls do."""
    currency, now, before = question.currency, seen.now, seen.before
    unit, unit_before = now.cost_of_thousand, before.cost_of_thousand
    attributed = exact_difference(now.cost, seen.unattributed.now.cost)
    return [
        spend_kpi(now.cost, before.cost, question.period, currency),
        budget_kpi(standing, today, now.cost, currency)
        if standing
        else count_kpi("Calls to models", now.calls, before.calls, note=_then(seen, question)),
        money_kpi(
            "Cost of 1,000 calls",
            unit,
            unit_before,
            currency,
            unit=True,
            note=f"{display.money(unit_before, currency)} before" if unit_before else "",
        ),
        {
            "label": "Spend with a workflow",
            "value": display.share(attributed, now.cost),
            "note": f"{display.money(seen.unattributed.now.cost, currency)} not attributed",
        },
    ]


def _then(seen: Overview, question: Question) -> str:
    return against(question.period) if seen.before.calls else ""
