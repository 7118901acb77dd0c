"""The bills of a month: what each provider charged, and how far it is to be relied on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from finops.access.rights import Right
from finops.figures.bills import ai_on_bills
from finops.insights.bills import BillMonth, BillQuestion, bill_month, read_bill_question
from finops.models import Organization
from finops.sql import snapshot
from finops.web.bills import words
from finops.web.rights import needs


@needs(Right.SEE)
def bills(request: HttpRequest) -> HttpResponse:
    """Show the bills of a month, what waits, and AI on the bills of the last months."""
    question = asked(request, now=timezone.now())
    with snapshot():
        seen = bill_month(question)
        figure = ai_on_bills(question) if seen.months else None
    return render(request, "pages/bills/bills.html", _context(seen, figure))


def asked(request: HttpRequest, *, now: datetime) -> BillQuestion:
    """Read the month from the address. Raises BadRequest (400) for one that makes no sense."""
    try:
        return read_bill_question(
            dict(request.GET.lists()), now=now, organization=Organization.current()
        )
    except ValueError as error:
        raise BadRequest(str(error)) from error


def _context(seen: BillMonth, figure: Any) -> dict[str, Any]:
    question = seen.question
    return {
        "question": question,
        "seen": seen,
        "figure": figure,
        "months": words.month_choices(seen.months, question.month),
        "story": words.story(seen),
        "kpis": words.kpis(seen),
        "rows": [words.row(bill, seen) for bill in seen.bills],
        "total_before": seen.before.billed if seen.is_comparable else None,
        "aprils": words.aprils(seen),
        "kinds": words.kinds(seen),
        "warnings": words.warnings(seen),
    }


urlpatterns = [path("", bills, name="bills")]
