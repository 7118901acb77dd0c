"""Uploaded drivers: what there is, and a sheet that is looked at row by row before it is saved."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from finops.access.rights import Right
from finops.allocation import drivers as sheets
from finops.allocation.drivers import ACTIONS, DriverPlan
from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.domain import display
from finops.months.closed import MonthClosed
from finops.web.answers import csv_answer
from finops.web.requests import signature, text
from finops.web.rights import needs
from finops.web.small_files import SmallFile, text_of

#: Rows that the page shows; the counts are of all.
LISTED: Final = 500


@csrf_exempt  # _receive checks the token, once the file has somewhere to go
@needs(Right.SEE, to_change=Right.SET_MONEY)
def drivers(request: HttpRequest) -> HttpResponse:
    """Show the drivers; take a sheet and show what it would do, or save what was looked at."""
    if request.method != "POST":
        return _page(request)
    handler = SmallFile(request, limit=sheets.MOST_BYTES)
    request.upload_handlers = [handler]
    try:
        return _receive(request, handler)
    except (MultiPartParserError, UnreadablePostError):
        return _page(request, problem="The upload broke off. Send the file again.", status=400)


@csrf_protect
def _receive(request: HttpRequest, handler: SmallFile) -> HttpResponse:
    name = request.POST.get("driver", "")[: sheets.LONGEST_NAME + 1]  # reading calls the handler
    try:
        data = _given(request, handler)
        if request.POST.get("do") == "save":
            return _saved(request, name, data)
        plan = sheets.plan(name, data)
    except (Refused, MonthClosed) as error:
        return _page(request, name=name, problem=str(error), status=422)
    return _page(request, name=plan.name, plan=plan, sheet=text_of(data))


@needs(Right.SEE)
def driver_sheet(request: HttpRequest) -> HttpResponse:
    """Give a driver's values as a sheet, or an example."""
    return csv_answer(sheets.driver_csv(text(request, "name", sheets.LONGEST_NAME)), "driver")


def _given(request: HttpRequest, handler: SmallFile) -> bytes:
    """Give the sheet: the file, or the text that the preview carries."""
    if handler.is_large:
        raise Refused(f"The file is larger than {sheets.MOST_BYTES // 1_000_000} MB. Split it.")
    given = request.POST.get("sheet", "")
    if handler.data is None and not given:
        raise Refused("Choose a file.")
    return bytes(handler.data) if handler.data is not None else given.encode()


def _saved(request: HttpRequest, name: str, data: bytes) -> HttpResponse:
    looked = request.POST.get("looked", "")[:64]
    try:
        done = sheets.save(name, data, looked=looked, now=timezone.now(), by=signature(request))
    except ChangedMeanwhile:
        problem = "Somebody changed this driver meanwhile. Upload the sheet again."
        return _page(request, name=name, problem=problem, status=422)
    values = display.counted(sum(row.value is not None for row in done.rows), "value")
    messages.success(request, f"Saved. {done.name} has {values} in these months.")
    return redirect("drivers")


def _page(
    request: HttpRequest,
    *,
    name: str = "",
    plan: DriverPlan | None = None,
    sheet: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    counts = [f"{count:,} {each}" for each in ACTIONS if plan and (count := plan.count(each))]
    context = {
        "known": sheets.known_drivers(),
        "name": name,
        "plan": plan,
        "rows": plan.rows[:LISTED] if plan else [],
        "more": max(len(plan.rows) - LISTED, 0) if plan else 0,
        "counts": ", ".join(counts),
        "sheet": sheet,
        "problem": problem,
        "most_rows": sheets.MOST_ROWS,
    }
    return render(request, "pages/bills/shared/drivers.html", context, status=status)
