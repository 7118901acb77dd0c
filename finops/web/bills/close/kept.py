"""A closed month: its figures as they were kept, what its days come to today, and reopening."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.closing import listing
from finops.closing.closing import reopen, since, verify
from finops.closing.document import BASES, DIMENSIONS
from finops.closing.refusals import CloseRefused
from finops.domain.tabular import as_csv
from finops.models import MonthClose
from finops.web.answers import csv_answer
from finops.web.bills.close import words
from finops.web.bills.close.forms import ReopenForm
from finops.web.requests import signature, text
from finops.web.rights import needs

#: Rows of a dimension on the page; the CSV has all that were kept.
_SHOWN: Final = 50


@needs(Right.SEE)
def kept(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a close kept, and beside it what the same days come to now."""
    return _page(request, _close(pk))


@needs(Right.SEE)
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Send what a close kept as a table."""
    held = _close(pk)
    rows = [[*row, held.figures.get("currency", "")] for row in words.cells(held.figures)]
    name = f"closed-{held.month:%Y-%m}-v{held.version}"
    return csv_answer(as_csv(["what", "name", *BASES, "currency"], rows), name)


@needs(Right.SET_MONEY)
@require_POST
def reopening(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the month again."""
    held, form = _close(pk), ReopenForm(request.POST)
    if form.is_valid():
        try:
            if held.reopened_at is not None:
                raise CloseRefused("This version was reopened already.")
            reopen(
                held.month,
                by=signature(request),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except CloseRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{held.month:%B %Y} is open again, on record.")
            return redirect("bills-close")
    return _page(request, held, form=form, status=422)


def _close(pk: int) -> MonthClose:
    return get_object_or_404(MonthClose, pk=pk)


def _page(
    request: HttpRequest, held: MonthClose, *, form: ReopenForm | None = None, status: int = 200
) -> HttpResponse:
    listed = listing.months(now=timezone.now())
    by = text(request, "by", 20)
    dimension = by if by in DIMENSIONS else DIMENSIONS[0]
    rows = words.by_dimension(held.figures, dimension)
    may_reopen = held.reopened_at is None and listing.latest_closed(listed) == held.month
    context: dict[str, Any] = {
        "held": held,
        "figures": held.figures,
        "is_whole": verify(held),
        "since": [(words.BASIS_NAMES[each.basis], each) for each in since(held)],
        "items": words.kept_lines(held.checklist.get("items", [])),
        "dimension": dimension,
        "dimensions": DIMENSIONS,
        "rows": rows[:_SHOWN],
        "count": len(rows),
        "bases": list(words.BASIS_NAMES.values()),
        "reconciliation": [
            (row, words.money_of(row, "metered"), words.money_of(row, "billed"))
            for row in held.figures.get("reconciliation", [])
        ],
        "budgets": [
            (row, words.money_of(row, "actual"), words.money_of(row, "red"))
            for row in held.figures.get("budgets", [])
        ],
        "statements": [
            (row, *(words.money_of(row, name) for name in ("direct", "allocated", "unallocated")))
            for row in held.figures.get("shared_cost", [])
            if row.get("published")
        ],
        "posted": {
            name: words.money_of(held.figures, "posted", name)
            for name in held.figures.get("posted", {})
            if name != "charges"
        },
        "others": [each for month in listed if month.month == held.month for each in month.closes],
        "may_reopen": may_reopen,
        "form": form or ReopenForm(),
    }
    return render(request, "pages/bills/close/kept.html", context, status=status)
