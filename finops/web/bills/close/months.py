"""The months, the checklist of the one that is next, and closing it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.allocation.report import parse_month
from finops.closing import listing
from finops.closing.closing import Preparation, close, prepare
from finops.closing.late import late_postings
from finops.closing.listing import CLOSED, Month
from finops.closing.refusals import CloseRefused
from finops.domain.tabular import as_csv
from finops.sql import snapshot
from finops.web.answers import csv_answer
from finops.web.bills.close import words
from finops.web.bills.close.forms import CloseForm
from finops.web.requests import signature, text
from finops.web.rights import needs

#: Late postings on the page; the CSV has more.
_SHOWN: Final = 30
_LATE: Final = ("posted_to", "month", "kind", "name", "what", "amount")


@needs(Right.SEE)
def months(request: HttpRequest) -> HttpResponse:
    """List the months, with the checklist of one that is open: the next, or the one asked for."""
    return _page(request, _asked(request))


@needs(Right.SET_MONEY)
@require_POST
def closing(request: HttpRequest) -> HttpResponse:
    """Close the month that was looked at."""
    form = CloseForm(request.POST.copy())
    if not form.is_valid():
        month = form.cleaned_data.get("month")
        return _page(request, month, form=form, status=422)
    told = form.cleaned_data
    try:
        made = close(
            told["month"],
            by=signature(request),
            reason=told["reason"],
            now=timezone.now(),
            seen=told["seen"],
        )
    except CloseRefused as error:
        form.add_error(None, str(error))
        return _page(request, told["month"], form=form, status=422)
    messages.success(request, f"{made.month:%B %Y} is closed. Its figures are kept.")
    return redirect("bills-closed", pk=made.pk)


@needs(Right.SEE)
def late_sheet(request: HttpRequest) -> HttpResponse:
    """Send what was posted late as a table."""
    rows = [
        (
            f"{each.posted_to:%Y-%m}",
            f"{each.month:%Y-%m}",
            each.kind,
            each.name,
            each.what,
            each.amount,
        )
        for each in late_postings()
    ]
    return csv_answer(as_csv(_LATE, rows), "posted-late")


def _asked(request: HttpRequest) -> date | None:
    try:
        return parse_month(text(request, "month", 7))
    except ValueError:
        return None


def _page(
    request: HttpRequest, asked: date | None, *, form: CloseForm | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    with snapshot():
        listed, late = listing.months(now=now), late_postings()
        month = _chosen(listed, asked)
        looked = prepare(month, now=now) if month else None
    context: dict[str, Any] = {
        "months": [(each, *words.STATES[each.state]) for each in listed],
        "latest": listing.latest_closed(listed),
        "month": month,
        "late": [(each, words.late_link(each)) for each in late[:_SHOWN]],
        "late_count": len(late),
    }
    if looked and month:
        context |= {
            "items": words.lines(looked.checklist),
            "looked": looked,
            "amounts": words.named(looked.totals),
            "form": _form(form, looked),
        }
    return render(request, "pages/bills/close/months.html", context, status=status)


def _chosen(listed: Sequence[Month], asked: date | None) -> date | None:
    """Give the month whose checklist is shown: an open one that was asked for, else the next."""
    open_ones = {each.month for each in listed if each.state != CLOSED}
    return asked if asked in open_ones else listing.next_to_close(listed)


def _form(given: CloseForm | None, looked: Preparation) -> CloseForm:
    """Give the form for what is shown now; what somebody wrote stays in it."""
    key = f"{looked.checklist.month:%Y-%m}"
    form = given or CloseForm(initial={"month": key, "seen": looked.seen})
    if given is not None:
        assert isinstance(given.data, QueryDict)  # a copy of what was posted
        given.data["close-month"], given.data["close-seen"] = key, looked.seen
    form.fields["reason"].required = looked.checklist.needs_a_reason
    return form
