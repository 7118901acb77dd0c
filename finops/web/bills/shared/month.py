"""A month's shared cost: the statement in force, a dry run beside it, and publishing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.allocation.pools import pools_in_force
from finops.allocation.report import statement_csv
from finops.allocation.running import preview, publish, published
from finops.allocation.statement import Statement
from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.models import AllocationRun
from finops.months.closed import MonthClosed, closed_months
from finops.sql import snapshot
from finops.web.answers import csv_answer
from finops.web.bills.shared import words
from finops.web.bills.shared.asked import Asked, asked, choices, read
from finops.web.bills.shared.forms import PublishForm
from finops.web.requests import signature
from finops.web.rights import needs


@needs(Right.SEE)
def shared(request: HttpRequest) -> HttpResponse:
    """Show the statement in force, or a dry run when there is none or it is asked for."""
    question = asked(request)
    with snapshot():
        in_force = published(question.month, question.by)
        if in_force and "basis" not in request.GET:
            question = question._replace(basis=in_force.basis)
        shown = in_force if _is_asked_for(in_force, question, request) else None
        seen = shown or preview(*question[:3])
        return _page(request, question, seen, in_force, is_dry=shown is None)


@needs(Right.SET_MONEY)
@require_POST
def publishing(request: HttpRequest) -> HttpResponse:
    """Put the dry run that was looked at in force."""
    question = read(request.POST)
    given = request.POST.copy()
    form = PublishForm(given)
    if form.is_valid():
        try:
            made = publish(
                *question[:3],
                now=timezone.now(),
                by=signature(request),
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
            )
        except ChangedMeanwhile:
            form.add_error(None, "Charges, calls, pools or drivers changed. Look again.")
        except (MonthClosed, Refused) as error:
            form.add_error(None, f"{error}.".replace("..", "."))
        else:
            said = "Published" if made.is_new else "It says the same as the statement in force"
            messages.success(request, f"{said}: {question.name}, version {made.statement.version}.")
            return redirect(f"{reverse('bills-shared')}?{question.query}")
    with snapshot():
        seen, in_force = preview(*question[:3]), published(question.month, question.by)
        given["seen"] = seen.sha256
        return _page(request, question, seen, in_force, is_dry=True, form=form, status=422)


@needs(Right.SEE)
def statement_sheet(request: HttpRequest) -> HttpResponse:
    """Give the statement in force, or the dry run, as a table; of one target when it is named."""
    question = asked(request)
    in_force = published(question.month, question.by)
    shown = in_force if _is_asked_for(in_force, question, request) else None
    seen = shown or preview(*question[:3])
    text = statement_csv(seen, request.GET.get("target", "")[:500])
    return csv_answer(text, f"shared-cost-{question.key}")


def _is_asked_for(in_force: Statement | None, question: Asked, request: HttpRequest) -> bool:
    """Say whether the statement in force answers, rather than a dry run."""
    return in_force is not None and in_force.basis == question.basis and "dry" not in request.GET


def _page(
    request: HttpRequest,
    question: Asked,
    seen: Statement,
    in_force: Statement | None,
    *,
    is_dry: bool,
    form: PublishForm | None = None,
    status: int = 200,
) -> HttpResponse:
    runs = AllocationRun.objects.filter(month=question.month, dimension=question.by)
    context: dict[str, Any] = {
        "question": question,
        **choices(question),
        "seen": seen,
        "in_force": in_force,
        "is_dry": is_dry,
        "is_same": bool(in_force and in_force.sha256 == seen.sha256),
        "is_closed": question.month in closed_months(),
        "story": words.story(question, seen),
        "kpis": words.kpis(seen),
        "conserved": words.conserved(seen),
        "conserved_note": words.conserved_note(seen),
        "lines": words.rows(seen),
        "residuals": words.residuals(seen),
        "moves": words.moves(seen, in_force if is_dry else None),
        "warnings": words.warnings(seen),
        "has_pools": bool(pools_in_force(question.month, question.by)),
        "runs": runs.defer("inputs").order_by("-version")[:20],
        "form": form or PublishForm(initial={"seen": seen.sha256}),
    }
    return render(request, "pages/bills/shared/month.html", context, status=status)
