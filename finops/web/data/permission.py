"""Who may bring files in, and change the record of one: calls and bills are different rights."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from finops.access.rights import Right, may
from finops.models import Source
from finops.web.rights import View, needs, refuse
from ingest.models import Import


def right_to_import(kind: str | None) -> Right:
    """Give the right that files of a kind need."""
    return Right.IMPORT_BILLS if kind == Source.BILLING else Right.CONNECT


def may_change(request: HttpRequest, job: Import) -> bool:
    """Say whether whoever asks may cancel, delete or repeat an import."""
    return may(request.user, right_to_import(job.kind))


def needs_its_right(view: View) -> View:
    """Let a view over one import answer whoever may import files of its kind."""

    @needs(Right.SEE)
    @wraps(view)
    def gated(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponseBase:
        kind = Import.objects.filter(pk=pk).values_list("kind", flat=True).first()
        right = right_to_import(kind)
        if not may(request.user, right):
            return refuse(request, right)
        return view(request, pk, **kwargs)

    return gated
