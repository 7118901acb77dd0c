"""What stands in a request, made harmless; who is asking; and who was quicker."""

from __future__ import annotations

from django.db.models import Model
from django.http import HttpRequest

from finops.access.change_log import history
from finops.domain import display
from finops.models import Organization, Person


def text(request: HttpRequest, name: str, longest: int) -> str:
    """Give a parameter without surrounding space and NUL, cut to a length; empty when absent."""
    return request.GET.get(name, "").replace("\0", "").strip()[:longest]


def is_fragment(request: HttpRequest) -> bool:
    """Tell whether htmx asks for the live part of a page alone."""
    return "HX-Request" in request.headers


def signature(request: HttpRequest) -> str:
    """Give the name under which a decision goes on record."""
    assert isinstance(request.user, Person)  # the gate lets nobody else in
    return str(request.user)[:200]


def page_number(request: HttpRequest) -> int:
    """Give the number of the page that is asked for: 1 for whatever is no number."""
    asked = text(request, "page", 6)
    return max(int(asked), 1) if asked.isascii() and asked.isdecimal() else 1


def who_was_quicker(row: Model) -> str:
    """Say who changed a row last, and when: ``Tom changed this at 14:02 UTC.``"""
    newest = next(iter(history(row, limit=1)), None)
    if newest is None:
        return "Somebody changed this."
    local = newest.at.astimezone(Organization.current().zone)
    return f"{newest.who} changed this at {local:%H:%M} {display.zone_label(local)}."
