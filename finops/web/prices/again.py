"""Price again: plan, look at the figures, apply, undo. Workers do the work; every run is kept."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.models import Organization, Revaluation
from finops.revaluation.plan import cancel, queue_revaluation, request_apply
from finops.revaluation.undo import UndoRefused, undo_revaluation
from finops.waking import wake_refresh, wake_revaluations
from finops.web.prices import figures
from finops.web.prices.asked import is_fragment, signature, text
from finops.web.prices.forms import AgainForm, WhyForm
from finops.web.rights import needs

PER_PAGE: Final = 25


@needs(Right.SEE, to_change=Right.SET_MONEY)
def again(request: HttpRequest) -> HttpResponse:
    """Plan a run, and list those that were."""
    zone = Organization.current().zone
    if request.method == "POST":
        form = AgainForm(request.POST, zone=zone)
        if form.is_valid():
            job = queue_revaluation(
                parts=[Revaluation.PRICE],
                scope=form.scope(),
                now=timezone.now(),
                by=signature(request),
            )
            wake_revaluations()
            return redirect("prices-run", pk=job.pk)
    else:
        form = AgainForm(initial=_initial(request), zone=zone)
    page = Paginator(_runs(), PER_PAGE).get_page(text(request, "page", 9))
    context = {
        "form": form,
        "page": page,
        "rows": [figures.run_row(job, zone) for job in page.object_list],
    }
    return render(request, "pages/prices/again.html", context, status=422 if form.is_bound else 200)


@needs(Right.SEE)
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a run: how far it is, what it would change, what it has changed."""
    return _page(request, _run(pk), WhyForm())


@require_POST
@needs(Right.SET_MONEY)
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a run to be applied, with a reason."""
    job, form = _run(pk), WhyForm(request.POST)
    if not form.is_valid():
        return _page(request, job, form, status=422)
    try:
        reason = form.cleaned_data["reason"]
        request_apply(job, by=signature(request), now=timezone.now(), reason=reason)
    except ValueError as error:
        messages.error(request, f"Nothing was changed: {error}.")
    else:
        wake_revaluations()
    return redirect("prices-run", pk=pk)


@require_POST
@needs(Right.SET_MONEY)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what a run has changed, with a reason."""
    job, form = _run(pk), WhyForm(request.POST)
    if not form.is_valid():
        return _page(request, job, form, status=422)
    try:
        reason = form.cleaned_data["reason"]
        undo_revaluation(job, by=signature(request), now=timezone.now(), reason=reason)
    except UndoRefused as error:
        messages.error(request, f"Nothing was changed: {error}.")
    else:
        messages.success(request, "Undone. The calls carry the prices that they had before.")
        wake_refresh()
    return redirect("prices-run", pk=pk)


@require_POST
@needs(Right.SET_MONEY)
def give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a run, or drop its preview; nothing was changed by it."""
    try:
        cancel(_run(pk), now=timezone.now())
    except ValueError as error:
        messages.error(request, f"Nothing to stop: {error}.")
    return redirect("prices-run", pk=pk)


def _runs() -> QuerySet[Revaluation]:
    price = Revaluation.objects.on_record().filter(parts__contains=[Revaluation.PRICE])
    return price.order_by("-pk")


def _run(pk: int) -> Revaluation:
    return get_object_or_404(_runs(), pk=pk)


def _page(request: HttpRequest, job: Revaluation, form: WhyForm, status: int = 200) -> HttpResponse:
    zone = Organization.current().zone
    context = {"job": job, "form": form, "told": figures.run_told(job, zone)}
    template = "pages/prices/run.html"
    if is_fragment(request):
        template = "pages/prices/_run.html"
    return render(request, template, context, status=status)


def _initial(request: HttpRequest) -> dict[str, str]:
    names = ("provider", "model", "since", "until", "calls")
    found = {name: text(request, name, 500) for name in names}
    return {name: value for name, value in found.items() if value}
