"""The plain first page: what runs here, and how the first calls get in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def start(request: HttpRequest) -> HttpResponse:
    """Show no figure: whoever asks has not signed in."""
    return render(request, "pages/start.html")
