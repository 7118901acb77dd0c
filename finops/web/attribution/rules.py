"""The rules in the order in which they are asked; adding, trying and changing one."""

from __future__ import annotations

from collections.abc import Mapping
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
from finops.access.rights import Right, may
from finops.attribution import words
from finops.attribution.refusals import ChangedMeanwhile, Gone, Refused
from finops.attribution.rules import RuleFields, add_rule, change_rule, version
from finops.domain import display
from finops.models import AttributionRule, Organization, Source
from finops.revaluation.plan import queue_for_rule
from finops.revaluation.trial import LATEST, decided_lately
from finops.waking import wake_revaluations
from finops.web.attribution.previewing import tried
from finops.web.attribution.rule_form import RuleForm
from finops.web.attribution.told import told
from finops.web.requests import page_number, signature, text, who_was_quicker
from finops.web.rights import needs, refuse

PER_PAGE: Final = 50
_SAVED: Final = "It decides what comes in from now on. Attribute history again for what is here."
#: How much of a parameter is read: one more than a field takes, so that the form can say so.
_LONGEST: Final = 501


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
            _row(rule, decided, now, zone)
            | {"has_moved": str(rule.pk) == moved, "may_change": may_write(request, rule)}
            for rule in page
        ],
        "latest": LATEST,
    }
    return render(request, "pages/attribution/rules.html", context)


@needs(Right.IMPORT_BILLS)
def add(request: HttpRequest) -> HttpResponse:
    """Write a rule down, try it, save it. An address may fill it in: ``?service=…&dimension=team``.

    Whoever may only assign charges writes rules that no call can meet.
    """
    now, form = timezone.now(), _form(request)
    if request.method != "POST":
        return _form_page(request, form)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    position = form.cleaned_data["position"]
    if request.POST.get("do") == "try":
        place = position or AttributionRule.objects.count() + 1
        return _form_page(request, form, tried=tried(form.rule_fields(), place=place))
    try:
        rule = add_rule(form.rule_fields(), by=signature(request), now=now, position=position)
    except Refused as error:
        form.add_error(None, str(error))
        return _form_page(request, form, status=422)
    return _saved(request, form, rule)


@needs(Right.IMPORT_BILLS)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rule, from a day on or for everything it is about; try the change before."""
    rule = get_object_or_404(AttributionRule, pk=pk)
    if not may_write(request, rule):
        return refuse(request, Right.CONNECT)
    form = _form(request, rule)
    if request.method != "POST":
        return _form_page(request, form, rule=rule)
    if not form.is_valid():
        return _form_page(request, form, rule=rule, status=422)
    if request.POST.get("do") == "try":
        found = tried(
            form.rule_fields(), place=rule.position, replaces=rule, since=form.change_since()
        )
        return _form_page(request, form, rule=rule, tried=found)
    return _save(request, form, rule, timezone.now())


def may_write(request: HttpRequest, rule: AttributionRule) -> bool:
    """Say whether the visitor may change a rule: of charges, or any."""
    return may(request.user, Right.CONNECT) or (
        may(request.user, Right.IMPORT_BILLS) and RuleFields.of(rule).is_of_charges
    )


def _form(
    request: HttpRequest,
    rule: AttributionRule | None = None,
    *,
    typed: dict[str, Any] | None = None,
) -> RuleForm:
    zone, now = Organization.current().zone, timezone.now()
    return RuleForm(
        typed or (request.POST if request.method == "POST" else None),
        initial=_filled_in(request) if rule is None else {},
        zone=zone,
        today=now.astimezone(zone).date(),
        rule=rule,
        charges_only=not may(request.user, Right.CONNECT),
    )


def _filled_in(request: HttpRequest) -> dict[str, str]:
    """Read what an address fills in; the form judges it like anything typed."""
    names = {*RuleFields.__dataclass_fields__, "history"} & request.GET.keys()
    return {name: text(request, name, _LONGEST) for name in names}


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
        return _overtaken(request, rule)
    except Gone:
        messages.error(request, "Somebody deleted this rule. Nothing was saved.")
        return redirect("rules")
    return _saved(request, form, changed)


def _saved(request: HttpRequest, form: RuleForm, rule: AttributionRule) -> HttpResponse:
    """Lead to the rule's row, or to the previews of the runs that apply it to history."""
    if not form.cleaned_data["history"]:
        messages.success(request, f"Saved. {_SAVED}")
        return redirect(row_address(rule))
    runs = queue_for_rule(
        RuleFields.of(rule),
        now=timezone.now(),
        by=signature(request),
        since=form.change_since() if "since" in form.fields else None,
    )
    if not runs:
        messages.success(request, "Saved. There is no history yet to apply it to.")
        return redirect(row_address(rule))
    wake_revaluations()
    messages.success(request, "Saved. Below is what it changes in history. Apply it, or drop it.")
    if len(runs) > 1:
        return redirect("attribution-again")
    return redirect(told(runs[0])["route"], pk=runs[0].pk)


def _overtaken(request: HttpRequest, rule: AttributionRule) -> HttpResponse:
    """Show what was typed beside what is stored; whoever saves again has seen both."""
    rule.refresh_from_db()
    form = _form(request, rule, typed=request.POST.dict() | {"seen": version(rule)})
    form.add_error(
        None, f"{who_was_quicker(rule)} Your values are below. Save again to replace theirs."
    )
    return _form_page(request, form, rule=rule, theirs=rule, status=409)


def _form_page(
    request: HttpRequest,
    form: RuleForm,
    *,
    rule: AttributionRule | None = None,
    theirs: AttributionRule | None = None,
    tried: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "rule": rule,
        "tried": tried,
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


def row_address(rule: AttributionRule) -> str:
    """Give the address of the list, on the page and at the row of a rule."""
    page = (rule.position - 1) // PER_PAGE + 1
    return f"{reverse('rules')}?page={page}&moved={rule.pk}#rule-{rule.pk}"
