"""A run and, beside it, one of its calls: which step burned the money, and why it cost that."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from finops.access.rights import Right
from finops.domain import display
from finops.domain.money import exact_sum
from finops.domain.tabular import as_csv
from finops.insights.run import MOST_CALLS, RunSeen, describe_run
from finops.insights.step import describe_step
from finops.rollups.question import Question
from finops.rollups.runs import RunCall
from finops.sql import snapshot
from finops.web.answers import csv_answer
from finops.web.asking import asked
from finops.web.caps.section import beyond
from finops.web.rights import needs
from finops.web.runs import panel, sentences
from finops.web.runs.rows import By, StepRow, Steps, steps_of

#: Rows of one page: with their bars they stay below 3,000 elements.
ROWS: Final = 100
#: Calls that are named beforehand when a run has several pages of rows.
DEAREST: Final = 5


@needs(Right.SEE)
def run_page(request: HttpRequest, url_id: UUID) -> HttpResponse:
    """Show a run, and with ``?step=`` one of its calls."""
    now = timezone.now()
    question = asked(request, now=now)
    with snapshot():
        seen = describe_run(url_id, question)
        if seen is None:
            raise Http404("there is no such run")
        step = _step(request, seen)
        beyond_caps = beyond(url_id, seen, question.currency)
    if request.GET.get("format") == "csv":
        return _csv(seen, question)
    by: By = "time" if request.GET.get("by") == "time" else "dollars"
    flags_only = "flags" in request.GET
    expanded = request.GET.getlist("open")
    steps = steps_of(seen, by=by, expanded=expanded, currency=question.currency)
    page = _page(request, steps, flags_only=flags_only, step=step)
    context = {
        "question": question,
        "url_id": url_id,
        "seen": seen,
        "headline": _headline(seen, question.currency),
        "facts": sentences.facts(
            seen, display.moment(seen.run.started, question.zone, weekday=True)
        ),
        "burned": sentences.burned(seen, question.currency),
        "beyond_caps": beyond_caps,
        "expired": sentences.expired() if seen.expired(now) else "",
        "most_calls": MOST_CALLS,
        "by": by,
        "flags_only": flags_only,
        "expanded": expanded,
        "steps": steps,
        "whole": steps.scale.bar(Decimal(0), _whole(seen, by)),
        "took": _milliseconds(seen),
        "page": page,
        "dearest": _dearest(seen) if page.paginator.num_pages > 1 or steps.is_folded else [],
        "asked_step": request.GET.get("step", ""),
        "current": step.call if step else None,
    }
    if step is not None:
        context |= _panel(seen, step, question)
        # A folded call has no row of its own to go back to.
        rows = (row for row in page.object_list if step in row.calls)
        context["back_to"] = next((row.call.call for row in rows), step.call)
    return render(request, "pages/runs/run.html", context)


def _whole(seen: RunSeen, by: By) -> Decimal:
    """Give how long the bar of the whole run is."""
    if by == "time":
        return _milliseconds(seen)
    return exact_sum(call.cost or Decimal(0) for call in seen.calls)


def _milliseconds(seen: RunSeen) -> Decimal:
    return Decimal(str(seen.took.total_seconds())) * 1000


def _headline(seen: RunSeen, currency: str) -> str:
    return sentences.headline(seen.run.run, seen.run.run_cost, seen.typical, currency)


def _step(request: HttpRequest, seen: RunSeen) -> RunCall | None:
    """Find the call that is asked for among those of the run."""
    text = request.GET.get("step", "")
    return next((call for call in seen.calls if str(call.call) == text), None)


def _page(
    request: HttpRequest, steps: Steps, *, flags_only: bool, step: RunCall | None
) -> Page[StepRow]:
    """Cut the rows into pages; the one with the open step comes up by itself."""
    rows = steps.flagged if flags_only else list(steps.rows)
    paginator = Paginator(rows, ROWS)
    number: Any = request.GET.get("page")
    if number is None and step is not None:
        place = next((n for n, row in enumerate(rows) if step in row.calls), 0)
        number = place // ROWS + 1
    return paginator.get_page(number)


def _dearest(seen: RunSeen) -> list[tuple[int, RunCall]]:
    """Give the dearest calls with their numbers in the run."""
    numbered = [(n, call) for n, call in enumerate(seen.calls, start=1) if call.cost]
    return sorted(numbered, key=lambda pair: (-(pair[1].cost or 0), pair[0]))[:DEAREST]


def _panel(seen: RunSeen, step: RunCall, question: Question) -> dict[str, Any]:
    described = describe_step(step.call, step.started)
    if described is None:
        return {"current": None}
    place = seen.calls.index(step)
    return {
        "panel": panel.panel_of(described, seen.places[place], question),
        "step_number": place + 1,
        "previous": seen.calls[place - 1] if place else None,
        "next": seen.calls[place + 1] if place + 1 < len(seen.calls) else None,
    }


def _csv(seen: RunSeen, question: Question) -> HttpResponse:
    header = (
        "number",
        "call",
        "started",
        "step",
        "attempt",
        "fate",
        "workflow",
        "provider",
        "model",
        "status",
        "error",
        "latency_ms",
        "cost",
        "running_total",
        "currency",
    )
    rows = (
        (
            number,
            call.id,
            call.started.isoformat(),
            call.step,
            call.attempt,
            str(place.fate),
            call.workflow,
            call.provider,
            call.model,
            call.status,
            call.error,
            call.latency_ms,
            call.cost,
            call.running_total,
            question.currency,
        )
        for number, (call, place) in enumerate(zip(seen.calls, seen.places, strict=True), start=1)
    )
    return csv_answer(as_csv(header, rows), f"run-{seen.run.url_id}")
