"""Changing an action: taken down, edited, done, dropped, moved, taken up again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.change_log import history
from finops.access.rights import Right
from finops.domain import display
from finops.insights.workflow import final_value
from finops.models import Action, Organization, Person
from finops.reviews import actions
from finops.reviews.action_rows import action_rows
from finops.reviews.refusals import ChangedMeanwhile, Refused
from finops.reviews.weeks import today
from finops.rollups.values import list_values
from finops.web.actions import words
from finops.web.actions.forms import DoneForm, DropForm, MoveForm, WholeActionForm, as_typed
from finops.web.requests import text, who_was_quicker
from finops.web.rights import needs

#: Workflows that the form suggests, the dearest; any other can be typed.
_SUGGESTED: Final = 200
_SHOWN_CHANGES: Final = 20

_LATER: Final = "Your words are below theirs. Save again to keep yours."


@needs(Right.SEE, to_change=Right.TAKE_PART)
def add(request: HttpRequest) -> HttpResponse:
    """Take an action down that no review has asked for."""
    if request.method == "POST":
        form = WholeActionForm(request.POST)
        if form.is_valid() and _promise(form, request):
            messages.success(request, "Saved. The next review reads it.")
            return redirect("actions")
    else:
        form = WholeActionForm(initial={"workflow": text(request, "workflow", 500)})
    context = {"form": form, "workflows": _workflows()}
    status = 422 if form.is_bound else 200
    return render(request, "pages/actions/add.html", context, status=status)


@needs(Right.SEE, to_change=Right.TAKE_PART)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an action and change what it says."""
    action = _found(pk)
    if request.method != "POST":
        return _page(request, action)
    form = WholeActionForm(request.POST)
    if form.is_valid() and _edit(form, action, request):
        messages.success(request, "Saved.")
        return redirect("action", pk=pk)
    return _page(request, _found(pk), form=form)


@require_POST
@needs(Right.TAKE_PART)
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick an action as done."""
    said = "Done. Savings are counted from now on."
    return _close(request, pk, DoneForm(request.POST), actions.finish, "done", said)


@require_POST
@needs(Right.TAKE_PART)
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an action up, with a reason."""
    return _close(request, pk, DropForm(request.POST), actions.drop, "dropped", "Dropped.")


@require_POST
@needs(Right.TAKE_PART)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an action another due day."""
    return _close(request, pk, MoveForm(request.POST), actions.move, "moved", "Moved.")


@require_POST
@needs(Right.TAKE_PART)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Open an action again that was done or dropped."""
    form = DoneForm({"version": request.POST.get("version", "")})
    return _close(request, pk, form, _take_up, "again", "Open again.")


def _take_up(pk: int, *, note: str, **told: Any) -> Action:
    return actions.take_up_again(pk, **told)


def _close(
    request: HttpRequest,
    pk: int,
    form: forms.Form,
    change: Callable[..., Action],
    which: str,
    said: str,
) -> HttpResponse:
    """Make one change of an action's state; a refusal comes back with what was typed."""
    action = _found(pk)
    if form.is_valid():
        told = dict(form.cleaned_data)
        seen = told.pop("version", None)
        try:
            change(pk, seen=seen, by=_person(request), now=timezone.now(), **told)
        except Refused as error:
            form.add_error(None, _refusal(error, action))
        else:
            messages.success(request, said)
            return redirect("actions") if "in_list" in request.POST else redirect("action", pk=pk)
    return _page(request, _found(pk), **{which: form})


def _page(request: HttpRequest, action: Action, **bound: forms.Form) -> HttpResponse:
    """Show an action; ``bound`` holds a form that was refused, by its name."""
    now, organization = timezone.now(), Organization.current()
    (row,) = action_rows([action], today(now, organization.zone))
    seen = {"version": action.version}
    refused = next(iter(bound.values()), None)
    form = bound.get("form", WholeActionForm(initial=as_typed(action)))
    context = {
        "action": action,
        "row": row,
        "due": words.day_of(row["due"]),
        "done_on": words.day_of(row["done_on"]),
        "late": words.due(row),
        "saving": words.saving(row, organization.currency),
        "explained": words.explained(row, organization.currency),
        "is_open": action.state == Action.OPEN,
        "form": form,
        "done": bound.get("done", DoneForm(initial=seen, auto_id="done_%s")),
        "dropped": bound.get("dropped", DropForm(initial=seen, auto_id="drop_%s")),
        "moved": bound.get("moved", MoveForm(initial=seen, auto_id="move_%s")),
        "refused": refused,
        "opened": next(iter(bound), ""),
        "workflow": final_value(action.workflow),
        "workflows": _workflows() if action.state == Action.OPEN else (),
        "history": history(action, limit=_SHOWN_CHANGES),
    }
    status = 422 if refused is not None else 200
    return render(request, "pages/actions/action.html", context, status=status)


def _promise(form: WholeActionForm, request: HttpRequest) -> Action | None:
    try:
        return actions.promise(**form.promised(), by=_person(request), now=timezone.now())
    except Refused as error:
        form.add_error(None, str(error))
        return None


def _edit(form: WholeActionForm, action: Action, request: HttpRequest) -> Action | None:
    """Save an edit; on refusal the form says why, and has seen what is stored now."""
    seen = form.cleaned_data["version"]
    try:
        return actions.edit(
            action.pk, **form.promised(), seen=seen, by=_person(request), now=timezone.now()
        )
    except Refused as error:
        form.add_error(None, _refusal(error, action))
        typed = request.POST.copy()
        typed["version"] = str(_found(action.pk).version)
        form.data = typed
        return None


def _refusal(error: Refused, action: Action) -> str:
    if isinstance(error, ChangedMeanwhile):
        return f"{who_was_quicker(action)} {_LATER}"
    return str(error)


def _found(pk: int) -> Action:
    return get_object_or_404(actions.actions(), pk=pk)


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # the gate lets nobody else in
    return request.user


def _workflows() -> list[tuple[str, str]]:
    """Pair the names of the dearest workflows with what they are worth."""
    rows, _ = list_values("workflow", limit=_SUGGESTED)
    return [
        (row.display_name or row.value, display.money(row.known_cost)) for row in rows if row.value
    ]
