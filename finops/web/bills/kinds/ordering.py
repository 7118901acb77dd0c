"""Rules move up, down and to a place without being dragged; and they end, or go."""

from __future__ import annotations

from datetime import UTC

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.attribution.refusals import ChangedMeanwhile, Gone, Refused
from finops.classification.editing import (
    delete_kind_rule,
    end_kind_rule,
    move_kind_rule,
    step_kind_rule,
    version,
)
from finops.models import ChargeKindRule
from finops.web.bills.kinds.forms import DELETE, END, MoveForm, RemoveForm
from finops.web.bills.kinds.listing import row_address, said
from finops.web.requests import who_was_quicker
from finops.web.rights import needs


@require_POST
@needs(Right.IMPORT_BILLS)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a rule, and lead back to its row, which says where it is now."""
    form = MoveForm(request.POST)
    step, to = (
        (form.cleaned_data["step"], form.cleaned_data["to"]) if form.is_valid() else (None, None)
    )
    if step is None and to is None:
        messages.error(request, "Nothing was moved. Enter a place from 1 on.")
        return redirect("bills-kinds")
    try:
        rule = step_kind_rule(pk, by=step) if step is not None else move_kind_rule(pk, to=to or 1)
    except Gone:
        messages.error(request, "Somebody deleted this rule. Nothing was moved.")
        return redirect("bills-kinds")
    last = ChargeKindRule.objects.count()
    messages.success(request, f"Saved. {rule.name} is number {rule.position} of {last}.")
    return redirect(row_address(rule))


@needs(Right.IMPORT_BILLS)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask how a rule should go: from a day on, or altogether."""
    rule = get_object_or_404(ChargeKindRule, pk=pk)
    first = {"how": END, "day": timezone.now().astimezone(UTC).date(), "seen": version(rule)}
    form = RemoveForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            return _go(request, form, rule)
        except Refused as error:
            form.add_error(None, str(error))
        except ChangedMeanwhile:
            rule.refresh_from_db()
            form = RemoveForm({**request.POST.dict(), "seen": version(rule)}, initial=first)
            form.add_error(None, f"{who_was_quicker(rule)} Look at it once more, then go on.")
        except Gone:
            messages.error(request, "Somebody else deleted this rule already.")
            return redirect("bills-kinds")
    status = 422 if form.is_bound else 200
    return render(
        request, "pages/bills/kinds/remove.html", {"form": form, **said(rule)}, status=status
    )


def _go(request: HttpRequest, form: RemoveForm, rule: ChargeKindRule) -> HttpResponse:
    given = form.cleaned_data
    if given["how"] == DELETE:
        delete_kind_rule(rule.pk, seen=given["seen"])
        messages.success(
            request, f"Deleted {rule.name}. Charges keep what it said until classified again."
        )
        return redirect("bills-kinds")
    end_kind_rule(rule.pk, seen=given["seen"], at=given["day"])
    messages.success(request, f"Saved. {rule.name} ends on that day.")
    return redirect(row_address(rule))
