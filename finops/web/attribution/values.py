"""Names and owners: the values of a dimension by spend, and what people say about each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.change_log import history
from finops.access.rights import Right
from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.attribution.values import (
    archive,
    bring_back,
    describe,
    find,
    merge,
    spellings,
    unmerge,
    version,
)
from finops.models import DimensionValue, Organization
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.rollups.values import activity, list_values
from finops.web.attribution.forms import DescriptionForm, MergeForm
from finops.web.requests import page_number, text, who_was_quicker
from finops.web.rights import needs

PER_PAGE: Final = 50
#: Days of the shorter of the two periods that the list offers.
DAYS: Final = 30
#: Targets that a merge suggests, the dearest; any other can be typed.
_SUGGESTED: Final = 200

OfOneValue = Callable[[HttpRequest, DimensionValue], HttpResponse]


@needs(Right.SEE)
def values(request: HttpRequest) -> HttpResponse:
    """List the values of a dimension, dearest first; archived ones only when asked for."""
    asked = text(request, "dimension", 20)
    dimension = asked if asked in NAMED_DIMENSIONS else NAMED_DIMENSIONS[0]
    everything = text(request, "period", 3) == "all"
    wanted: dict[str, Any] = {
        "since": None if everything else _first_day(),
        "search": text(request, "q", 200),
        "archived": "archived" in request.GET,
    }
    number = page_number(request)
    rows, count = list_values(dimension, **wanted, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    if not rows and number > 1:
        number = 1
        rows, count = list_values(dimension, **wanted, limit=PER_PAGE)
    context = wanted | {
        "dimension": dimension,
        "dimensions": NAMED_DIMENSIONS,
        "everything": everything,
        "rows": [(row, _address(dimension, row.value)) for row in rows],
        "count": count,
        "page": Paginator(range(count), PER_PAGE).page(number),
        "days": DAYS,
    }
    return render(request, "pages/attribution/values.html", context)


def _of_one_value(view: OfOneValue) -> Callable[[HttpRequest, str], HttpResponse]:
    """Find the value that ``?value=`` names: 404 for one that nobody sent or described."""

    @wraps(view)
    def found(request: HttpRequest, dimension: str) -> HttpResponse:
        try:
            described = find(dimension, request.GET.get("value", ""))
        except Refused as error:
            raise Http404(str(error)) from error
        if not described.pk and not activity(dimension, [described.value]).calls:
            raise Http404("no call has this value")
        return view(request, described)

    return found


@needs(Right.SEE, to_change=Right.CONNECT)
@_of_one_value
def one(request: HttpRequest, described: DimensionValue) -> HttpResponse:
    """Show a value with its spend, and take its name and owners."""
    if request.method != "POST":
        return _page(request, described, _description(described))
    form = DescriptionForm(request.POST, described=described)
    if not form.is_valid():
        return _page(request, described, form, status=422)
    try:
        describe(described.dimension, described.value, **form.cleaned_data)
    except Refused as error:
        form.add_error("display_name", str(error))
        return _page(request, described, form, status=422)
    except ChangedMeanwhile:
        return _overtaken(request, described, form)
    messages.success(request, "Saved. Every page shows the new name and owners.")
    return _back_to(described)


@require_POST
@needs(Right.CONNECT)
@_of_one_value
def archiving(request: HttpRequest, described: DimensionValue) -> HttpResponse:
    """Archive a value, or bring it back."""
    dimension, value = described.dimension, described.value
    try:
        if request.POST.get("do") == "back":
            bring_back(dimension, value)
            messages.success(request, "Saved. It is back in every list.")
        else:
            archive(dimension, value, now=timezone.now())
            messages.success(request, "Saved. It is archived. Its history stays.")
    except Refused as error:
        messages.error(request, str(error))
    return _back_to(described)


@needs(Right.CONNECT)
@_of_one_value
def merging(request: HttpRequest, described: DimensionValue) -> HttpResponse:
    """Choose what a value is read as, see what moves, then save."""
    dimension, value = described.dimension, described.value
    asked = request.POST if request.method == "POST" else request.GET
    form = MergeForm(asked if "into" in asked else None)
    target = _target(form, described)
    if request.method == "POST" and target is not None:
        try:
            read_as = merge(dimension, value, into=target.value)
        except Refused as error:
            form.add_error("into", str(error))
        else:
            messages.success(request, f"Saved. {value} is read as {read_as.value} everywhere.")
            return _back_to(read_as)
    moving = spellings(dimension, value) if described.merged_into_id is None else [value]
    context = {
        "form": form,
        "described": described,
        "address": _address(dimension, value),
        "target": target,
        "targets": _targets(described),
        "moving": activity(dimension, moving),
        "along": moving[1:],
        "before": target and activity(dimension, spellings(dimension, target.value)),
        "query": urlencode({"value": value}),
    }
    status = 422 if form.errors else 200
    return render(request, "pages/attribution/merge.html", context, status=status)


@require_POST
@needs(Right.CONNECT)
@_of_one_value
def unmerging(request: HttpRequest, described: DimensionValue) -> HttpResponse:
    """Read a value as itself again."""
    unmerge(described.dimension, described.value)
    messages.success(request, f"Saved. {described.value} is read as itself again.")
    return _back_to(described)


def _page(
    request: HttpRequest, described: DimensionValue, form: DescriptionForm, status: int = 200
) -> HttpResponse:
    dimension, value = described.dimension, described.value
    stored = [value] if described.merged_into_id else spellings(dimension, value)
    context = {
        "described": described,
        "form": form,
        "activity": activity(dimension, stored),
        "merged": [
            (each, _address(dimension, each), urlencode({"value": each})) for each in stored[1:]
        ],
        "target": described.merged_into and _address(dimension, described.merged_into.value),
        "query": urlencode({"value": value}),
        "costs": f"/costs/?{urlencode({'by': 'model', dimension: value})}",
        "history": history(described),
    }
    return render(request, "pages/attribution/value.html", context, status=status)


def _overtaken(
    request: HttpRequest, described: DimensionValue, form: DescriptionForm
) -> HttpResponse:
    stored = find(described.dimension, described.value)
    again = DescriptionForm(
        {**form.data.dict(), "seen": version(stored)},  # type: ignore[attr-defined]  # a QueryDict
        described=stored,
    )
    again.add_error(
        None, f"{who_was_quicker(stored)} Your values are below. Save again to replace theirs."
    )
    return _page(request, stored, again, status=409)


def _description(described: DimensionValue) -> DescriptionForm:
    return DescriptionForm(
        described=described,
        initial={
            "display_name": described.display_name,
            "business_owner": described.business_owner_id,
            "technical_owner": described.technical_owner_id,
            "seen": version(described),
        },
    )


def _target(form: MergeForm, described: DimensionValue) -> DimensionValue | None:
    """Find the value that is chosen; the form says why when it cannot be."""
    if not form.is_bound or not form.is_valid():
        return None
    into = form.cleaned_data["into"]
    try:
        target = find(described.dimension, into)
    except Refused as error:
        form.add_error("into", str(error))
        return None
    if not target.pk and not activity(target.dimension, [into]).calls:
        form.add_error("into", "No call has this value. Check how it is written.")
        return None
    final = target.merged_into or target
    if final.value == described.value:
        form.add_error("into", "It is read as this value already. Choose another one.")
        return None
    return final


def _targets(described: DimensionValue) -> list[tuple[str, str]]:
    rows, _ = list_values(described.dimension, limit=_SUGGESTED)
    return [(row.value, row.display_name) for row in rows if row.value != described.value]


def _first_day() -> date:
    today = timezone.now().astimezone(Organization.current().zone).date()
    return today - timedelta(days=DAYS - 1)


def _address(dimension: str, value: str) -> str:
    """Name a value in the query string: it may hold slashes and anything else."""
    return f"{reverse('value', args=[dimension])}?{urlencode({'value': value})}"


def _back_to(described: DimensionValue) -> HttpResponse:
    return redirect(_address(described.dimension, described.value))
