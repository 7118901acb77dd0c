"""The one gate in front of every page: nobody signs in first, a missing right is said plainly."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from finops.access.rights import Right, may, roles_with
from finops.organization import first_run

View = Callable[..., HttpResponseBase]


def needs(right: Right, *, to_change: Right | None = None) -> Callable[[View], View]:
    """Let a view answer whoever has a right: others sign in (302) or are told who may (403).

    Until there is an admin, everybody is led to the first run.

    ``to_change`` is asked for besides, when the request is not a plain read.
    """

    def gate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if first_run.comes_first():
                    return redirect("start")
                return redirect_to_login(request.get_full_path() if _reads(request) else "/")
            for wanted in (right, to_change if not _reads(request) else None):
                if wanted and not may(request.user, wanted):
                    return refuse(request, wanted)
            return view(request, *args, **kwargs)

        return gated

    return gate


def refuse(request: HttpRequest, right: Right) -> HttpResponse:
    """Say which right is missing and who has it (403)."""
    context = {"right": right, "roles": roles_with(right)}
    return render(request, "pages/no_permission.html", context, status=403)


def _reads(request: HttpRequest) -> bool:
    return request.method in {"GET", "HEAD"}
