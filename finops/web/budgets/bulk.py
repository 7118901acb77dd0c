"""Raising or lowering the ticked budgets: what it would do, why, and all of them or none."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from finops.access.rights import Right
from finops.budgets import bulk
from finops.budgets.amounts import currency_name
from finops.budgets.bulk import Moved
from finops.budgets.refusals import BudgetRefused, ChangedMeanwhile
from finops.domain import display
from finops.models import Budget, Organization
from finops.web.budgets.drafts import marked
from finops.web.budgets.fields import GoodReasonField, LineField
from finops.web.requests import signature
from finops.web.rights import needs

#: Which lines move, with the words of the choice.
_WHICH: Final = {
    "both": ("Yellow and red", ("yellow", "red")),
    "red": ("Red only", ("red",)),
    "yellow": ("Yellow only", ("yellow",)),
    "all": ("Yellow, red and planned", bulk.LINES),
}


class BulkForm(forms.Form):
    """By how much, in which direction, which lines, and why."""

    direction = forms.ChoiceField(
        choices=[("raise", "Raise"), ("lower", "Lower")],
        label="What to do",
        initial="raise",
        widget=forms.RadioSelect,
    )
    which = forms.ChoiceField(
        choices=[(key, words) for key, (words, _) in _WHICH.items()],
        label="Which lines",
        initial="both",
    )

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        """Ask in the organisation's currency."""
        super().__init__(*args, **options)
        self.fields["amount"] = LineField(
            currency=currency,
            label=f"By how much, {currency_name(currency)}",
            error_messages={"required": "Enter by how much, such as 500."},
        )
        self.fields["reason"] = GoodReasonField(required=False)

    def clean_amount(self) -> Any:
        """Refuse a change by nothing."""
        if self.cleaned_data["amount"] == 0:
            raise forms.ValidationError("Enter more than 0.")
        return self.cleaned_data["amount"]


@needs(Right.SET_MONEY)
def bulk_change(request: HttpRequest) -> HttpResponse:
    """Ask, show what it would do, and do it once that was looked at."""
    now, currency = timezone.now(), Organization.current().currency
    given = request.POST if request.method == "POST" else request.GET
    chosen = _chosen(given)
    if not chosen:
        messages.error(request, "Tick the budgets to change first.")
        return redirect("budgets")
    form = BulkForm(request.POST or None, currency=currency)
    moved: list[Moved] = []
    if form.is_valid():
        values = form.cleaned_data
        which = _WHICH[values["which"]][1]
        moved = bulk.move(
            chosen, values["amount"], values["direction"], which, now=now, currency=currency
        )
        if _looked(request, form, moved) and (answer := _saved(request, form, moved, now)):
            return answer
    if moved:
        form.fields["reason"].required = True  # by now it is
    context = {
        "form": form,
        "chosen": chosen,
        "moved": moved,
        "can_be_saved": moved and not any(each.problem for each in moved),
        "looked": _mark(moved),
    }
    status = 422 if form.is_bound else 200
    return render(request, "pages/budgets/bulk.html", context, status=status)


def _chosen(given: QueryDict) -> list[Budget]:
    asked = [int(each) for each in given.getlist("budget")[: bulk.MOST] if _is_number(each)]
    return list(Budget.objects.filter(pk__in=asked, stopped_from=None).order_by("name", "pk"))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _mark(moved: list[Moved]) -> str:
    """Mark what is shown: budgets in their versions, and what would become of them."""
    return marked(*(f"{each.budget.pk} {each.budget.version} {each.changes}" for each in moved))


def _looked(request: HttpRequest, form: BulkForm, moved: list[Moved]) -> bool:
    """Tell whether exactly this was looked at and is asked to be saved."""
    if request.POST.get("do") != "save":
        return False
    if request.POST.get("looked") != _mark(moved):
        form.add_error(None, "The budgets or your amounts have changed. Look at it again.")
        return False
    return True


def _saved(
    request: HttpRequest, form: BulkForm, moved: list[Moved], now: datetime
) -> HttpResponse | None:
    seen = {each.budget.pk: each.budget.version for each in moved}
    reason = form.cleaned_data["reason"]
    try:
        count = bulk.save(moved, reason=reason, now=now, by=signature(request), seen=seen)
    except BudgetRefused as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
    except ChangedMeanwhile as error:
        form.add_error(None, f"Nothing was saved. {error} Look at it again.")
    else:
        messages.success(request, f"Saved. {display.counted(count, 'budget')} changed.")
        return redirect("budgets")
    return None
