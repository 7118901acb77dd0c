"""The sources: what each one's word is worth, and new ones."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from finops.access.rights import Right
from finops.models import BillSnapshot, Source
from finops.waking import wake_refresh
from finops.web.data.forms import SourceForm
from finops.web.rights import needs


@needs(Right.SEE)
def source_list(request: HttpRequest) -> HttpResponse:
    """List the sources of calls with their settings and keys, and those of bills."""
    keys = Count("keys", filter=Q(keys__revoked_at=None))
    calls = Source.objects.filter(kind=Source.USAGE).annotate(working_keys=keys)
    current = Q(bill_snapshots__status=BillSnapshot.CURRENT)
    accounts = Count("bill_snapshots__billing_account_id", filter=current, distinct=True)
    newest = Max("bill_snapshots__published_at", filter=current)
    bills = Source.objects.filter(kind=Source.BILLING)
    context = {
        "sources": calls.order_by("name"),
        "bills": bills.annotate(accounts=accounts, newest=newest).order_by("name"),
    }
    return render(request, "pages/data/sources.html", context)


@needs(Right.CONNECT)
def add_source(request: HttpRequest) -> HttpResponse:
    """Make a source before its first call comes."""
    return _form(request, None)


@needs(Right.CONNECT)
def edit_source(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a source's word is worth."""
    return _form(request, get_object_or_404(Source, pk=pk))


def _form(request: HttpRequest, source: Source | None) -> HttpResponse:
    if request.method == "POST":
        form = SourceForm(request.POST, source=source)
        if form.is_valid():
            return _saved(request, moved=form.save())
    else:
        form = SourceForm(source=source, initial=_initial(source))
    context = {"form": form, "source": source}
    return render(request, "pages/data/source.html", context, status=422 if form.errors else 200)


def _initial(source: Source | None) -> dict[str, str]:
    if source is None:
        return {"role": Source.METER, "counts": Source.COMPUTED}
    return {"role": source.role, "counts": source.counts, "time_zone": source.time_zone}


def _saved(request: HttpRequest, *, moved: bool) -> HttpResponse:
    if moved:
        wake_refresh()
    more = " Every total is being added up again." if moved else ""
    messages.success(request, f"Saved.{more}")
    return redirect("data-sources")
