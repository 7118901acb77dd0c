"""Versions of bills: what each said, how it differs from the one before, and those that wait."""

from __future__ import annotations

from datetime import date
from operator import attrgetter
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.bills import reading
from finops.bills.holding import discard_held, publish_held
from finops.bills.monthly import bill_months
from finops.bills.refusals import Gone, Refused
from finops.bills.words import HELD_BECAUSE, STATUSES
from finops.insights.bills import parse_month
from finops.models import BillSnapshot, Source
from finops.months.closed import MonthClosed, closed_months
from finops.web.bills import versions
from finops.web.bills.decision import DecisionForm
from finops.web.bills.words import month_choices
from finops.web.requests import signature, text
from finops.web.rights import needs

PAGE_SIZE: Final = 50


@needs(Right.SEE)
def snapshots(request: HttpRequest) -> HttpResponse:
    """List the versions of bills, newest first, narrowed by month, source and state."""
    months = bill_months()
    month, source, status = _wanted(request)
    found = reading.versions(month=month, source=source, status=status)
    page = Paginator(found, PAGE_SIZE).get_page(text(request, "page", 9))
    context = {
        "page": page,
        "rows": [(bill, versions.state(bill)) for bill in page.object_list],
        "months": month_choices(months, month or months[0]) if months else [],
        "month": month,
        "sources": Source.objects.filter(bill_snapshots__isnull=False).distinct().order_by("name"),
        "source": source,
        "statuses": {key: label for key, label in STATUSES.items() if key != BillSnapshot.STAGED},
        "status": status,
    }
    return render(request, "pages/bills/snapshots.html", context)


def _wanted(request: HttpRequest) -> tuple[Any, str, str]:
    month, source = text(request, "month", 20), text(request, "source", 200)
    status = text(request, "status", 20)
    try:
        return parse_month(month) if month else None, source, status if status in STATUSES else ""
    except ValueError as error:
        raise BadRequest(str(error)) from error


@needs(Right.SEE)
def one_snapshot(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a version: its totals, its score, what it changed; a held one can be decided upon."""
    return _page(request, pk, DecisionForm())


@require_POST
@needs(Right.IMPORT_BILLS)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a held version or throw it away, with a reason; say why when that cannot be."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, form, status=422)
    told = {
        "by": signature(request),
        "reason": form.cleaned_data["reason"],
        "now": timezone.now(),
    }
    try:
        if form.publishes:
            publish_held(pk, **told)
            messages.success(request, "Published. This version counts from now on.")
        else:
            discard_held(pk, **told)
            messages.success(request, "Discarded. The bill is as it was.")
    except Gone:
        messages.error(request, "Somebody was quicker: this version waits no longer.")
    except (Refused, MonthClosed) as refusal:
        form.add_error(None, f"{str(refusal)[:1].upper()}{str(refusal)[1:].rstrip('.')}.")
        return _page(request, pk, form, status=409)
    return redirect("bills-snapshot", pk=pk)


def _page(request: HttpRequest, pk: int, form: DecisionForm, status: int = 200) -> HttpResponse:
    found = reading.version(pk)
    if found is None:
        raise Http404("there is no such version of a bill")
    bill = found.snapshot
    is_held = bill.status == BillSnapshot.HELD
    context = {
        "bill": bill,
        "state": versions.state(bill),
        "form": form,
        "is_held": is_held,
        "closed": _closed(found) if is_held else None,
        "because": HELD_BECAUSE.get(bill.held_because, ""),
        "totals": versions.totals(bill),
        "diff": versions.diff(bill),
        "score": versions.scored(bill.score),
        "versions": [
            (each, versions.state(each))
            for each in sorted((bill, *found.others), key=attrgetter("version"), reverse=True)
        ],
        "has_rows": bill.status in {BillSnapshot.CURRENT, BillSnapshot.HELD},
    }
    return render(request, "pages/bills/snapshot.html", context, status=status)


def _closed(found: reading.Version) -> date | None:
    """Give the closed month that stands in the way of publishing a held version."""
    month = found.current.accounting_month if found.current else None
    return month if month in closed_months() else None


urlpatterns = [
    path("snapshots/", snapshots, name="bills-snapshots"),
    path("snapshots/<int:pk>/", one_snapshot, name="bills-snapshot"),
    path("snapshots/<int:pk>/decide/", decide, name="bills-decide"),
]
