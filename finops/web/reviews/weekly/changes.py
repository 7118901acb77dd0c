"""What a meeting changes on the weekly page: each a plain form, which htmx sends where it runs.

A form that a browser sends leads back to its place on the page. The same form sent by htmx is
answered with the parts of the screen that people change, so that each scribe sees what others say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, Final, NamedTuple, cast

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.domain import display
from finops.models import Action, Decision, Organization, Person, Review
from finops.reviews import actions, closing, deciding
from finops.reviews.deciding import Subject, hold_open, subject
from finops.reviews.refusals import ChangedMeanwhile, NotYours, Refused, ReviewClosed
from finops.web.requests import is_fragment
from finops.web.reviews.weekly.forms import ActionForm, as_typed, people
from finops.web.reviews.weekly.page import changed, find, page
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


@change(Right.TAKE_PART)
def decide(request: HttpRequest, review: Review) -> Done:
    """Decide about a row, or take the decision back."""
    row = _row(request)
    deciding.choose(review, row, _typed(request, "choice"), by=_by(request), now=timezone.now())
    return Done()


@change(Right.TAKE_PART)
def say(request: HttpRequest, review: Review) -> Done:
    """Add a sentence to a decision; what somebody else wrote meanwhile is given back."""
    row = _row(request)
    before = review.decisions.filter(subject_kind=row.kind, subject=row.value).first()
    after = deciding.say(
        review, row, _typed(request, "sentence"), by=_by(request), now=timezone.now()
    )
    if before is None or before.sentence in {"", after.sentence}:
        return Done()
    if _typed(request, "seen") == _written(before.sentence_at):
        return Done()
    place = dom_of(row.kind, row.value)
    return Done(lost=_lost(place, before.sentence, before.sentence_by, before.sentence_at))


@change(Right.TAKE_PART)
def assign(request: HttpRequest, review: Review) -> Done:
    """Give something new an owner; nobody takes it back."""
    row, now = _row(request), timezone.now()
    owner = _person(request, "owner")
    if owner is None:
        deciding.choose(review, row, "", by=_by(request), now=now)
    else:
        deciding.assign(review, row, owner, by=_by(request), now=now)
    return Done()


@change(Right.TAKE_PART)
def note(request: HttpRequest, review: Review) -> Done:
    """Save the text box of a section; what somebody else wrote meanwhile is given back."""
    section, seen = _number(request, "section"), _number(request, "seen")
    saved = deciding.write_note(
        review, section, _typed(request, "text"), seen=seen, by=_by(request), now=timezone.now()
    )
    if not saved.overwritten:
        return Done()
    return Done(lost=_lost("note", saved.overwritten, saved.by, saved.at))


@change(Right.TAKE_PART)
def promise(request: HttpRequest, review: Review) -> Done | HttpResponse:
    """Take an action down, under the decision that it came from."""
    row = _row(request)
    dom = dom_of(row.kind, row.value)
    form = ActionForm(request.POST, auto_id=f"{dom}-%s")
    if form.is_valid():
        try:
            _promise(review, row, form, by=_by(request))
        except ReviewClosed:
            raise
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return Done("Action saved")
    if is_fragment(request):
        return _sentence(_wrong(form, *form.errors), 422)
    return page(request, review, form=form, row=dom, status=422)


@change(Right.TAKE_PART)
def act(request: HttpRequest, review: Review, pk: int) -> Done:
    """Change an action in place, tick it, move it, drop it, or take it up again."""
    action = get_object_or_404(Action, pk=pk)
    deed = _DEEDS.get(_typed(request, "do"))
    if deed is None:
        raise Http404
    with transaction.atomic():
        hold_open(review)
        deed(request, review, action)
    return Done()


@change(Right.TAKE_PART)
def confirm(request: HttpRequest, review: Review) -> Done:
    """Give a function's word, or take it back."""
    function = _typed(request, "function")
    if "take_back" in request.POST:
        deciding.take_back(review, function, by=_by(request))
        return Done("Taken back")
    deciding.confirm(review, function, by=_by(request), now=timezone.now())
    return Done("Confirmed")


@change(Right.TAKE_PART)
def attend(request: HttpRequest, review: Review) -> Done:
    """Say who leads the meeting and who is there."""
    wanted = [int(each) for each in request.POST.getlist("attendees") if _is_id(each)]
    there = people().filter(pk__in=wanted[:500])
    deciding.attend(review, chair=_person(request, "chair"), attendees=there)
    return Done()


@change(Right.SET_MONEY)
def close(request: HttpRequest, review: Review) -> HttpResponse:
    """Freeze the review as it reads now."""
    version = closing.close(review, by=_by(request), now=timezone.now())
    messages.success(request, f"Closed. What was read is kept as version {version.number}.")
    return redirect("weekly", key=review.key)


@change(Right.SET_MONEY)
def reopen(request: HttpRequest, review: Review) -> HttpResponse:
    """Open a closed review again, with a reason, for a day after its closing."""
    reason = _typed(request, "reason")
    closing.reopen(review, reason=reason, by=_by(request), now=timezone.now())
    messages.success(request, "Reopened. The version that was closed stays as it was read.")
    return redirect("weekly", key=review.key)


