"""Attribute history again: plan, look at the figures, apply, undo. Workers do the work."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.domain import display
from finops.domain.periods import day_start
from finops.models import Organization, Revaluation
from finops.revaluation.plan import cancel, queue_revaluation, request_apply
from finops.revaluation.scope import Scope
from finops.revaluation.undo import UndoRefused, undo_revaluation
from finops.waking import wake_refresh, wake_revaluations
from finops.web.attribution.asked import is_fragment, page_number, signature
from finops.web.attribution.forms import AgainForm, WhyForm
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


@needs(Right.SEE)
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a run: how far it is, what it would change, what it has changed."""
    return _page(request, _run(pk), WhyForm())


@require_POST
@needs(Right.CONNECT)
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a run to be applied."""
    try:
        request_apply(_run(pk), by=signature(request), now=timezone.now())
    except ValueError as error:
        messages.error(request, f"Nothing was changed: {error}.")
    else:
        wake_revaluations()
    return redirect("attribution-run", pk=pk)


@require_POST
@needs(Right.CONNECT)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what a run has changed, with a reason."""
    job, form = _run(pk), WhyForm(request.POST)
    if not form.is_valid():
        return _page(request, job, form, status=422)
    reason = form.cleaned_data["reason"]
    try:
        undo_revaluation(job, by=signature(request), now=timezone.now(), reason=reason)
    except UndoRefused as error:
        messages.error(request, f"Nothing was changed: {error}.")
    else:
        messages.success(request, "Undone. The calls carry the values that they had before.")
        wake_refresh()
    return redirect("attribution-run", pk=pk)


@require_POST
@needs(Right.CONNECT)
def give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a run, or drop its preview; nothing was changed by it."""
    try:
        cancel(_run(pk), now=timezone.now())
    except ValueError as error:
        messages.error(request, f"Nothing to stop: {error}.")
    return redirect("attribution-run", pk=pk)


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


def _run(pk: int) -> Revaluation:
    return get_object_or_404(_runs(), pk=pk)


def _page(request: HttpRequest, job: Revaluation, form: WhyForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "told": _told(job)}
    template = (
        "pages/attribution/_run.html" if is_fragment(request) else "pages/attribution/run.html"
    )
    return render(request, template, context, status=status)


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
