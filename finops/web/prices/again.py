"""Price again: plan, look at the figures, apply, undo. Workers do the work; every run is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from finops.access.rights import Right
from finops.models import Organization, Revaluation
from finops.revaluation.plan import queue_revaluation
from finops.waking import wake_revaluations
from finops.web.history import History
from finops.web.prices import figures
from finops.web.prices.forms import AgainForm
from finops.web.requests import signature, text
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


def _runs() -> QuerySet[Revaluation]:
    price = Revaluation.objects.on_record().filter(parts__contains=[Revaluation.PRICE])
    return price.order_by("-pk")


def _initial(request: HttpRequest) -> dict[str, str]:
    names = ("provider", "model", "since", "until", "calls")
    found = {name: text(request, name, 500) for name in names}
    return {name: value for name, value in found.items() if value}


def _told(job: Revaluation) -> Mapping[str, Any]:
    return figures.run_told(job, Organization.current().zone)


HISTORY: Final = History(
    runs=_runs,
    right=Right.SET_MONEY,
    route="prices-run",
    templates="pages/prices",
    told=_told,
    undone="The calls carry the prices that they had before.",
)
