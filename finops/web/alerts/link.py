"""Acknowledging by the signed link of a mail, without signing in.

Opening it changes nothing: programs that look through mails for bad links open them all. The page
says no more than the mail did.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from finops.alerts.acknowledging import acknowledge, read_link


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and on POST acknowledge in the name of whom the link was sent to."""
    invitation = read_link(token)
    if invitation is None:
        return render(request, "pages/alerts/link.html", {"invitation": None})
    alert, is_done = invitation.alert, False
    if request.method == "POST":
        alert, is_done = acknowledge(alert.pk, by=invitation.name, now=timezone.now())
    context = {"invitation": invitation, "alert": alert, "is_done": is_done}
    return render(request, "pages/alerts/link.html", context)
