"""The explorer: what was asked, the answer as chart and table, and how to ask elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from finops.access.rights import Right
from finops.domain.dimensions import DIMENSIONS
from finops.figures.costs import draw
from finops.insights.breakdown import break_down
from finops.insights.carried import carried
from finops.insights.news import first_day
from finops.rollups.patience import TookTooLong
from finops.sql import snapshot
from finops.web.asking import filter_bar
from finops.web.costs import choices, words
from finops.web.costs.asked import Asked, asked
from finops.web.costs.table import table
from finops.web.rights import needs


@needs(Right.SEE)
def explorer(request: HttpRequest) -> HttpResponse:
    """Show costs by what the address says; dates of one's own become a period in the address."""
    wanted = asked(request)
    if "from" in request.GET or "to" in request.GET:
        return redirect(wanted.about(wanted.question).address)
    try:
        with snapshot():
            context = _form(wanted) | _answer(wanted)
    except TookTooLong as error:
        context = _form(wanted) | {"too_slow": f"{str(error).capitalize()}."}
    origin = request.build_absolute_uri("/").rstrip("/")
    context["curl"] = words.curl(wanted.question, origin)
    return render(request, "pages/costs/explorer.html", context)


def _form(wanted: Asked) -> dict[str, Any]:
    question = wanted.question
    return {
        "question": question,
        "asked": wanted,
        "periods": filter_bar(question)["periods"],
        "groupings": choices.groupings(question),
        "grains": choices.grains(question),
        "bases": choices.BASES,
        "measures": choices.measures(question),
        "chips": choices.chips(wanted),
        "dimensions": DIMENSIONS,
        "first_day": first_day(),
        "today": question.now.astimezone(question.zone).date(),
        "kept": wanted.kept,
        "period_query": urlencode(
            {"period": question.period.key, "against": question.period.against}
        ),
        "unfiltered": replace(question, filters={}),
        "api_address": words.api_address(question),
        "command": words.command(question),
    }


def _answer(wanted: Asked) -> dict[str, Any]:
    """Read the answer, or say why its period is too long."""
    question = wanted.question
    narrowing = choices.narrowing(wanted) if wanted.narrow_by else None
    if question.reaches_too_far:
        shorter = question.shortened()
        return {
            "narrowing": narrowing,
            "too_far": words.reaches_too_far(question),
            "shorter": shorter,
            "shorter_address": wanted.about(shorter).address,
        }
    seen = break_down(question)
    shown = table(seen, wanted)
    return {
        "narrowing": narrowing,
        "seen": seen,
        "figure": draw(seen) if question.by or question.grain != "total" else None,
        "table": shown,
        "lead": max(1, len(question.by) + (question.grain != "total")),
        "previous_address": replace(wanted, page=shown.page - 1).address,
        "next_address": replace(wanted, page=shown.page + 1).address,
        "technical_address": replace(wanted, technical=not wanted.technical).address,
        "heading": words.heading(seen),
        "under_heading": words.under_heading(seen),
        "left_out": words.left_out(seen),
        "carried": carried(seen) if question.of_bills else None,
        "folded": words.folded(seen),
    }
