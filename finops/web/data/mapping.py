"""Say what the columns of an uploaded file mean, and see what becomes of its first rows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from finops.access.rights import Right
from finops.domain.periods import zone_named
from finops.models import Source
from finops.waking import wake_imports
from finops.web.data.forms import MappingForm, initial_of
from finops.web.data.imports import named
from finops.web.rights import needs
from ingest.models import Import
from ingest.source_format import ImportFailed, ReadOptions
from ingest.trial import TRIED, Trial, guess, look, try_mapping
from ingest.uploads import can_be_tried_again, queue_again, release


@needs(Right.CONNECT)
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the start of the file and the form; try a mapping, or import with it."""
    job = named(pk)
    if not job.waits and not can_be_tried_again(job):
        messages.warning(request, "This file needs no answer any more.")
        return redirect("data-import", pk)
    try:
        seen = look(job.path)
    except (ImportFailed, OSError) as error:
        messages.warning(request, f"The file cannot be read: {error}.".replace(job.path, job.label))
        return redirect("data-import", pk)
    if request.method == "POST":
        form = MappingForm(request.POST, columns=seen.columns)
    else:
        form = MappingForm(columns=seen.columns, initial=_initial(job, guess(seen.columns)))
    trial = _trial(job, form) if form.is_bound and form.is_valid() else None
    if trial and trial.calls and "import" in request.POST:
        return _start(request, job, form.mapping)
    if trial and not trial.calls:
        form.add_error(None, f"None of the first {trial.rows} rows becomes a call.")
    context = {"job": job, "look": seen, "form": form, "trial": trial, "tried": TRIED}
    return render(request, "pages/data/mapping.html", context, status=422 if form.errors else 200)


def _initial(job: Import, guessed: dict[str, str]) -> dict[str, Any]:
    """Begin with the mapping that was tried before, else with what the names suggest."""
    tried = job.options.get("mapping")
    return initial_of(tried if isinstance(tried, dict) else guessed)


def _trial(job: Import, form: MappingForm) -> Trial | None:
    source = Source.objects.filter(name=job.options.get("source") or "mapped").first()
    options = ReadOptions(
        now=job.created_at,
        defaults=job.options.get("set") or {},
        time_zone=zone_named(source.time_zone) if source and source.time_zone else None,
    )
    try:
        return try_mapping(job.path, form.mapping, options)
    except ValueError as error:
        form.add_error(None, f"This cannot be used: {error}.")
    except (ImportFailed, OSError) as error:
        form.add_error(None, f"The file cannot be read: {error}.".replace(job.path, job.label))
    return None


def _start(request: HttpRequest, job: Import, mapping: dict[str, Any]) -> HttpResponse:
    options = {"mapping": mapping, "format": "mapped"}
    if job.waits:
        if not release(job, options):
            messages.warning(request, "Somebody else has answered already.")
            return redirect("data-import", job.pk)
        started = job
    else:
        who = request.user.get_username()
        started = queue_again(job, options, now=timezone.now(), by=who)
    wake_imports()
    messages.success(request, "The import has started.")
    return redirect("data-import", started.pk)
