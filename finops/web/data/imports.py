"""The record of imports: list, one import, its progress and its rejects; cancel, delete, again."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.bills.reading import versions_of_import
from finops.domain import display
from finops.domain.tabular import safe_cell
from finops.models import Source
from finops.waking import wake_imports, wake_refresh
from finops.web.bills.versions import state
from finops.web.data.permission import may_change, needs_its_right
from finops.web.data.room import told
from finops.web.data.words import (
    fates,
    noun_of,
    outcome_sentence,
    progress_sentence,
    state_of,
    statuses,
)
from finops.web.rights import needs
from ingest.deletion import cancel_import, delete_import, preview_deletion
from ingest.models import Import
from ingest.record import import_page
from ingest.rejects import rejects
from ingest.uploads import can_be_tried_again, queue_again

#: Rejected rows shown on a page; the downloads have all.
_SHOWN: Final = 50
KINDS: Final = (("files", "Files"), ("bills", "Bills"), ("pushes", "Pushed calls"))


def named(pk: int) -> Import:
    """Find an import. Raises Http404."""
    return get_object_or_404(Import.objects.select_related("source"), pk=pk)


@needs(Right.SEE)
def import_list(request: HttpRequest) -> HttpResponse:
    """List imports, newest first, page by page."""
    asked = {name: request.GET.get(name, "") for name in ("status", "source", "kind")}
    page = import_page(
        status=asked["status"] if asked["status"] in Import.STATUSES else "",
        source=asked["source"].replace("\0", ""),
        kind=asked["kind"],
        before=_number(request.GET.get("before", "")),
    )
    context = {
        "page": page,
        "jobs": told(page.jobs),
        "asked": asked,
        "statuses": statuses(),
        "kinds": KINDS,
        "sources": Source.objects.order_by("name").values_list("name", flat=True),
        "is_first": "before" not in request.GET,
    }
    return render(request, "pages/data/imports.html", context)


@needs(Right.SEE)
def one_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everything that is known of an import."""
    job = named(pk)
    rows = list(islice(rejects(pk), _SHOWN)) if job.rejected else []
    context = {
        **_shown(request, job),
        "rejects": rows,
        "counts": fates(job),
        "bills": [(each, state(each)) for each in versions_of_import(job.pk)[:_SHOWN]]
        if job.kind == Source.BILLING
        else [],
        "duration": (job.finished_at - job.started_at).total_seconds() * 1000
        if job.finished_at and job.started_at
        else None,
        "shows_fates": job.rows and not job.is_under_way,
        "can_be_deleted": not job.is_under_way and job.status != Import.DELETED,
        "can_be_tried_again": can_be_tried_again(job),
    }
    return render(request, "pages/data/import.html", context)


@needs(Right.SEE)
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far one import is, alone; once it has ended, its page is read again."""
    job = named(pk)
    answer = render(request, "pages/data/progress.html", _shown(request, job))
    if not job.is_under_way:
        answer.headers["HX-Refresh"] = "true"
    return answer


@needs(Right.SEE)
def import_rejects(request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
    """Send every rejected row as CSV or JSON lines, as they are read."""
    write = _FORMS.get(form)
    job = named(pk)
    if write is None:
        raise BadRequest("rejects are sent as csv or jsonl")
    kind = "text/csv" if form == "csv" else "application/jsonl"
    return StreamingHttpResponse(
        write(job.pk),
        content_type=f"{kind}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="rejects-of-import-{job.pk}.{form}"'
        },
    )


@needs_its_right
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop an import that waits or runs."""
    job = named(pk)
    try:
        runs = cancel_import(pk, now=timezone.now())
    except ValueError:
        job.refresh_from_db()
        if job.is_under_way:
            messages.warning(request, "It is becoming visible just now. Delete it when it is done.")
        else:
            messages.warning(request, f"It had ended already. {outcome_sentence(job)}")
    else:
        messages.success(
            request, "It stops at its next batch." if runs else "Cancelled. Nothing was imported."
        )
    return redirect("data-import", pk)


@needs_its_right
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what would go with an import, and let it go once that is confirmed."""
    job = named(pk)
    if job.is_under_way or job.status == Import.DELETED:
        words = "Cancel it instead." if job.is_under_way else "It is deleted already."
        messages.warning(request, words)
        return redirect("data-import", pk)
    if request.method != "POST":
        context = {"job": job, "doomed": preview_deletion(job), "noun": noun_of(job)}
        return render(request, "pages/data/delete.html", context)
    try:
        deleted = delete_import(pk, now=timezone.now(), by=_who(request))
    except ValueError as error:  # somebody was quicker
        messages.warning(request, f"Not deleted: {error}.")
    else:
        wake_refresh()
        noun = noun_of(job)
        kept = f" {display.counted(deleted.kept, noun)} stayed." if deleted.kept else ""
        messages.success(request, f"Deleted. {display.counted(deleted.removed, noun)} went.{kept}")
    return redirect("data-import", pk)


@needs_its_right
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Import the file of a failed upload once more."""
    job = named(pk)
    if not can_be_tried_again(job):
        messages.warning(request, "Its file is no longer here. Send it again.")
        return redirect("data-import", pk)
    try:
        new = queue_again(job, {}, now=timezone.now(), by=_who(request))
    except FileNotFoundError:
        messages.warning(request, "Its file is no longer here. Send it again.")
        return redirect("data-import", pk)
    wake_imports()
    messages.success(request, "Started again, as an import of its own.")
    return redirect("data-import", new.pk)


def _shown(request: HttpRequest, job: Import) -> dict[str, Any]:
    return {
        "job": job,
        "is_bill": job.kind == Source.BILLING,
        "may_change": may_change(request, job),
        "state": state_of(job),
        "told": progress_sentence(job) if job.is_under_way else outcome_sentence(job),
    }


def _who(request: HttpRequest) -> str:
    return request.user.get_username()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


class _Echo:
    """A file that gives back what is written to it, so that rows are sent as they are made."""

    def write(self, text: str) -> str:
        return text


def _csv(import_id: int) -> Iterator[str]:
    writer = csv.writer(_Echo(), lineterminator="\n")
    columns = ("line", "reason", "field", "raw")
    yield writer.writerow(columns)
    for row in rejects(import_id):
        yield writer.writerow([safe_cell(row[name]) for name in columns])


def _jsonl(import_id: int) -> Iterator[str]:
    for row in rejects(import_id):
        yield json.dumps(row, ensure_ascii=False) + "\n"


_FORMS: Final[dict[str, Callable[[int], Iterator[str]]]] = {"csv": _csv, "jsonl": _jsonl}
