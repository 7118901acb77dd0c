"""What is missing: calls without a price, and rows that could not be read."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from finops.access.rights import Right
from finops.models import Organization, Source
from finops.rollups.unpriced import LIMIT, unpriced_groups
from finops.web.data.words import REASONS
from finops.web.rights import needs
from ingest.rejects import NEWEST, reject_groups

#: Days that can be looked back; the calls themselves are read, so more days take longer.
PERIODS: Final = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}


@needs(Right.SEE)
def unpriced(request: HttpRequest) -> HttpResponse:
    """Group calls without a price by what would have to be priced."""
    days = request.GET.get("days", "")
    days = days if days in PERIODS else "7"
    today = timezone.now().astimezone(Organization.current().zone).date()
    groups = unpriced_groups(today - timedelta(days=int(days) - 1))
    context = {
        "groups": [(group, REASONS.get(group.reason, group.reason)) for group in groups],
        "calls": sum(group.measures.calls for group in groups),
        "is_cut": len(groups) == LIMIT,
        "days": days,
        "periods": PERIODS,
        "period": PERIODS[days],
    }
    return render(request, "pages/data/unpriced.html", context)


@needs(Right.SEE)
def rejected(request: HttpRequest) -> HttpResponse:
    """Group the newest rejected rows by their cause."""
    name = request.GET.get("source", "").replace("\0", "")
    source = Source.objects.filter(name=name).first() if name else None
    groups = reject_groups(source.pk if source else 0)
    context = {
        "groups": groups,
        "rows": sum(group.rows for group in groups),
        "newest": NEWEST,
        "sources": Source.objects.order_by("name").values_list("name", flat=True),
        "chosen": source.name if source else "",
    }
    return render(request, "pages/data/rejects.html", context)
