"""What every page has around it: navigation, theme, clock, and an answer when things are away."""

from __future__ import annotations

import sys
from typing import Any, Final, NamedTuple

from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from finops.access.rights import ROLE_NAMES, Right, may
from finops.insights.standings import red_on
from finops.ledger.sources import has_sample_data
from finops.models import Organization, Person
from finops.web.pages import PAGES, Page
from finops.web.rights import needs

THEMES: Final = ("system", "light", "dark")
_YEAR: Final = 365 * 24 * 3600
_RETRY: Final = "5"


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give base.html what it shows around a page: only for people, and only what they may see."""
    theme = request.COOKIES.get("theme", "")
    bare = {
        "theme": theme if theme in THEMES[1:] else "",
        "presents": "present" in request.GET,
    }
    person = getattr(request, "user", None)
    if not isinstance(person, Person):
        return bare
    organization = Organization.current()
    timezone.activate(organization.zone)
    now = timezone.now()
    return bare | {
        "organization": organization,
        "currency": organization.currency,
        "zone": organization.zone,
        "now": now,
        "navigation": _navigation(request, person),
        "red_budgets": red_on(now.astimezone(organization.zone).date(), organization),
        "role_name": ROLE_NAMES[person.role],
        "rights": {right.name: may(person, right) for right in Right},
        "has_sample_data": has_sample_data(),
    }


class Entry(NamedTuple):
    """A page as the navigation shows it."""

    page: Page
    href: str
    opens_group: bool
    is_current: bool


def _navigation(request: HttpRequest, person: Person) -> list[Entry]:
    shown = [(page, reverse(page.route)) for page in PAGES if may(person, page.right)]
    around = [href for page, href in shown if _is_within(request.path, href, page.also)]
    current = max(around, key=len, default="")
    groups = ["", *(page.group for page, _ in shown)]
    return [
        Entry(page, href, opens_group=page.group != before, is_current=href == current)
        for (page, href), before in zip(shown, groups, strict=False)
    ]


def _is_within(path: str, href: str, also: str) -> bool:
    if href == "/":
        return path == href
    return path.startswith((href, also) if also else href)


@require_POST
@needs(Right.SEE)
def choose_theme(request: HttpRequest) -> HttpResponseBase:
    """Keep light, dark or the system's choice in a cookie, so that no page flashes."""
    theme = request.POST.get("theme", "")
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    answer = redirect(back if safe else "/")
    answer.set_cookie(
        "theme",
        theme if theme in THEMES else "system",
        max_age=_YEAR,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say what is wrong with an address, inside the frame; only words of ours are repeated."""
    reason = str(exception) if isinstance(exception, BadRequest) else ""
    if reason:
        reason = f"{reason[0].upper()}{reason[1:].removesuffix('.')}."
    return render(request, "pages/bad_request.html", {"reason": reason}, status=400)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is no such page, inside the frame."""
    return render(request, "pages/not_found.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Say that a page broke (500), or that the database is away (503), without needing either."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _away(request)
    return HttpResponse(render_to_string("pages/broken.html"), status=500)


def _away(request: HttpRequest) -> HttpResponse:
    headers = {"Retry-After": _RETRY}
    if request.path.startswith("/api/"):
        detail = "the database cannot be reached; nothing was stored, try again"
        return JsonResponse({"detail": detail}, status=503, headers=headers)
    page = render_to_string("pages/database_away.html")
    return HttpResponse(page, status=503, headers=headers)
