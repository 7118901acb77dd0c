"""Rules move up, down and to a place without being dragged; and they end, or go."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.attribution.refusals import ChangedMeanwhile, Gone, Refused
from finops.attribution.rules import delete_rule, end_rule, move_rule, step_rule, version
from finops.attribution.words import conditions, outcome
from finops.domain.periods import day_start
from finops.models import AttributionRule, Organization
from finops.web.attribution.forms import DELETE, END, MoveForm, RemoveForm
from finops.web.attribution.rules import may_write, row_address
from finops.web.requests import who_was_quicker
from finops.web.rights import needs, refuse


@require_POST
@needs(Right.IMPORT_BILLS)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a rule, and lead back to its row, which says where it is now."""
    moved = AttributionRule.objects.filter(pk=pk).first()
    if moved is not None and not may_write(request, moved):
        return refuse(request, Right.CONNECT)
    form = MoveForm(request.POST)
    step, to = (
        (form.cleaned_data["step"], form.cleaned_data["to"]) if form.is_valid() else (None, None)
    )
    if step is None and to is None:
        messages.error(request, "Nothing was moved. Enter a place from 1 on.")
        return redirect("rules")
    try:
        rule = step_rule(pk, by=step) if step is not None else move_rule(pk, to=to or 1)
    except Gone:
        messages.error(request, "Somebody deleted this rule. Nothing was moved.")
        return redirect("rules")
    last = AttributionRule.objects.count()
    messages.success(request, f"Saved. {rule.name} is number {rule.position} of {last}.")
    return redirect(row_address(rule))


@needs(Right.IMPORT_BILLS)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask how a rule should go: from a day on, or altogether."""
    rule = get_object_or_404(AttributionRule, pk=pk)
    if not may_write(request, rule):
        return refuse(request, Right.CONNECT)
    zone = Organization.current().zone
    first = {"how": END, "day": timezone.now().astimezone(zone).date(), "seen": version(rule)}
    form = RemoveForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            return _go(request, form, rule)
        except Refused as error:
            form.add_error(None, str(error))
        except ChangedMeanwhile:
            rule.refresh_from_db()
            form = RemoveForm({**form.data.dict(), "seen": version(rule)}, initial=first)  # type: ignore[attr-defined]  # a QueryDict
            form.add_error(None, f"{who_was_quicker(rule)} Look at it once more, then go on.")
        except Gone:
            messages.error(request, "Somebody else deleted this rule already.")
            return redirect("rules")
    context = {
        "form": form,
        "rule": rule,
        "conditions": conditions(rule),
        "outcome": outcome(rule),
    }
    status = 422 if form.is_bound else 200
    return render(request, "pages/attribution/remove.html", context, status=status)


def _go(request: HttpRequest, form: RemoveForm, rule: AttributionRule) -> HttpResponse:
    given = form.cleaned_data
    if given["how"] == DELETE:
        delete_rule(rule.pk, seen=given["seen"])
        messages.success(
            request,
            f"Deleted {rule.name}. History keeps its values until you attribute it again.",
        )
        return redirect("rules")
    end_rule(rule.pk, seen=given["seen"], at=day_start(given["day"], Organization.current().zone))
    messages.success(request, f"Saved. {rule.name} ends on that day.")
    return redirect(row_address(rule))
