"""What stands in an address of the Prices room, made harmless; and who is asking."""

from __future__ import annotations

from django.http import HttpRequest

from finops.models import Person


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
