"""The first page of the Data room: can I trust today's numbers?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from finops.access.rights import Right
from finops.domain import display
from finops.models import Organization
from finops.rollups.activity import activity
from finops.rollups.queries import complete_to
from finops.rollups.refresh import is_fresh
from finops.sql import snapshot
from finops.web.data.bills import bill_health
from finops.web.data.health import days_shown, source_health
from finops.web.data.words import freshness_story, progress_sentence, state_of
from finops.web.rights import needs
from ingest.models import Import
from ingest.record import deliveries, recent_files, running

_WEEK = timedelta(days=7)


@needs(Right.SEE)
def room(request: HttpRequest) -> HttpResponse:
    """Show how complete the numbers are, source by source, and what runs."""
    now = timezone.now()
    with snapshot() as cursor:
        zone = Organization.current().zone
        today = now.astimezone(zone).date()
        reached, fresh = complete_to(cursor), is_fresh()
        brought = deliveries(now - _WEEK)
        sources = source_health(activity(now), brought, now=now, today=today)
        recent = recent_files()
        bills = bill_health(now)
    silent = [row.source.name for row in sources if row.state.kind == "stale"]
    context = {
        "story": freshness_story(
            reached,
            moment=display.moment(reached, zone, weekday=True) if reached else "",
            is_fresh=fresh,
            silent=silent,
        ),
        "complete_to": reached,
        "sources": sources,
        "bills": bills,
        "days": days_shown(today),
        "recent": told(recent),
        "example_time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "push_address": request.build_absolute_uri(reverse("api-calls")),
        **_running(),
    }
    return render(request, "pages/data/room.html", context)


@needs(Right.SEE)
def running_imports(request: HttpRequest) -> HttpResponse:
    """Show what runs, alone; once nothing does, the page around it is read again."""
    context = _running()
    answer = render(request, "pages/data/running.html", context)
    if not context["is_live"]:
        answer.headers["HX-Refresh"] = "true"
    return answer


def told(jobs: list[Import]) -> list[dict[str, Any]]:
    """Pair imports with what is said of them."""
    return [{"job": job, "state": state_of(job), "told": progress_sentence(job)} for job in jobs]


def _running() -> dict[str, Any]:
    jobs = running()
    # What waits for a person may wait for hours; nobody has to look every two seconds.
    return {"running": told(jobs), "is_live": not all(job.waits for job in jobs)}
