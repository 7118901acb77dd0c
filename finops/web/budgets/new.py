"""Drawing the lines of a new budget: typed, looked at, saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from finops.access.rights import Right
from finops.attribution.values import labels
from finops.budgets import editing
from finops.budgets.refusals import BudgetRefused
from finops.budgets.scope import scope_words
from finops.domain.dimensions import DIMENSIONS
from finops.models import Budget
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.web.budgets import words
from finops.web.budgets.drafts import draft_of, new_form
from finops.web.budgets.formpage import as_typed, form_page, is_sure, refuse, worked_on
from finops.web.budgets.forms import SCOPE_ROWS, SETTINGS, BudgetForm
from finops.web.requests import signature, text
from finops.web.rights import needs


@needs(Right.SET_MONEY)
def new(request: HttpRequest) -> HttpResponse:
    """Draw a new budget's lines."""
    now = timezone.now()
    if request.method != "POST":
        form = new_form(None, now, initial=_initial(request))
        return form_page(request, form, draft_of(as_typed(form, now), now))
    form = new_form(request.POST, now)
    if request.POST.get("do") != "save":
        return worked_on(request, form, now)
    draft = draft_of(form, now)
    if form.is_valid() and is_sure(request, draft) and (saved := _create(request, form, now)):
        messages.success(request, words.saved(saved, form.start(), now))
        return redirect("budget", pk=saved.pk)
    return form_page(request, form, draft, asks=form.is_valid(), status=422)


@needs(Right.SET_MONEY)
def preview(request: HttpRequest) -> HttpResponse:
    """Answer with what the lines that are being typed would have said; nothing is stored."""
    now, asked = timezone.now(), text(request, "budget", 18)
    budget = Budget.objects.filter(pk=int(asked)).first() if asked.isdecimal() else None
    form = new_form(request.GET, now, budget=budget)
    context = {"draft": draft_of(form, now), "form": form, "live": True}
    return render(request, "pages/budgets/_preview.html", context)


def _create(request: HttpRequest, form: BudgetForm, now: datetime) -> Budget | None:
    values = form.cleaned_data
    scope = form.scope or {}
    try:
        saved = editing.create(
            name=values["name"] or _name_for(scope),
            scope=scope,
            lines=form.lines,
            period=form.kind,
            basis=form.counted,
            effective_from=form.start(),
            workflow_share=form.share(),
            now=now,
            by=signature(request),
            **{name: values[name] for name in SETTINGS if name != "name"},
        )
    except BudgetRefused as error:
        refuse(form, error)
        return None
    return saved.budget


def _name_for(scope: dict[str, str]) -> str:
    """Name a budget after what it covers: by the value alone where that name is free."""
    words = scope_words(scope)[:200]
    if len(scope) != 1:
        return words
    ((dimension, value),) = scope.items()
    name = labels(dimension).get(value, value)[:200] if dimension in NAMED_DIMENSIONS else value
    taken = Budget.objects.filter(name__iexact=name, stopped_from=None).exists()
    return words if taken else name


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Begin with the person's own name, and with what the address says is covered."""
    named = [
        (name, value)
        for name in DIMENSIONS
        if (value := request.GET.get(name, "").replace("\0", "").strip()[:500])
    ]
    initial: dict[str, Any] = {"owner": request.user.pk}
    for row, (name, value) in enumerate(named[:SCOPE_ROWS]):
        initial |= {f"scope_dimension_{row}": name, f"scope_value_{row}": value}
    return initial
