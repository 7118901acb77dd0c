"""Changing a budget: its lines with a reason and a look at what changes, the rest at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from finops.access.rights import Right
from finops.budgets import editing
from finops.budgets.checks import SHORTEST_REASON
from finops.budgets.differences import Difference, StatusBecomes, dated, differences, status_becomes
from finops.budgets.lines import Schedule, schedule_of
from finops.budgets.refusals import BudgetRefused, ChangedMeanwhile
from finops.models import Budget
from finops.web.budgets import grid, words
from finops.web.budgets.drafts import Draft, draft_of, marked, new_form
from finops.web.budgets.fields import GoodReasonField
from finops.web.budgets.formpage import as_typed, form_page, is_sure, refuse, worked_on
from finops.web.budgets.forms import AMOUNTS, SETTINGS, BudgetForm
from finops.web.requests import signature
from finops.web.rights import needs


class Change(NamedTuple):
    """What a save would change: lines, the status with them, and what needs no reason."""

    lines: list[Difference]
    becomes: StatusBecomes | None
    settings: dict[str, Any]


@needs(Right.SET_MONEY)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a budget's lines and who hears of it: looked at before it is saved."""
    budget = get_object_or_404(Budget.objects.select_related("owner"), pk=pk)
    now = timezone.now()
    schedule = schedule_of(budget)
    if request.method != "POST":
        form = new_form(None, now, budget=budget, initial=_stored(budget, schedule, now))
        return form_page(request, form, draft_of(as_typed(form, now), now))
    form = new_form(request.POST, now, budget=budget)
    form.fields["reason"] = GoodReasonField(required=False)
    if request.POST.get("do") != "save":
        return worked_on(request, form, now)
    return _saved_edit(request, form, budget, schedule, now)


def _stored(budget: Budget, schedule: Schedule, now: datetime) -> dict[str, Any]:
    """Give a budget as a form's initial values: the lines of its running period, or its first."""
    form = new_form(None, now, budget=budget)
    start = max(filter(None, [form.period_of(form.today).start, schedule.since]))
    held = schedule.lines(start)
    months = grid.periods_from(form.period_of(start), form.organization.fiscal_year_start_month)
    several = grid.differ(months, schedule)
    return {
        **{name: getattr(budget, name) for name in SETTINGS},
        **{name: getattr(held, name) for name in AMOUNTS},
        **(grid.initial(months, schedule) if several else {}),
        "workflow_share": held.workflow_share,
        "effective_from": start if start > form.today else None,
        "by_month": several,
        "version": budget.version,
    }


def _saved_edit(
    request: HttpRequest, form: BudgetForm, budget: Budget, schedule: Schedule, now: datetime
) -> HttpResponse:
    draft = draft_of(form, now)
    if not form.is_valid():
        return form_page(request, form, draft, status=422)
    if form.cleaned_data["version"] != budget.version:
        return _conflict(request, form, draft, budget)
    change = _changes(form, budget, schedule)
    if not change.lines and not change.settings:
        messages.info(request, "Nothing was changed.")
        return redirect("budget", pk=budget.pk)
    shown: dict[str, Any] = {"changes": change.lines, "becomes": change.becomes}
    if change.lines and not _has_looked(request, form, draft, change):
        return form_page(request, form, draft, status=422, **shown)
    try:
        _save(request, form, budget, change, now)
    except BudgetRefused as error:
        refuse(form, error)
        return form_page(request, form, draft, status=422, **shown)
    except ChangedMeanwhile:
        budget.refresh_from_db()
        return _conflict(request, form, draft, budget)
    messages.success(request, words.saved(budget, form.start() if change.lines else None, now))
    return redirect("budget", pk=budget.pk)


def _changes(form: BudgetForm, budget: Budget, schedule: Schedule) -> Change:
    """Compare what was typed with what is stored."""
    new = dated(form.lines, form.start(), form.share())
    lines = differences(schedule, new, form.organization.currency)
    return Change(
        lines=lines,
        becomes=status_becomes(budget, form.period_of(form.today), new) if lines else None,
        settings={
            name: form.cleaned_data[name]
            for name in SETTINGS
            if form.cleaned_data[name] != getattr(budget, name)
        },
    )


def _save(
    request: HttpRequest, form: BudgetForm, budget: Budget, change: Change, now: datetime
) -> None:
    """Save settings and lines together. Raises BudgetRefused and ChangedMeanwhile."""
    by, seen = signature(request), form.cleaned_data["version"]
    with editing.together(now):
        if change.settings:
            editing.change(budget, now=now, by=by, seen=seen, **change.settings)
            seen = budget.version
        if change.lines:
            editing.revise(
                budget,
                lines=form.lines,
                now=now,
                by=by,
                seen=seen,
                effective_from=form.start(),
                workflow_share=form.share(),
                reason=form.cleaned_data["reason"],
                reason_required=True,
            )


def _has_looked(request: HttpRequest, form: BudgetForm, draft: Draft, change: Change) -> bool:
    """Tell whether exactly this change was looked at, doubted no more, and has a reason."""
    if request.POST.get("looked") != marked(*map(str, (*change.lines, change.becomes))):
        return False
    if len(form.cleaned_data["reason"]) < SHORTEST_REASON:
        form.add_error(
            "reason", f"Say why, in at least {SHORTEST_REASON} letters. It stays on record."
        )
        return False
    return is_sure(request, draft)


def _conflict(request: HttpRequest, form: BudgetForm, draft: Draft, budget: Budget) -> HttpResponse:
    """Show what somebody else has saved meanwhile; the next save goes over it knowingly."""
    who, at = editing.last_change(budget)
    schedule = schedule_of(budget)
    held = schedule.lines(form.period_of(form.today).start)
    return form_page(
        request,
        form,
        draft,
        status=409,
        conflict=words.quicker(who, at, form.organization.zone),
        theirs=words.lines_in_words(held, form.organization.currency),
        version=budget.version,
    )
