"""One workflow: what a run of it costs, which model and step take it, which runs were dear."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple, cast

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from finops.access.rights import Right
from finops.domain import display
from finops.domain.dimensions import UNALLOCATED
from finops.domain.periods import parse_day
from finops.domain.tabular import as_csv
from finops.figures.registry import FIGURES
from finops.insights.workflow import WorkflowSeen, describe_workflow, final_value, identity, only
from finops.insights.workflow_budget import workflow_budget
from finops.rollups.question import Question
from finops.rollups.runs import RUN_KINDS, Run, RunKind
from finops.rollups.steps import together
from finops.sql import snapshot
from finops.web.answers import csv_answer
from finops.web.asking import asked, filter_bar
from finops.web.caps.section import section_of
from finops.web.kpis import Kpi, count_kpi, money_kpi, spend_kpi
from finops.web.rights import needs
from finops.web.workflows import budgets, sentences

#: How many steps are told apart; the others stand in one row.
STEPS: Final = 25
#: How many runs are listed: at first, and after each "show more".
RUNS: Final = (10, 50, 200)


class RunRow(NamedTuple):
    """A run in the list: against the typical one, and what stood out."""

    run: Run
    started: str
    times: str
    notes: list[str]


@needs(Right.SEE)
def workflow_page(request: HttpRequest, workflow: str) -> HttpResponse:
    """Show a workflow, or its runs as CSV; one that was merged leads to what it is read as."""
    final = final_value(workflow)
    if final != workflow:
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(reverse("workflow", args=[final]) + query)
    question = asked(request)
    kind, day, limit = _kind(request), _day(request), _limit(request)
    with snapshot():
        who = identity(workflow)
        if who is None:
            raise Http404("no call has ever named this workflow")
        narrowed = only(question, workflow)
        seen = describe_workflow(question, workflow, kind=kind, day=day, limit=limit)
        figure = FIGURES["workflow-days"](narrowed)
        caps = section_of(workflow, question)
        budget = workflow_budget(question, workflow, who.last_day)
        bar = filter_bar(question)
    if request.GET.get("format") == "csv":
        return _csv(seen, question)
    context = {
        "question": question,
        "narrowed": narrowed,
        "who": who,
        "title": "Calls without a workflow" if workflow == UNALLOCATED else who.name,
        "owners": sentences.owners(who),
        "seen": seen,
        "figure": figure,
        "caps": caps,
        "budget": budget,
        "bar": bar,
        "day": day,
        "kind": kind,
        "rows": _rows(seen, question),
        "more": next((size for size in RUNS if size > limit), None) if seen.runs.more else None,
        "others": {name: value for name, value in question.filters.items() if name != "workflow"},
    }
    return render(
        request,
        "pages/workflows/detail.html",
        context | _words(seen, question) | budgets.section(budget, question),
    )


def _rows(seen: WorkflowSeen, question: Question) -> list[RunRow]:
    typical, currency = seen.now.typical, question.currency
    return [
        RunRow(
            run,
            _started(run, question),
            display.times(run.cost, typical) if run.cost is not None and typical else "",
            sentences.what_stood_out(run, seen.runs.steps[run.url_id], currency),
        )
        for run in seen.runs.found
    ]


def _started(run: Run, question: Question) -> str:
    """Write when it began; the zone stands over the column."""
    local = run.started.astimezone(question.zone)
    return f"{display.day(local.date(), weekday=True, year=False)}, {local:%H:%M}"


def _words(seen: WorkflowSeen, question: Question) -> dict[str, Any]:
    """Give the page's sentences and numbers."""
    period, currency = question.period, question.currency
    now, before = seen.now, seen.before
    return {
        "story": sentences.story(now, before, seen.steps, period, currency),
        "kpis": _kpis(seen, question),
        "models_heading": sentences.models_heading(seen.models, now.all.cost),
        "steps_heading": sentences.steps_heading(seen.steps),
        "steps_from": sentences.read_from(seen.steps_window, period),
        "steps": seen.steps[:STEPS],
        "other_steps": len(seen.steps[STEPS:]),
        "rest_of_steps": together(seen.steps[STEPS:]),
        "all_steps": together(seen.steps),
        "runs_heading": sentences.runs_heading(
            seen.runs.found, seen.runs.kind, now.typical, currency
        ),
    }


def _kpis(seen: WorkflowSeen, question: Question) -> list[Kpi]:
    """Give four numbers; a workflow that names no runs is told by its calls instead."""
    currency, now, before = question.currency, seen.now, seen.before
    failed = money_kpi(
        "Spent on failed calls",
        now.failed.cost,
        before.failed.cost,
        currency,
        note=f"{display.number(now.failed.calls)} of {display.counted(now.all.calls, 'call')}",
    )
    spent = spend_kpi(now.all.cost, before.all.cost, question.period, currency)
    if not now.sizes.runs:
        thousand = "Cost of 1,000 calls"
        return [
            spent,
            money_kpi(
                thousand,
                now.all.cost_of_thousand,
                before.all.cost_of_thousand,
                currency,
                unit=True,
            ),
            count_kpi("Calls", now.all.calls, before.all.calls),
            failed,
        ]
    dear, many = now.cost_per_run.get("p95"), now.sizes.many_calls
    return [
        spent,
        money_kpi(
            "Cost of a typical run",
            now.typical,
            before.typical,
            currency,
            note=f"one in 20 costs {display.money(dear, currency)} or more" if dear else "",
            unit=True,
        ),
        count_kpi(
            "Calls in a typical run",
            now.sizes.typical_calls,
            before.sizes.typical_calls,
            note=f"one in 20 makes {display.number(many)} or more",
        ),
        failed,
    ]


def _kind(request: HttpRequest) -> RunKind:
    kind = request.GET.get("runs", "all")
    return cast("RunKind", kind) if kind in RUN_KINDS else "all"


def _day(request: HttpRequest) -> date | None:
    text = request.GET.get("day", "")
    try:
        return parse_day(text) if text else None
    except ValueError as error:
        raise BadRequest(str(error)) from error


def _limit(request: HttpRequest) -> int:
    asked_for = request.GET.get("show", "")
    return int(asked_for) if asked_for in {str(size) for size in RUNS} else RUNS[0]


def _csv(seen: WorkflowSeen, question: Question) -> HttpResponse:
    header = (
        "run",
        "started",
        "calls",
        "cost",
        "run_cost",
        "failed_calls",
        "cost_of_failed",
        "repeated_steps",
        "currency",
    )
    rows = (
        (
            run.run,
            run.started.isoformat(),
            run.calls,
            run.cost,
            run.run_cost,
            run.failed_calls,
            run.cost_of_failed,
            run.repeated_steps,
            question.currency,
        )
        for run in seen.runs.found
    )
    return csv_answer(as_csv(header, rows), f"runs-{question.period.key}")