@change(Right.TAKE_PART)
def add_note(request: HttpRequest, review: Review) -> HttpResponse:
    """Add to a closed review what came to light later."""
    closing.add_note(review, _typed(request, "text"), by=_by(request), now=timezone.now())
    messages.success(request, "Note added. The review itself stays as it was read.")
    return redirect(f"{reverse('weekly', args=[review.key])}#added-notes")


def _edit(request: HttpRequest, review: Review, action: Action) -> None:
    """Change the fields that came along; the others stay as they are now."""
    sent = {name: request.POST[name] for name in ActionForm.base_fields if name in request.POST}
    form = ActionForm(as_typed(action) | sent)
    if wrong := _wrong(form, *sent):
        raise Refused(wrong)
    told = form.cleaned_data
    actions.edit(
        action.pk,
        seen=None,
        what=told["what"] if "what" in sent else action.what,
        owner=told["owner"] if "owner" in sent else action.owner,
        due=told["due"] if "due" in sent else action.due,
        expected_saving=told["saving"] if "saving" in sent else action.expected_saving,
        workflow=action.workflow,
        by=_by(request),
        now=timezone.now(),
    )


def _finish(request: HttpRequest, review: Review, action: Action) -> None:
    actions.finish(action.pk, by=_by(request), now=timezone.now())


def _move(request: HttpRequest, review: Review, action: Action) -> None:
    form = ActionForm(request.POST)
    if wrong := _wrong(form, "due"):
        raise Refused(wrong)
    actions.move(action.pk, due=form.cleaned_data["due"], by=_by(request), now=timezone.now())


def _drop(request: HttpRequest, review: Review, action: Action) -> None:
    reason = _typed(request, "reason")
    actions.drop(action.pk, note=reason, by=_by(request), now=timezone.now())


def _again(request: HttpRequest, review: Review, action: Action) -> None:
    actions.take_up_again(action.pk, by=_by(request), now=timezone.now())


def _remove(request: HttpRequest, review: Review, action: Action) -> None:
    actions.take_back(action.pk, review=review, by=_by(request))


_DEEDS: Final[Mapping[str, Callable[[HttpRequest, Review, Action], None]]] = {
    "edit": _edit,
    "finish": _finish,
    "move": _move,
    "drop": _drop,
    "again": _again,
    "remove": _remove,
}


def _wrong(form: ActionForm, *names: str) -> str:
    """Say what is wrong with some fields, in one line; empty when nothing is."""
    form.full_clean()
    return " ".join(str(each) for name in names for each in form.errors.get(name, ()))


def _promise(review: Review, row: Subject, form: ActionForm, *, by: Person) -> None:
    decision = review.decisions.filter(subject_kind=row.kind, subject=row.value).first()
    actions.promise(
        **form.promised(),
        workflow=row.value if row.kind == Decision.WORKFLOW else "",
        review=review,
        decision=decision,
        by=by,
        now=timezone.now(),
    )


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
        place = dom_of(_typed(request, "kind"), _typed(request, "subject"))
        asked["row"] = place
    address = reverse("weekly", args=[review.key])
    return redirect(f"{address}?{asked.urlencode()}{'#' + place if place else ''}")


def _lost(place: str, text: str, by: str, at: datetime | None) -> Lost:
    when = f" at {_clock(at)}" if at else ""
    return Lost(place, f"{by} had written{when}: “{text}”. Yours has replaced it.")


def _clock(at: datetime) -> str:
    local = at.astimezone(Organization.current().zone)
    return f"{local:%H:%M} {display.zone_label(local)}"


def _written(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _refused(request: HttpRequest, review: Review, error: Refused) -> HttpResponse:
    """Say why nothing was changed, and give back what was typed."""
    status = 409 if isinstance(error, ReviewClosed | ChangedMeanwhile) else 422
    if isinstance(error, NotYours):
        status = 403
    if is_fragment(request):
        return _sentence(str(error), status)
    typed = [_typed(request, name) for name in ("text", "sentence", "what", "reason")]
    context = {"review": review, "error": error, "typed": [each for each in typed if each]}
    return render(request, "pages/reviews/weekly/refused.html", context, status=status)


def _sentence(words: str, status: int) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def _row(request: HttpRequest) -> Subject:
    return subject(_typed(request, "kind"), _typed(request, "subject"))


def _typed(request: HttpRequest, name: str) -> str:
    """Give what was typed into a field, as it was typed, but for NUL."""
    return request.POST.get(name, "").replace("\0", "")[:_LONGEST]


def _number(request: HttpRequest, name: str) -> int:
    typed = _typed(request, name)
    return int(typed) if _is_id(typed) else 0


def _person(request: HttpRequest, name: str) -> Person | None:
    """Find somebody who was chosen. Raises Refused for somebody who is not there."""
    typed = _typed(request, name)
    if not typed:
        return None
    found = people().filter(pk=int(typed)).first() if _is_id(typed) else None
    if found is None:
        raise Refused("Choose somebody from the list.")
    return found


def _is_id(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) < 19


def _by(request: HttpRequest) -> Person:
    return cast("Person", request.user)
