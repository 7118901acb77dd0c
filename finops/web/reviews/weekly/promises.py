"""Actions on the weekly page: promised under a row, changed in place, ticked, moved and dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from finops.access.rights import Right
from finops.models import Action, Decision, Person, Review
from finops.reviews import actions
from finops.reviews.deciding import Subject, hold_open
from finops.reviews.refusals import Refused, ReviewClosed
from finops.web.requests import is_fragment
from finops.web.reviews.weekly.changing import Done, by, change, row_of, sentence, typed
from finops.web.reviews.weekly.forms import ActionForm, as_typed
from finops.web.reviews.weekly.page import page
from finops.web.reviews.weekly.screens import dom_of


@change(Right.TAKE_PART)
def promise(request: HttpRequest, review: Review) -> Done | HttpResponse:
    """Take an action down, under the decision that it came from."""
    row = row_of(request)
    dom = dom_of(row.kind, row.value)
    form = ActionForm(request.POST, auto_id=f"{dom}-%s")
    if form.is_valid():
        try:
            _promise(review, row, form, who=by(request))
        except ReviewClosed:
            raise
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return Done("Action saved")
    if is_fragment(request):
        return sentence(_wrong(form, *form.errors), 422)
    return page(request, review, form=form, row=dom, status=422)


@change(Right.TAKE_PART)
def act(request: HttpRequest, review: Review, pk: int) -> Done:
    """Change an action in place, tick it, move it, drop it, or take it up again."""
    action = get_object_or_404(Action, pk=pk)
    deed = _DEEDS.get(typed(request, "do"))
    if deed is None:
        raise Http404
    with transaction.atomic():
        hold_open(review)
        deed(request, review, action)
    return Done()


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
        by=by(request),
        now=timezone.now(),
    )


def _finish(request: HttpRequest, review: Review, action: Action) -> None:
    actions.finish(action.pk, by=by(request), now=timezone.now())


def _move(request: HttpRequest, review: Review, action: Action) -> None:
    form = ActionForm(request.POST)
    if wrong := _wrong(form, "due"):
        raise Refused(wrong)
    actions.move(action.pk, due=form.cleaned_data["due"], by=by(request), now=timezone.now())


def _drop(request: HttpRequest, review: Review, action: Action) -> None:
    reason = typed(request, "reason")
    actions.drop(action.pk, note=reason, by=by(request), now=timezone.now())


def _again(request: HttpRequest, review: Review, action: Action) -> None:
    actions.take_up_again(action.pk, by=by(request), now=timezone.now())


def _remove(request: HttpRequest, review: Review, action: Action) -> None:
    actions.take_back(action.pk, review=review, by=by(request))


_DEEDS: Final[Mapping[str, Callable[[HttpRequest, Review, Action], None]]] = {
    "edit": _edit,
    "finish": _finish,
    "move": _move,
    "drop": _drop,
    "again": _again,
    "remove": _remove,
}


def _promise(review: Review, row: Subject, form: ActionForm, *, who: Person) -> None:
    decision = review.decisions.filter(subject_kind=row.kind, subject=row.value).first()
    actions.promise(
        **form.promised(),
        workflow=row.value if row.kind == Decision.WORKFLOW else "",
        review=review,
        decision=decision,
        by=who,
        now=timezone.now(),
    )


def _wrong(form: ActionForm, *names: str) -> str:
    """Say what is wrong with some fields, in one line; empty when nothing is."""
    found = form.errors
    return " ".join(str(each) for name in names for each in found.get(name, ()))
