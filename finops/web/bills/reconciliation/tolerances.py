"""How far bill and calls may be apart before somebody has to look."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from finops.access.rights import Right
from finops.bills.words import provider_name
from finops.models import Reconciliation
from finops.reconciliation.tolerances import set_tolerance, unset_tolerance
from finops.reconciliation.tolerances import tolerances as all_tolerances
from finops.web.bills.reconciliation.forms import ToleranceForm
from finops.web.requests import text
from finops.web.rights import needs


@needs(Right.SEE, to_change=Right.SET_MONEY)
def tolerances(request: HttpRequest) -> HttpResponse:
    """Show what holds for whom, and let finance change it."""
    known = Reconciliation.objects.values_list("provider", flat=True).distinct()
    held = all_tolerances()
    providers = sorted({*known, *held} - {""})
    if request.method == "POST":
        form = ToleranceForm(request.POST, providers=providers)
        if form.is_valid():
            return _save(request, form)
        return _page(request, form, status=422)
    chosen = text(request, "provider", 200)
    start = held.get(chosen, held[""])._asdict() | {
        "provider": chosen if chosen in providers else ""
    }
    return _page(request, ToleranceForm(initial=start, providers=providers))


def _save(request: HttpRequest, form: ToleranceForm) -> HttpResponse:
    provider = form.cleaned_data["provider"]
    name = provider_name(provider) if provider else "All others"
    if "unset" in request.POST:
        unset_tolerance(provider, now=timezone.now())
        messages.success(request, f"{name}: no tolerance of its own any more.")
    else:
        set_tolerance(provider, form.tolerance, now=timezone.now())
        messages.success(request, f"Saved for {name}. Open months are judged by it from now on.")
    return redirect("bills-tolerances")


def _page(request: HttpRequest, form: ToleranceForm, status: int = 200) -> HttpResponse:
    held = all_tolerances()
    rows = [
        (provider, provider_name(provider) if provider else "All others", limits)
        for provider, limits in sorted(held.items())
    ]
    context = {"form": form, "rows": rows}
    return render(request, "pages/bills/reconciliation/tolerances.html", context, status=status)
