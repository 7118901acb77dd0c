"""Other names of models: this name is that model."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from finops.access.rights import Right
from finops.models import Price
from finops.pricing.names import NameRefused, add_name, names_by_hand, remove_name
from finops.web.fields import WhyForm
from finops.web.prices.forms import NameForm
from finops.web.requests import signature, text
from finops.web.rights import needs

PER_PAGE: Final = 50


@needs(Right.SEE, to_change=Right.SET_MONEY)
def names(request: HttpRequest) -> HttpResponse:
    """List the names that people have given, and take another."""
    if request.method == "POST":
        form = NameForm(request.POST)
        if form.is_valid() and _add(form, request):
            return redirect("prices-names")
    else:
        given = {name: text(request, name, 500) for name in ("provider", "name", "model")}
        form = NameForm(initial=given)
    page = Paginator(names_by_hand(), PER_PAGE).get_page(text(request, "page", 9))
    providers = Price.objects.values_list("provider", flat=True).distinct().order_by("provider")
    context = {"form": form, "page": page, "providers": providers}
    status = 422 if form.is_bound else 200
    return render(request, "pages/prices/names.html", context, status=status)


@needs(Right.SEE, to_change=Right.SET_MONEY)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, then take a name back."""
    alias = get_object_or_404(names_by_hand(), pk=pk)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        remove_name(alias, by=signature(request), reason=form.cleaned_data["reason"])
        messages.success(request, f"Removed. “{alias.pattern}” is a name of its own again.")
        return redirect("prices-names")
    status = 422 if form.is_bound else 200
    context = {"form": form, "alias": alias}
    return render(request, "pages/prices/name_remove.html", context, status=status)


def _add(form: NameForm, request: HttpRequest) -> bool:
    values = form.cleaned_data
    try:
        alias = add_name(**values, by=signature(request))
    except NameRefused as error:
        form.add_error(error.field, str(error))
        return False
    messages.success(
        request,
        f"Saved. “{alias.pattern}” is {alias.model} for new calls."
        " Price again to change the calls that are there.",
    )
    return True
