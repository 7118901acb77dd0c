"""One rule of what is AI: written, tried in dollars, saved, changed from a day on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from finops.access.change_log import history
from finops.access.rights import Right
from finops.attribution.refusals import ChangedMeanwhile, Gone, Refused
from finops.classification.editing import add_kind_rule, change_kind_rule, version
from finops.classification.trial import Trial, try_kind_rule
from finops.models import ChargeKindRule
from finops.web.bills.kinds.forms import PREFILLED, KindForm
from finops.web.bills.kinds.listing import SAVED, row_address, said
from finops.web.requests import signature, text, who_was_quicker
from finops.web.rights import needs

#: For how many days a rule may be tried.
TRIED_DAYS: Final = {"try": 30, "try-90": 90}


@needs(Right.IMPORT_BILLS)
def add(request: HttpRequest) -> HttpResponse:
    """Write a rule down, try it, save it."""
    now = timezone.now()
    today = now.astimezone(UTC).date()
    if request.method != "POST":
        return _page(request, KindForm(today=today, initial=_prefilled(request)))
    form = KindForm(request.POST, today=today)
    if not form.is_valid():
        return _page(request, form, status=422)
    position = form.cleaned_data["position"]
    if trial := _trial(request, form, now, place=position or 1):
        return _page(request, form, trial=trial)
    try:
        rule = add_kind_rule(form.rule_fields(), by=signature(request), now=now, position=position)
    except Refused as error:
        form.add_error(None, str(error))
        return _page(request, form, status=422)
    messages.success(request, f"Saved. {SAVED}")
    return redirect(row_address(rule))


@needs(Right.IMPORT_BILLS)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rule, from a day on or for all its charges; try the change before."""
    rule = get_object_or_404(ChargeKindRule, pk=pk)
    now = timezone.now()
    today = now.astimezone(UTC).date()
    if request.method != "POST":
        return _page(request, KindForm(today=today, rule=rule), rule=rule)
    form = KindForm(request.POST, today=today, rule=rule)
    if not form.is_valid():
        return _page(request, form, rule=rule, status=422)
    if trial := _trial(request, form, now, place=rule.position, replaces=rule.pk):
        return _page(request, form, rule=rule, trial=trial)
    return _save(request, form, rule, now)


def _save(
    request: HttpRequest, form: KindForm, rule: ChargeKindRule, now: datetime
) -> HttpResponse:
    try:
        changed = change_kind_rule(
            rule.pk,
            form.rule_fields(),
            seen=form.cleaned_data["seen"],
            by=signature(request),
            now=now,
            since=form.change_since(),
        )
    except Refused as error:
        form.add_error(None, str(error))
        return _page(request, form, rule=rule, status=422)
    except ChangedMeanwhile:
        return _overtaken(request, rule, now)
    except Gone:
        messages.error(request, "Somebody deleted this rule. Nothing was saved.")
        return redirect("bills-kinds")
    messages.success(request, f"Saved. {SAVED}")
    return redirect(row_address(changed))


def _overtaken(request: HttpRequest, rule: ChargeKindRule, now: datetime) -> HttpResponse:
    """Show what was typed beside what is stored; whoever saves again has seen both."""
    rule.refresh_from_db()
    typed = request.POST.dict() | {"seen": version(rule)}
    form = KindForm(typed, today=now.astimezone(UTC).date(), rule=rule)
    form.add_error(
        None, f"{who_was_quicker(rule)} Your values are below. Save again to replace theirs."
    )
    return _page(request, form, rule=rule, theirs=rule, status=409)


def _trial(
    request: HttpRequest, form: KindForm, now: datetime, *, place: int, replaces: int | None = None
) -> Trial | None:
    """Try what was typed, when that was asked for."""
    days = TRIED_DAYS.get(request.POST.get("do", ""))
    if days is None:
        return None
    candidate = form.rule_fields().as_rule(0)
    return try_kind_rule(candidate, place=place, until=now, days=days, replaces=replaces)


def _prefilled(request: HttpRequest) -> dict[str, Any]:
    """Begin with what the address says of the charges; a bar in a text would read as an or."""
    return {
        name: text(request, name, 500).replace("|", "*").replace("\0", "") for name in PREFILLED
    }


def _page(
    request: HttpRequest,
    form: KindForm,
    *,
    rule: ChargeKindRule | None = None,
    theirs: ChargeKindRule | None = None,
    trial: Trial | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "rule": rule,
        "trial": trial,
        "theirs": theirs and said(theirs),
        "history": history(rule) if rule else [],
    }
    return render(request, "pages/bills/kinds/rule.html", context, status=status)
