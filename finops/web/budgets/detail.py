"""One budget: where it stands, what its periods cost against their lines, who drew them and why."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from finops.access.rights import Right
from finops.budgets.accuracy import accuracy_of
from finops.budgets.editing import UNDO_FOR
from finops.budgets.looking import period_on
from finops.budgets.scope import scope_words
from finops.budgets.whole import Whole, whole
from finops.forecast.words import accuracy_sentences
from finops.models import Budget, Organization
from finops.web.budgets import words
from finops.web.budgets.burn_up import burn_up
from finops.web.budgets.drawing import draw
from finops.web.budgets.small_forms import ForecastForm, ShareForm, StopForm
from finops.web.bullets import Bullet, bullet
from finops.web.requests import is_fragment
from finops.web.rights import needs


@needs(Right.SEE)
def budget(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a budget whole."""
    found = get_object_or_404(Budget.objects.select_related("owner", "escalate_to"), pk=pk)
    return budget_page(request, found)


@needs(Right.SEE)
def accuracy(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how wrong the last forecasts of a budget would have been."""
    found = get_object_or_404(Budget.objects.select_related("owner"), pk=pk)
    tested = accuracy_of(found, timezone.now())
    sentences = accuracy_sentences(tested.accuracy) if tested else []
    context = {"budget": found, "tested": tested, "sentences": sentences}
    part = "_accuracy" if is_fragment(request) else "accuracy"
    return render(request, f"pages/budgets/{part}.html", context)


def budget_page(
    request: HttpRequest, found: Budget, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """Show a budget with its small forms, of which one may carry what was wrong."""
    organization, now = Organization.current(), timezone.now()
    record = whole(found, now)
    currency = organization.currency
    standing = record.standing
    undoable = record.undoable
    context = {
        "budget": found,
        "record": record,
        "standing": standing,
        "scope_words": scope_words(found.scope),
        "basis_words": words.basis(found),
        "bullet": _bullet(record, currency),
        "forecast": words.forecast(standing, record.period, now, organization) if standing else "",
        "bars": draw(record.history.all, record.held, currency),
        "rows": list(zip(record.history.all, record.held, strict=True))[::-1],
        "told": words.told(found),
        "told_when": words.told_when(found),
        "undo_until": undoable.set_at + UNDO_FOR if undoable else None,
        "causes": [
            (change, period_on(found, change.period_start).label, words.cause(change))
            for change in record.changes
        ],
        "share_code": _share_in_question(record),
        **(burn_up(found, now, organization) if standing else {}),
        **_forms(record, currency),
        **forms,
    }
    return render(request, "pages/budgets/budget.html", context, status=status)


def _bullet(record: Whole, currency: str) -> Bullet | None:
    """Draw the running period; none once the budget is out of use."""
    standing = record.standing
    if not record.in_use:
        return None
    return bullet(
        actual=standing.actual if standing else record.history.running.actual,
        yellow=record.lines.yellow,
        red=record.lines.red,
        planned=record.lines.planned,
        forecast_mid=standing.forecast_mid if standing else None,
        status=standing.status if standing else "none",
        currency=currency,
    )


def _share_in_question(record: Whole) -> bool:
    """Tell whether one workflow's share is a reason of the status."""
    reasons = record.standing.reasons if record.standing else []
    return any(reason["code"] == "workflow_share" for reason in reasons)


def _forms(record: Whole, currency: str) -> dict[str, Any]:
    top = record.standing.top_workflow if record.standing else ""
    return {
        "forecast_form": ForecastForm(currency=currency, kind=record.period.kind),
        "share_form": ShareForm(initial={"workflow": top}),
        "stop_form": StopForm(initial={"from_day": record.period.end}),
    }
