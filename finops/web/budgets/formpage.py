"""The page of the form: filled in by its buttons, shown with what the lines would have said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from finops.budgets.differences import Difference, StatusBecomes
from finops.budgets.refusals import BudgetRefused
from finops.budgets.scope import scope_words
from finops.web.budgets import drafts, words
from finops.web.budgets.drafts import Draft, draft_of, marked, new_form, retyped
from finops.web.budgets.fields import GoodReasonField
from finops.web.budgets.forms import BudgetForm
from finops.web.budgets.values import values_of


def worked_on(request: HttpRequest, form: BudgetForm, now: datetime) -> HttpResponse:
    """Give the form back with what a button put into it; nothing is judged yet."""
    do = request.POST.get("do")
    changes: dict[str, Any] = {}
    paste_error = ""
    if do == "start":
        changes = drafts.started(form, now)
    elif do == "copy":
        changes = drafts.copied(form)
    elif do == "paste":
        try:
            changes = drafts.pasted(form, request.POST.get("pasted", ""))
        except BudgetRefused as error:
            paste_error = str(error)
    again = retyped(form, request.POST, now, changes)
    if form.budget is not None:
        again.fields["reason"] = GoodReasonField(required=False)
    draft = draft_of(as_typed(again, now), now)
    return form_page(request, again, draft, paste_error=paste_error, worked_on=do)


def as_typed(form: BudgetForm, now: datetime) -> BudgetForm:
    """Give an unbound form as if it had been sent, to look at it."""
    data = QueryDict(mutable=True)
    for name, field in form.fields.items():
        value = form[name].value()
        if value not in (None, "", False):
            data[name] = str(field.prepare_value(value))
    return new_form(data, now, budget=form.budget)


def form_page(
    request: HttpRequest,
    form: BudgetForm,
    draft: Draft,
    *,
    status: int = 200,
    changes: Sequence[Difference] = (),
    becomes: StatusBecomes | None = None,
    **context: Any,
) -> HttpResponse:
    """Show the form, what its lines would have said, and what a save would change."""
    if changes:
        form.fields["reason"].required = True  # by now it is
    context |= {
        "form": form,
        "draft": draft,
        "budget": form.budget,
        "scope_words": scope_words(form.budget.scope) if form.budget else "",
        "basis_words": words.basis(form.budget) if form.budget else "",
        "changes": changes,
        "becomes": becomes,
        "looked": marked(*map(str, (*changes, becomes))) if changes else "",
        "asks_doubts": status == 422 and not form.errors and draft.doubts,
        "values": values_of(form),
        "noun": form.kind,
        "last_noun": words.last_noun(form.kind),
    }
    return render(request, "pages/budgets/form.html", context, status=status)


def is_sure(request: HttpRequest, draft: Draft) -> bool:
    """Tell whether there is nothing to ask, or whoever was asked said yes."""
    return not draft.doubts or request.POST.get("sure") == draft.mark


def refuse(form: BudgetForm, error: BudgetRefused) -> None:
    """Show a refusal of the domain at its field, or above all."""
    field = "scope_value_0" if error.field == "scope" else error.field
    form.add_error(field if field in form.fields else None, str(error))
