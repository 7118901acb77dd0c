"""Taking files from people: the right and the size are checked before the body is read."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from finops.access.rights import Right, may
from finops.models import Source
from finops.waking import wake_imports
from finops.web.data.forms import UploadForm
from finops.web.data.receiving import FIELD, LAST_FIELD, ToDisk
from finops.web.rights import needs
from ingest.bill_trial import kind_of
from ingest.models import Import
from ingest.record import used_mappings
from ingest.trial import is_recognised
from ingest.uploads import DiskFull, TooLarge, UploadRefused, check_size, queue_upload, size_label

_CUT: Final = "The upload broke off before its end. Nothing was kept. Send the file again."
_NO_BILL: Final = "This is no bill that Costline knows. Engineering can import it."
#: Bytes that a form may hold around its file.
_MARGIN: Final = 1024 * 1024
_STATUS: Final = {
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    DiskFull: HTTPStatus.INSUFFICIENT_STORAGE,
}


@csrf_exempt  # _receive checks the token, once the file has somewhere to go
@needs(Right.IMPORT_BILLS)  # whoever may import calls may import bills
def upload(request: HttpRequest) -> HttpResponse:
    """Show the form, or take a file: streamed to disk, whole or not at all."""
    if request.method != "POST":
        return _page(request, _form(request))
    try:
        # Multipart adds a little; what is exactly at the limit is for the handler to judge.
        check_size(_announced(request) - _MARGIN)
    except UploadRefused as refusal:
        return _refused(request, refusal)
    receiver = ToDisk(request)
    request.upload_handlers = [receiver]
    try:
        return _receive(request, receiver)
    except (MultiPartParserError, UnreadablePostError):
        return _answer(request, _form(request), _CUT, HTTPStatus.BAD_REQUEST)
    finally:
        receiver.close()


@csrf_protect
def _receive(request: HttpRequest, receiver: ToDisk) -> HttpResponse:
    """Read the body, file and all, and queue its import."""
    form = _form(request, request.POST)
    if receiver.refusal is not None:
        return _refused(request, receiver.refusal)
    if receiver.part is None:
        return _answer(request, form, "Choose a file.")
    if LAST_FIELD not in request.POST:
        return _answer(request, form, _CUT, HTTPStatus.BAD_REQUEST)
    if not form.is_valid():
        return _answer(request, form)
    kind = kind_of(str(receiver.part.path), options=form.options)
    if kind != Source.BILLING and not may(request.user, Right.CONNECT):
        return _answer(request, form, _NO_BILL, HTTPStatus.FORBIDDEN)
    return _started(request, _queue(request, receiver, form, kind))


def _queue(request: HttpRequest, receiver: ToDisk, form: UploadForm, kind: str) -> Import:
    """Write the upload down; a bill waits until somebody has seen what it comes to."""
    part = receiver.part
    assert part is not None  # _receive asked
    is_unknown = form.finds_out and not is_recognised(part.path)
    return queue_upload(
        part,
        form.options,
        # Scripts name the file in a field: names that are long in bytes fit no header.
        label=request.POST.get("name") or receiver.name,
        now=timezone.now(),
        by=request.user.get_username(),
        waits=kind == Source.BILLING or form.asks_for_columns or is_unknown,
        kind=kind or Source.USAGE,
    )


def _form(request: HttpRequest, data: Any = None) -> UploadForm:
    """Make the form; whoever may import bills alone is offered nothing else."""
    bills_alone = not may(request.user, Right.CONNECT)
    return UploadForm(data, mappings=used_mappings(), bills_alone=bills_alone)


def _started(request: HttpRequest, job: Import) -> HttpResponse:
    if job.waits and job.kind == Source.BILLING:
        messages.info(request, f"Received {job.label}. Look at what it comes to.")
        there = reverse("data-bill", args=[job.pk])
    elif job.waits:
        messages.info(request, f"Received {job.label}. Say what its columns mean.")
        there = reverse("data-mapping", args=[job.pk])
    else:
        wake_imports()
        messages.success(request, f"Received {job.label}. Its import has started.")
        there = reverse("data-import", args=[job.pk])
    if _by_script(request):
        return JsonResponse({"next": there}, status=HTTPStatus.CREATED)
    return redirect(there)


def _refused(request: HttpRequest, refusal: UploadRefused) -> HttpResponse:
    form = _form(request)
    return _answer(request, form, str(refusal), _STATUS[type(refusal)])


def _answer(
    request: HttpRequest,
    form: UploadForm,
    error: str = "",
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HttpResponse:
    """Show the form again, with what was typed and what is wrong."""
    if error:
        form.is_bound = True
        form.full_clean()
        form.errors.clear()
        form.add_error(FIELD, error)
    if _by_script(request):
        wrong = [message for found in form.errors.values() for message in found]
        return JsonResponse({"errors": wrong}, status=status)
    return _page(request, form, status)


def _page(
    request: HttpRequest, form: UploadForm, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "sources": Source.objects.order_by("name").values_list("name", flat=True),
        "bills_alone": not may(request.user, Right.CONNECT),
        "limit": settings.UPLOAD_LIMIT,
        "limit_label": size_label(settings.UPLOAD_LIMIT),
        "last_field": LAST_FIELD,
    }
    return render(request, "pages/data/upload.html", context, status=status)


def _announced(request: HttpRequest) -> int:
    """Give the length of the body as its sender announces it; 0 where nobody says it."""
    length = request.META.get("CONTENT_LENGTH") or ""
    return int(length) if length.isdecimal() else 0


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")
