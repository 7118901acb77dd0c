"""All workflows: sorted bars and what they add up to, twelve first, every one behind paging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from finops.access.rights import Right
from finops.attribution.values import labels
from finops.caps.standing import broken_by_workflow
from finops.domain.measures import Measures
from finops.domain.tabular import as_csv
from finops.insights.standings import of_workflows, standings_on
from finops.insights.workflows import (
    ORDERS,
    Order,
    Ranked,
    drawn,
    in_order,
    workflows,
)
from finops.rollups.queries import complete_to
from finops.rollups.question import FILTERS, Question
from finops.rollups.spend import spend
from finops.sql import snapshot
from finops.web.answers import csv_answer
from finops.web.asking import asked, choice, filter_bar
from finops.web.rights import needs
from finops.web.workflows import sentences
from finops.web.workflows.narrowing import Narrowing

#: How many are told apart at first; the rest stands in one row.
FIRST: Final = 12
#: Up to this many are shown at once: a rest of one or two would be silly.
FEW: Final = 15
PAGE_SIZE: Final = 50
_TEAMS: Final = 200
#: Columns that can be sorted by, with the words over them.
_LABELS: Final[dict[Order, str]] = {
    "name": "Workflow",
    "spend": "Spend",
    "change": "Change",
    "calls": "Calls",
}


@needs(Right.SEE)
def workflows_page(request: HttpRequest) -> HttpResponse:
    """Show the workflows of a period, or give them as CSV."""
    question = asked(request)
    wanted = Narrowing.read(request.GET)
    order, reverse = _order(request.GET)
    with snapshot() as cursor:
        seen = workflows(question)
        standings = standings_on(question.period.window.last)
        own = of_workflows(standings)
        found = in_order(wanted.keep(seen, own), order, reverse=reverse)
        if request.GET.get("format") == "csv":
            return _csv(found, question)
        by_spend = order == "spend" and not reverse
        folded = by_spend and not any(wanted) and "all" not in request.GET and len(found) > FEW
        page = Paginator(found, FIRST if folded else PAGE_SIZE).get_page(
            1 if folded else request.GET.get("page")
        )
        shown = drawn(question, list(page.object_list))
        bar = filter_bar(
            question,
            choice(question, "team", "All teams", _teams(question)),
            *wanted.choices(seen, any_budget=bool(standings)),
            kept=_kept(request.GET, "sort", "q"),
        )
        reached = complete_to(cursor)
        broken_caps = broken_by_workflow(question.period.window)
    context = {
        "question": question,
        "seen": seen,
        "shown": shown,
        "page": None if folded else page,
        "rest": _rest(found[FIRST:]) if folded else None,
        "found": len(found),
        "words": wanted.words,
        "narrowed": any(wanted),
        "by_spend": by_spend,
        "has_budgets": bool(standings),
        "own": own,
        "columns": _columns(request.GET, order, reverse=reverse),
        "kept": _kept(request.GET, "period", "against", "sort", "status", "owner", *FILTERS),
        "clear": f"?{_changed(QueryDict(), period=question.period.key)}",
        "bar": bar,
        "csv": f"?{_changed(request.GET, format='csv')}",
        "complete_to": reached,
        "broken_caps": broken_caps,
        "story": sentences.list_story(seen, question.period, question.currency),
    }
    return render(request, "pages/workflows/list.html", context)


def _order(given: QueryDict) -> tuple[Order, bool]:
    """Read ``sort=-calls``; what nobody can sort by is sorted by spend."""
    text = given.get("sort", "")
    name = text.removeprefix("-")
    if name not in ORDERS:
        return "spend", False
    return cast("Order", name), text.startswith("-")


def _columns(given: QueryDict, order: Order, *, reverse: bool) -> dict[str, dict[str, str]]:
    """Give each column's words, its link, and how it is sorted now, for ``aria-sort``."""
    columns: dict[str, dict[str, str]] = {}
    for name, label in _LABELS.items():
        current = name == order
        turned = current and not reverse
        ascending = (name == "name") != reverse
        columns[name] = {
            "label": label,
            "href": f"?{_changed(given, sort=f'-{name}' if turned else name, page=None)}",
            "sorted": ("ascending" if ascending else "descending") if current else "",
        }
    return columns


def _changed(given: QueryDict, **changes: str | None) -> str:
    changed = given.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return changed.urlencode()


def _kept(given: QueryDict, *names: str) -> tuple[tuple[str, str], ...]:
    """Give what a form must carry along of the address that it stands on."""
    return tuple((name, value) for name in names for value in given.getlist(name))


def _rest(others: Sequence[Ranked]) -> dict[str, Any]:
    return {
        "count": len(others),
        "now": Measures.sum_of(each.part.now for each in others),
        "before": Measures.sum_of(each.part.before for each in others),
    }


def _teams(question: Question) -> list[tuple[str, str]]:
    """Give the teams with calls in the period, dearest first, whatever team is chosen."""
    names = labels("team")
    values = [value for (value,) in spend(question.period.window, by=("team",))]
    return [(value, names.get(value, value)) for value in values[:_TEAMS]]


def _csv(found: Sequence[Ranked], question: Question) -> HttpResponse:
    header = (
        "workflow",
        "name",
        "owner",
        "cost",
        "cost_before",
        "calls",
        "calls_before",
        "unpriced_calls",
        "currency",
    )
    rows = (
        (
            each.part.value,
            each.part.name,
            each.owner,
            each.part.now.cost,
            each.part.before.cost,
            each.part.now.calls,
            each.part.before.calls,
            each.part.now.unpriced_calls,
            question.currency,
        )
        for each in found
    )
    return csv_answer(as_csv(header, rows), f"workflows-{question.period.key}")
