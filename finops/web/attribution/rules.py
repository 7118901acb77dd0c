"""The rules in the order in which they are asked; adding, trying and changing one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from finops.access.change_log import history
from finops.access.rights import Right
from finops.attribution import words
from finops.attribution.queries import rules
from finops.attribution.refusals import ChangedMeanwhile, Gone, Refused
from finops.attribution.rules import add_rule, change_rule, version
from finops.domain import display
from finops.models import AttributionRule, Organization, Source
from finops.revaluation.trial import LATEST, Trial, decided_lately, latest_calls, try_rule
from finops.web.attribution.forms import RuleForm
from finops.web.requests import page_number, signature, text, who_was_quicker
from finops.web.rights import needs

PER_PAGE: Final = 50
_SAVED: Final = "New calls use it from now on. Attribute history again to apply it to older calls."


@needs(Right.SEE)
def listed(request: HttpRequest) -> HttpResponse:
    """List the rules: which calls, what they get, from when, and how much each decides."""
    zone, now = Organization.current().zone, timezone.now()
    asked = Paginator(AttributionRule.objects.order_by("position"), PER_PAGE)
    page = asked.get_page(page_number(request))
    decided, moved = decided_lately(), text(request, "moved", 18)
    context = {
        "page": page,
        "rows": [
            _row(rule, decided, now, zone) | {"has_moved": str(rule.pk) == moved} for rule in page
        ],
        "latest": LATEST,
    }
    return render(request, "pages/attribution/rules.html", context)


@needs(Right.CONNECT)
def add(request: HttpRequest) -> HttpResponse:
    """Write a rule down, try it, save it."""
    zone, now = Organization.current().zone, timezone.now()
    today = now.astimezone(zone).date()
    if request.method != "POST":
        return _form_page(request, RuleForm(zone=zone, today=today))
    form = RuleForm(request.POST, zone=zone, today=today)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    position = form.cleaned_data["position"]
    if request.POST.get("do") == "try":
        place = position or AttributionRule.objects.count() + 1
        return _form_page(request, form, trial=_trial(form, place=place))
    try:
        rule = add_rule(form.rule_fields(), by=signature(request), now=now, position=position)
    except Refused as error:
        form.add_error(None, str(error))
        return _form_page(request, form, status=422)
    messages.success(request, f"Saved. {_SAVED}")
    return _to_its_row(rule)


@needs(Right.CONNECT)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rule, from a day on or for all its calls; try the change before."""
    rule = get_object_or_404(AttributionRule, pk=pk)
    zone, now = Organization.current().zone, timezone.now()
    today = now.astimezone(zone).date()
    if request.method != "POST":
        return _form_page(request, RuleForm(zone=zone, today=today, rule=rule), rule=rule)
    form = RuleForm(request.POST, zone=zone, today=today, rule=rule)
    if not form.is_valid():
        return _form_page(request, form, rule=rule, status=422)
    if request.POST.get("do") == "try":
        trial = _trial(form, place=rule.position, replaces=rule.pk)
        return _form_page(request, form, rule=rule, trial=trial)
    return _save(request, form, rule, now)


def _save(
    request: HttpRequest, form: RuleForm, rule: AttributionRule, now: datetime
) -> HttpResponse:
    try:
        changed = change_rule(
            rule.pk,
            form.rule_fields(),
            seen=form.cleaned_data["seen"],
            by=signature(request),
            now=now,
            since=form.change_since(),
        )
    except Refused as error:
        form.add_error(None, str(error))
        return _form_page(request, form, rule=rule, status=422)
    except ChangedMeanwhile:
        return _overtaken(request, rule, now)
    except Gone:
        messages.error(request, "Somebody deleted this rule. Nothing was saved.")
        return redirect("rules")
    messages.success(request, f"Saved. {_SAVED}")
    return _to_its_row(changed)


def _overtaken(request: HttpRequest, rule: AttributionRule, now: datetime) -> HttpResponse:
    """Show what was typed beside what is stored; whoever saves again has seen both."""
    rule.refresh_from_db()
    zone = Organization.current().zone
    typed = request.POST.dict() | {"seen": version(rule)}
    form = RuleForm(typed, zone=zone, today=now.astimezone(zone).date(), rule=rule)
    form.add_error(
        None, f"{who_was_quicker(rule)} Your values are below. Save again to replace theirs."
    )
    return _form_page(request, form, rule=rule, theirs=rule, status=409)


def _trial(form: RuleForm, *, place: int, replaces: int | None = None) -> Trial:
    return try_rule(
        form.rule_fields().as_rule(0),
        calls=latest_calls(),
        rules=rules(),
        place=place,
        replaces=replaces,
    )


def _form_page(
    request: HttpRequest,
    form: RuleForm,
    *,
    rule: AttributionRule | None = None,
    theirs: AttributionRule | None = None,
    trial: Trial | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "rule": rule,
        "trial": trial,
        "latest": LATEST,
        "theirs": theirs and _said(theirs),
        "sources": Source.objects.order_by("name").values_list("name", flat=True)[:200],
        "history": history(rule) if rule else [],
    }
    return render(request, "pages/attribution/rule.html", context, status=status)


def _row(
    rule: AttributionRule, decided: dict[int, int], now: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    return _said(rule) | {
        "decided": decided.get(rule.pk, 0),
        "dates": _dates(rule, zone),
        "is_over": rule.effective_to is not None and rule.effective_to <= now,
        "is_coming": rule.effective_from is not None and rule.effective_from > now,
    }


def _said(rule: AttributionRule) -> dict[str, Any]:
    return {"rule": rule, "conditions": words.conditions(rule), "outcome": words.outcome(rule)}


def _dates(rule: AttributionRule, zone: ZoneInfo) -> str:
    begins, ends = (
        display.day(instant.astimezone(zone).date()) if instant else ""
        for instant in (rule.effective_from, rule.effective_to)
    )
    if begins and ends:
        return f"From {begins}, before {ends}"
    return f"From {begins}" if begins else f"Before {ends}" if ends else "Always"


def _to_its_row(rule: AttributionRule) -> HttpResponse:
    return redirect(row_address(rule))


def row_address(rule: AttributionRule) -> str:
    """Give the address of the list, on the page and at the row of a rule."""
    page = (rule.position - 1) // PER_PAGE + 1
    return f"{reverse('rules')}?page={page}&moved={rule.pk}#rule-{rule.pk}"
