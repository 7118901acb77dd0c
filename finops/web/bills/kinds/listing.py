"""The rules in the order in which they are asked, with their dollars; and what none has decided."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.attribution.refusals import Refused
from finops.classification.decided import Decided, decided_by_rule
from finops.classification.editing import add_kind_rule
from finops.classification.words import conditions, reading
from finops.classification.worklist import worklist
from finops.domain import display
from finops.models import ChargeKindRule
from finops.sql import snapshot
from finops.web.bills.kinds.forms import KIND_CHOICES, NamingForm
from finops.web.requests import signature, text
from finops.web.rights import needs

#: For how many days back the worklist looks.
LOOKS_BACK: Final = 60
SAVED: Final = "New bills use it from now on. Classify charges again to apply it to older ones."


@needs(Right.SEE)
def kinds(request: HttpRequest) -> HttpResponse:
    """List the rules, what each decided this month and last, and what waits for a rule."""
    today = timezone.now().astimezone(UTC).date()
    with snapshot():
        decided = decided_by_rule(today)
        waiting = worklist(*_window(today))
        rules = list(ChargeKindRule.objects.order_by("position"))
    moved = text(request, "moved", 18)
    context = {
        "rows": [
            _row(rule, decided, today) | {"has_moved": str(rule.pk) == moved} for rule in rules
        ],
        "last_position": len(rules),
        "undecided": decided.get(None, Decided()),
        "waiting": waiting,
        "days": LOOKS_BACK,
        "kinds": KIND_CHOICES,
        "this_month": today.replace(day=1),
        "last_month": (today.replace(day=1) - timedelta(days=1)).replace(day=1),
    }
    return render(request, "pages/bills/kinds/kinds.html", context)


@require_POST
@needs(Right.IMPORT_BILLS)
def naming(request: HttpRequest) -> HttpResponse:
    """Say in one step what charges of the worklist are."""
    form = NamingForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was saved. Choose what the charges pay for.")
        return redirect("bills-kinds")
    try:
        rule = add_kind_rule(form.rule_fields(), by=signature(request), now=timezone.now())
    except Refused as error:
        messages.error(request, f"Nothing was saved. {error}")
        return redirect("bills-kinds")
    messages.success(request, f"Saved as the rule {rule.name}. {SAVED}")
    return redirect(row_address(rule))


def row_address(rule: ChargeKindRule) -> str:
    """Give the address of the list, at the row of a rule."""
    return f"{reverse('bills-kinds')}?moved={rule.pk}#kind-{rule.pk}"


def dates(rule: ChargeKindRule) -> str:
    """Say when a rule is in force."""
    begins, ends = (
        display.day(each) if each else "" for each in (rule.effective_from, rule.effective_to)
    )
    if begins and ends:
        return f"From {begins}, before {ends}"
    return f"From {begins}" if begins else f"Before {ends}" if ends else "Always"


def said(rule: ChargeKindRule) -> dict[str, Any]:
    """Put a rule into words."""
    return {"rule": rule, "conditions": conditions(rule), "reading": reading(rule)}


def _row(rule: ChargeKindRule, decided: dict[int | None, Decided], today: date) -> dict[str, Any]:
    return said(rule) | {
        "decided": decided.get(rule.pk, Decided()),
        "dates": dates(rule),
        "is_over": rule.effective_to is not None and rule.effective_to <= today,
        "is_coming": rule.effective_from is not None and rule.effective_from > today,
    }


def _window(today: date) -> tuple[datetime, datetime]:
    """Look back from the end of the running day, in UTC as bills do."""
    until = datetime.combine(today + timedelta(days=1), time(), UTC)
    return until - timedelta(days=LOOKS_BACK), until
