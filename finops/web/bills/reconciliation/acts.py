"""What people do about a month: look into it, accept it, give it back, propose its prices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from finops.access.rights import Right, may
from finops.domain.periods import month_of
from finops.models import Reconciliation, ReconciliationEvent
from finops.months.closed import MonthClosed
from finops.pricing.cards import CardRefused
from finops.reconciliation import acting
from finops.reconciliation.acting import ActRefused
from finops.reconciliation.computing import reconcile
from finops.reconciliation.proposing import propose_implied
from finops.reconciliation.settling import last_event
from finops.web.bills.reconciliation import words
from finops.web.bills.reconciliation.forms import (
    AcceptForm,
    GiveBackForm,
    InvestigateForm,
    MonthForm,
    PriceForm,
)
from finops.web.bills.reconciliation.one import month_page
from finops.web.requests import signature
from finops.web.rights import needs, refuse


@require_POST
@needs(Right.SEE, to_change=Right.TAKE_PART)
def investigate(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a difference up."""
    row, form = _month(pk), InvestigateForm(request.POST)
    done = "You look into it now. Everybody sees that."
    return _act(request, row, form, "investigate_form", acting.investigate, done)


@require_POST
@needs(Right.SEE, to_change=Right.SET_MONEY)
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a difference as it is."""
    row, form = _month(pk), AcceptForm(request.POST)
    seen = str(request.POST.get("accept-seen", ""))[:64]
    done = "The difference is accepted, on record."
    return _act(request, row, form, "accept_form", acting.accept, done, seen=seen)


@require_POST
@needs(Right.SEE, to_change=Right.TAKE_PART)
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was said; what finance accepted, only finance gives back."""
    row, form = _month(pk), GiveBackForm(request.POST)
    last = last_event(row.provider, row.month)
    if last and last.kind == ReconciliationEvent.ACCEPT and not may(request.user, Right.SET_MONEY):
        return refuse(request, Right.SET_MONEY)
    done = "Given back. The numbers alone say how the month stands."
    return _act(request, row, form, "back_form", acting.give_back, done)


@require_POST
@needs(Right.SEE, to_change=Right.PROPOSE_PRICES)
def propose_price(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down, for finance to decide, the price that the bill implies for a model."""
    row, form = _month(pk), PriceForm(request.POST)
    here = redirect("bills-reconciled", pk=row.pk)
    if not form.is_valid():
        messages.error(request, "Name the model.")
        return here
    reason = f"Implied by the bill of {words.month_name(row.month)}."
    try:
        proposal = propose_implied(
            row,
            form.cleaned_data["model"],
            reason=reason,
            by=signature(request),
            now=timezone.now(),
        )
    except (ActRefused, CardRefused) as error:
        messages.error(request, f"Nothing was proposed. {error}")
        return here
    messages.success(request, "Proposed. Finance decides on it.")
    return redirect("prices-proposal", pk=proposal.pk)


@require_POST
@needs(Right.SEE, to_change=Right.TAKE_PART)
def again(request: HttpRequest) -> HttpResponse:
    """Work a month out again, in case the scheduler has not come to it."""
    form = MonthForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Name a month such as 2026-10.")
        return redirect("bills-reconciliation")
    month = month_of(form.cleaned_data["month"])
    rows = reconcile(month, now=timezone.now(), wait=False)
    if rows:
        address = reverse("bills-reconciled", args=[rows[0].pk])
        told = format_html('{} is up to date. <a href="{}">See it</a>', f"{month:%B %Y}", address)
    else:
        told = format_html("There are no calls and no bills of {}.", f"{month:%B %Y}")
    messages.success(request, told)
    return redirect("bills-reconciliation")


def _month(pk: int) -> Reconciliation:
    return get_object_or_404(Reconciliation, pk=pk)


def _act(
    request: HttpRequest,
    row: Reconciliation,
    form: forms.Form,
    name: str,
    act: Callable[..., object],
    done: str,
    **options: Any,
) -> HttpResponse:
    """Do it, or show the month with what was wrong."""
    if form.is_valid():
        try:
            act(
                row.provider,
                row.month,
                reason=form.cleaned_data["reason"],
                by=signature(request),
                now=timezone.now(),
                **options,
            )
        except (ActRefused, MonthClosed) as error:
            form.add_error(None, f"{error}".removesuffix(".") + ".")
        else:
            messages.success(request, done)
            return redirect("bills-reconciled", pk=row.pk)
    return month_page(request, row, status=422, **{name: form})
