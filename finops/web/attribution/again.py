"""Attribute history again: plan, look at the figures, apply, undo. Workers do the work."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from finops.access.rights import Right, may
from finops.domain.periods import day_start
from finops.models import Organization, Revaluation
from finops.revaluation.plan import queue_revaluation
from finops.revaluation.scope import Scope
from finops.waking import wake_revaluations
from finops.web.attribution.forms import CHARGES, AgainForm
from finops.web.attribution.told import told
from finops.web.history import History
from finops.web.requests import page_number, signature
from finops.web.rights import needs, refuse

PER_PAGE: Final = 25


@needs(Right.SEE, to_change=Right.IMPORT_BILLS)
def again(request: HttpRequest) -> HttpResponseBase:
    """Plan a run, and list those that were."""
    may_calls = may(request.user, Right.CONNECT)
    form = AgainForm(request.POST if request.method == "POST" else None, charges_only=not may_calls)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["what"] != CHARGES and not may_calls:
            return refuse(request, Right.CONNECT)
        job = _plan(form, by=signature(request))
        wake_revaluations()
        return redirect(told(job)["route"], pk=job.pk)
    page = Paginator(_runs_of(_OF_CALLS | _OF_CHARGES), PER_PAGE).get_page(page_number(request))
    context = {"form": form, "page": page, "rows": [told(job) for job in page]}
    status = 422 if form.is_bound else 200
    return render(request, "pages/attribution/again.html", context, status=status)


def _plan(form: AgainForm, *, by: str) -> Revaluation:
    of_charges = form.cleaned_data["what"] == CHARGES
    zone = ZoneInfo("UTC") if of_charges else Organization.current().zone  # providers' days
    since, until = (form.cleaned_data[name] for name in ("since", "until"))
    return queue_revaluation(
        parts=[Revaluation.CHARGES if of_charges else Revaluation.ATTRIBUTION],
        scope=Scope(since=since and day_start(since, zone), until=until and day_start(until, zone)),
        now=timezone.now(),
        by=by,
        reason=form.cleaned_data["reason"],
    )


#: Only runs that leave prices alone: pricing again is finance's.
_OF_CALLS: Final = Q(parts=[Revaluation.ATTRIBUTION])
_OF_CHARGES: Final = Q(parts=[Revaluation.CHARGES])


def _runs_of(which: Q) -> QuerySet[Revaluation]:
    return Revaluation.objects.on_record().filter(which).order_by("-pk")


HISTORY: Final = History(
    runs=lambda: _runs_of(_OF_CALLS),
    right=Right.CONNECT,
    route="attribution-run",
    templates="pages/attribution",
    told=told,
    undone="The calls carry the values that they had before.",
    reason_to_apply=False,
)
CHARGES_HISTORY: Final = History(
    runs=lambda: _runs_of(_OF_CHARGES),
    right=Right.IMPORT_BILLS,
    route="charges-run",
    templates="pages/attribution",
    told=told,
    undone="The charges carry the values that they had before.",
    reason_to_apply=False,
)
