"""What a budget's page can do: undo, stop, accept a share, say another forecast."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.budgets import editing, judgements
from finops.budgets.looking import day_of, period_on
from finops.budgets.refusals import BudgetRefused, ChangedMeanwhile
from finops.domain import display
from finops.models import Budget, Organization
from finops.web.budgets.detail import budget_page
from finops.web.budgets.fields import OFF
from finops.web.budgets.small_forms import ForecastForm, ShareForm, StopForm
from finops.web.requests import signature
from finops.web.rights import needs


@require_POST
@needs(Right.SET_MONEY)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the last change of lines back, within ten minutes."""

    def act(budget: Budget, now: datetime, by: str) -> str:
        seen = request.POST.get("version", "")
        version = int(seen) if seen.isdecimal() and len(seen) < 10 else None
        editing.undo(budget, now=now, by=by, seen=version)
        return "Undone. The lines are as they were before."

    return _done(request, pk, act)


@require_POST
@needs(Right.SET_MONEY)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold a budget against nothing from a day on."""
    budget, form = _budget(pk), StopForm(request.POST)
    if not form.is_valid():
        return budget_page(request, budget, status=422, stop_form=form)

    def act(budget: Budget, now: datetime, by: str) -> str:
        saved = editing.stop(budget, from_day=form.cleaned_data["from_day"], now=now, by=by)
        assert saved.budget.stopped_from is not None  # it was just set
        return f"Saved. Not used from {display.day(saved.budget.stopped_from)} on."

    return _done(request, pk, act, form=form, named="stop_form")


@require_POST
@needs(Right.SET_MONEY)
def use_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a stopped budget into use again."""

    def act(budget: Budget, now: datetime, by: str) -> str:
        editing.use_again(budget, now=now, by=by)
        return "Saved. It is in use again, with the lines that it had."

    return _done(request, pk, act)


@require_POST
@needs(Right.SET_MONEY)
def accept_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept that a workflow takes a large share."""
    budget, form = _budget(pk), ShareForm(request.POST)
    if not form.is_valid():
        return budget_page(request, budget, status=422, share_form=form)
    values = form.cleaned_data

    def act(budget: Budget, now: datetime, by: str) -> str:
        judgements.accept_share(
            budget,
            values["workflow"],
            reason=values["reason"],
            limit=None if values["limit"] == OFF else values["limit"],
            now=now,
            by=by,
        )
        return f"Saved. The share of “{values['workflow']}” is accepted."

    return _done(request, pk, act, form=form, named="share_form")


@require_POST
@needs(Right.SET_MONEY)
def withdraw_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold a workflow to the budget's own limit again."""

    def act(budget: Budget, now: datetime, by: str) -> str:
        workflow = request.POST.get("workflow", "")[:500]
        judgements.withdraw_share(budget, workflow, now=now, by=by)
        return f"Saved. “{workflow}” is held to the limit again."

    return _done(request, pk, act)


@require_POST
@needs(Right.SET_MONEY)
def override(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the running period will end at, in place of the computed forecast."""
    budget, currency = _budget(pk), Organization.current().currency
    form = ForecastForm(request.POST, currency=currency, kind=budget.period)
    if not form.is_valid():
        return budget_page(request, budget, status=422, forecast_form=form)
    values = form.cleaned_data

    def act(budget: Budget, now: datetime, by: str) -> str:
        start = period_on(budget, day_of(now)).start
        judgements.override_forecast(
            budget, start, values["amount"], reason=values["reason"], now=now, by=by
        )
        return "Saved. Your forecast stands until you take it back or the period ends."

    return _done(request, pk, act, form=form, named="forecast_form")


@require_POST
@needs(Right.SET_MONEY)
def withdraw_override(request: HttpRequest, pk: int) -> HttpResponse:
    """Go by the computed forecast again."""

    def act(budget: Budget, now: datetime, by: str) -> str:
        start = period_on(budget, day_of(now)).start
        judgements.withdraw_override(budget, start, now=now, by=by)
        return "Saved. The computed forecast stands again."

    return _done(request, pk, act)


def _budget(pk: int) -> Budget:
    return get_object_or_404(Budget.objects.select_related("owner", "escalate_to"), pk=pk)


def _done(
    request: HttpRequest,
    pk: int,
    act: Callable[[Budget, datetime, str], str],
    *,
    form: forms.Form | None = None,
    named: str = "",
) -> HttpResponse:
    """Do it and say so, or say why not: at the form's field where there is one."""
    budget: Any = _budget(pk)
    try:
        messages.success(request, act(budget, timezone.now(), signature(request)))
    except ChangedMeanwhile as error:
        messages.error(request, f"Nothing was changed: {str(error)[:-1]} meanwhile.")
    except BudgetRefused as error:
        if form is not None:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            return budget_page(request, budget, status=422, **{named: form})
        messages.error(request, f"Nothing was changed: {error}")
    return redirect("budget", pk=pk)
