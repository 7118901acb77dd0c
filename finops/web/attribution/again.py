"""Attribute history again: plan, look at the figures, apply, undo. Workers do the work."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from finops.access.rights import Right
from finops.domain import display
from finops.domain.periods import day_start
from finops.models import Organization, Revaluation
from finops.revaluation.plan import queue_revaluation
from finops.revaluation.scope import Scope
from finops.waking import wake_revaluations
from finops.web.attribution.forms import AgainForm
from finops.web.history import History
from finops.web.requests import page_number, signature
from finops.web.rights import needs

PER_PAGE: Final = 25
#: A run's state, its chip and its icon.
STATES: Final = {
    "queued": ("Waiting", "none", "stale"),
    "running": ("Working", "none", "stale"),
    "previewed": ("Preview", "warn", "warn"),
    "applied": ("Applied", "ok", "ok"),
    "undone": ("Undone", "none", "none"),
    "failed": ("Failed", "bad", "bad"),
    "cancelled": ("Dropped", "none", "none"),
}


@needs(Right.SEE, to_change=Right.CONNECT)
def again(request: HttpRequest) -> HttpResponse:
    """Plan a run, and list those that were."""
    form = AgainForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        job = _plan(form, by=signature(request))
        wake_revaluations()
        return redirect("attribution-run", pk=job.pk)
    page = Paginator(_runs(), PER_PAGE).get_page(page_number(request))
    context = {"form": form, "page": page, "rows": [_told(job) for job in page]}
    status = 422 if form.is_bound else 200
    return render(request, "pages/attribution/again.html", context, status=status)


def _plan(form: AgainForm, *, by: str) -> Revaluation:
    zone = Organization.current().zone
    since, until = (form.cleaned_data[name] for name in ("since", "until"))
    return queue_revaluation(
        parts=[Revaluation.ATTRIBUTION],
        scope=Scope(since=since and day_start(since, zone), until=until and day_start(until, zone)),
        now=timezone.now(),
        by=by,
        reason=form.cleaned_data["reason"],
    )


def _runs() -> QuerySet[Revaluation]:
    """Only runs that leave prices alone: pricing again is finance's."""
    runs = Revaluation.objects.on_record().filter(parts=[Revaluation.ATTRIBUTION])
    return runs.order_by("-pk")


def _told(job: Revaluation) -> dict[str, Any]:
    """Write a run for people: its state, its scope, its figures, and what can be done with it."""
    preview = job.preview
    changed = preview["changed_calls"] if preview else None
    return {
        "job": job,
        "state": STATES[job.state],
        "scope": _scope(job),
        "is_working": job.state in {"queued", "running"},
        "progress": (
            f"{display.counted(job.resume_point, 'call')} read so far."
            if job.resume_point
            else "A worker takes it up within seconds."
        ),
        "calls": (job.result or changed or {}).get("changed"),
        "cost": Decimal(changed["cost_after"]) if changed else None,
        "teams": _teams(preview) if preview else [],
        "can_apply": job.state == "previewed" and changed and changed["changed"] > 0,
        "can_undo": job.state == "applied",
        "passed_over": job.result.get("passed_over", 0) if job.result else 0,
    }


def _scope(job: Revaluation) -> str:
    zone = Organization.current().zone
    since, until = (
        instant and display.day(instant.astimezone(zone).date())
        for instant in (job.since, job.until)
    )
    if not since and not until:
        return "All calls"
    return "Calls" + (f" from {since}" if since else "") + (f" before {until}" if until else "")


def _teams(preview: dict[str, Any]) -> list[dict[str, Any]]:
    """Keep the teams that calls move to or from, with exact amounts; null stands for others."""
    return [
        {
            "team": row["team"],
            "groups": row.get("groups"),
            "calls_before": row["calls_before"],
            "calls_after": row["calls_after"],
            "cost_before": _amount(row["cost_before"]),
            "cost_after": _amount(row["cost_after"]),
        }
        for row in preview["teams"]
        if (row["calls_before"], row["cost_before"]) != (row["calls_after"], row["cost_after"])
    ]


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


HISTORY: Final = History(
    runs=_runs,
    right=Right.CONNECT,
    route="attribution-run",
    templates="pages/attribution",
    told=_told,
    undone="The calls carry the values that they had before.",
    reason_to_apply=False,
)
