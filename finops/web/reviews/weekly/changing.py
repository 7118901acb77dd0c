"""How a change of the weekly page is made: by a plain form, which htmx sends where it runs.

A form that a browser sends leads back to its place on the page. The same form sent by htmx is
answered with the parts of the screen that people change, so that each scribe sees what others say.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final, NamedTuple, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.domain import display
from finops.models import Organization, Person, Review
from finops.reviews.deciding import Subject, subject
from finops.reviews.refusals import ChangedMeanwhile, NotYours, Refused, ReviewClosed
from finops.web.requests import is_fragment
from finops.web.reviews.weekly.forms import people
from finops.web.reviews.weekly.page import changed, find
from finops.web.reviews.weekly.screens import dom_of
from finops.web.rights import needs

#: The longest thing that anybody types here; the domain says what each field may hold.
_LONGEST: Final = 50_000


class Lost(NamedTuple):
    """What somebody else had written into a field that was saved over it: where, and in words."""

    place: str
    words: str


class Done(NamedTuple):
    """A change that was made: what the page says of it, and what it wrote over."""

    words: str = "Saved"
    lost: Lost | None = None


#: Makes one change, or answers by itself.
Change = Callable[..., Done | HttpResponse]


def change(right: Right) -> Callable[[Change], Callable[..., HttpResponseBase]]:
    """Make an address of a change: by POST, with a right, refused in words."""

    def of(make: Change) -> Callable[..., HttpResponseBase]:
        @require_POST
        @needs(right)
        @wraps(make)
        def made(request: HttpRequest, key: str, **named: Any) -> HttpResponse:
            review = find(key)
            try:
                done = make(request, review, **named)
            except Refused as error:
                return _refused(request, review, error)
            review.refresh_from_db()
            return _shown(request, review, done) if isinstance(done, Done) else done

        return made

    return of


def lost(place: str, text: str, by: str, at: datetime | None) -> Lost:
    """Say what somebody had written at a place of the page that was saved over."""
    when = f" at {_clock(at)}" if at else ""
    return Lost(place, f"{by} had written{when}: “{text}”. Yours has replaced it.")


def sentence(words: str, status: int) -> HttpResponse:
    """Answer htmx with a sentence, which the page puts beside the form."""
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def row_of(request: HttpRequest) -> Subject:
    """Find the row that a form is about. Raises Refused for one that is none."""
    return subject(typed(request, "kind"), typed(request, "subject"))


def typed(request: HttpRequest, name: str) -> str:
    """Give what was typed into a field, as it was typed, but for NUL."""
    return request.POST.get(name, "").replace("\0", "")[:_LONGEST]


def number(request: HttpRequest, name: str) -> int:
    """Give a whole number that a form sends along; 0 for whatever is none."""
    sent = typed(request, name)
    return int(sent) if is_id(sent) else 0


def chosen(request: HttpRequest, name: str) -> Person | None:
    """Find somebody who was chosen. Raises Refused for somebody who is not there."""
    sent = typed(request, name)
    if not sent:
        return None
    found = people().filter(pk=int(sent)).first() if is_id(sent) else None
    if found is None:
        raise Refused("Choose somebody from the list.")
    return found


def is_id(text: str) -> bool:
    """Say whether a text can be a row's number."""
    return text.isascii() and text.isdecimal() and len(text) < 19


def by(request: HttpRequest) -> Person:
    """Give who makes the change."""
    return cast("Person", request.user)


def _shown(request: HttpRequest, review: Review, done: Done) -> HttpResponse:
    """Show the place again where something was done."""
    if is_fragment(request):
        saved = f"{done.words} {_clock(timezone.now())}"
        return changed(request, review, saved=saved, lost=done.lost)
    messages.success(request, f"{done.words}.")
    if done.lost:
        messages.warning(request, done.lost.words)
    asked, place = request.GET.copy(), ""
    if "subject" in request.POST:
        place = dom_of(typed(request, "kind"), typed(request, "subject"))
        asked["row"] = place
    address = reverse("weekly", args=[review.key])
    return redirect(f"{address}?{asked.urlencode()}{'#' + place if place else ''}")


def _refused(request: HttpRequest, review: Review, error: Refused) -> HttpResponse:
    """Say why nothing was changed, and give back what was typed."""
    status = 409 if isinstance(error, ReviewClosed | ChangedMeanwhile) else 422
    if isinstance(error, NotYours):
        status = 403
    if is_fragment(request):
        return sentence(str(error), status)
    kept = [typed(request, name) for name in ("text", "sentence", "what", "reason")]
    context = {"review": review, "error": error, "typed": [each for each in kept if each]}
    return render(request, "pages/reviews/weekly/refused.html", context, status=status)


def _clock(at: datetime) -> str:
    local = at.astimezone(Organization.current().zone)
    return f"{local:%H:%M} {display.zone_label(local)}"
