"""What a meeting says on the weekly page: decisions, notes, who is there, and that it is over."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from finops.access.rights import Right
from finops.models import Review
from finops.reviews import closing, deciding
from finops.web.reviews.weekly.changing import (
    Done,
    by,
    change,
    chosen,
    is_id,
    lost,
    number,
    row_of,
    typed,
)
from finops.web.reviews.weekly.forms import MOST_PEOPLE, people
from finops.web.reviews.weekly.screens import dom_of


@change(Right.TAKE_PART)
def decide(request: HttpRequest, review: Review) -> Done:
    """Decide about a row, or take the decision back."""
    row = row_of(request)
    deciding.choose(review, row, typed(request, "choice"), by=by(request), now=timezone.now())
    return Done()


@change(Right.TAKE_PART)
def say(request: HttpRequest, review: Review) -> Done:
    """Add a sentence to a decision; what somebody else wrote meanwhile is given back."""
    row = row_of(request)
    before = review.decisions.filter(subject_kind=row.kind, subject=row.value).first()
    after = deciding.say(
        review, row, typed(request, "sentence"), by=by(request), now=timezone.now()
    )
    if before is None or before.sentence in {"", after.sentence}:
        return Done()
    if typed(request, "seen") == _written(before.sentence_at):
        return Done()
    place = dom_of(row.kind, row.value)
    return Done(lost=lost(place, before.sentence, before.sentence_by, before.sentence_at))


@change(Right.TAKE_PART)
def assign(request: HttpRequest, review: Review) -> Done:
    """Give something new an owner; nobody takes it back."""
    row, now = row_of(request), timezone.now()
    owner = chosen(request, "owner")
    if owner is None:
        deciding.choose(review, row, "", by=by(request), now=now)
    else:
        deciding.assign(review, row, owner, by=by(request), now=now)
    return Done()


@change(Right.TAKE_PART)
def note(request: HttpRequest, review: Review) -> Done:
    """Save the text box of a section; what somebody else wrote meanwhile is given back."""
    section, seen = number(request, "section"), number(request, "seen")
    saved = deciding.write_note(
        review, section, typed(request, "text"), seen=seen, by=by(request), now=timezone.now()
    )
    if not saved.overwritten:
        return Done()
    return Done(lost=lost("note", saved.overwritten, saved.by, saved.at))


@change(Right.TAKE_PART)
def confirm(request: HttpRequest, review: Review) -> Done:
    """Give a function's word, or take it back."""
    function = typed(request, "function")
    if "take_back" in request.POST:
        deciding.take_back(review, function, by=by(request))
        return Done("Taken back")
    deciding.confirm(review, function, by=by(request), now=timezone.now())
    return Done("Confirmed")


@change(Right.TAKE_PART)
def attend(request: HttpRequest, review: Review) -> Done:
    """Say who leads the meeting and who is there."""
    wanted = [int(each) for each in request.POST.getlist("attendees") if is_id(each)]
    there = people().filter(pk__in=wanted[:MOST_PEOPLE])
    deciding.attend(review, chair=chosen(request, "chair"), attendees=there)
    return Done()


@change(Right.SET_MONEY)
def close(request: HttpRequest, review: Review) -> HttpResponse:
    """Freeze the review as it reads now."""
    version = closing.close(review, by=by(request), now=timezone.now())
    messages.success(request, f"Closed. What was read is kept as version {version.number}.")
    return redirect("weekly", key=review.key)


@change(Right.SET_MONEY)
def reopen(request: HttpRequest, review: Review) -> HttpResponse:
    """Open a closed review again, with a reason, for a day after its closing."""
    reason = typed(request, "reason")
    closing.reopen(review, reason=reason, by=by(request), now=timezone.now())
    messages.success(request, "Reopened. The version that was closed stays as it was read.")
    return redirect("weekly", key=review.key)


@change(Right.TAKE_PART)
def add_note(request: HttpRequest, review: Review) -> HttpResponse:
    """Add to a closed review what came to light later."""
    closing.add_note(review, typed(request, "text"), by=by(request), now=timezone.now())
    messages.success(request, "Note added. The review itself stays as it was read.")
    return redirect(f"{reverse('weekly', args=[review.key])}#added-notes")


def _written(at: datetime | None) -> str:
    return at.isoformat() if at else ""
