"""One alert: what it said, who was told over which way, and who looks after it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.alerts.acknowledging import acknowledge
from finops.alerts.facts import CapFacts, Facts, read
from finops.alerts.links import within
from finops.alerts.log import deliveries_of
from finops.alerts.messages import told
from finops.alerts.words import said
from finops.domain import display
from finops.models import Alert, Organization
from finops.web.alerts import words
from finops.web.alerts.log import rows
from finops.web.bullets import Bullet, bullet
from finops.web.requests import signature
from finops.web.rights import needs


class AcknowledgeForm(forms.Form):
    """What whoever looks after an alert says about it."""

    note = forms.CharField(
        label="Note",
        required=False,
        max_length=2_000,
        widget=forms.Textarea({"rows": 2}),
        help_text="What you found, or what happens next. It stays on record.",
    )


@needs(Right.SEE)
def alert_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an alert with its figures as they were, and every message about it."""
    return _page(request, pk, AcknowledgeForm())


@require_POST
@needs(Right.TAKE_PART)
def acknowledge_it(request: HttpRequest, pk: int) -> HttpResponse:
    """Put on record that this person looks after an alert."""
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, form, status=422)
    try:
        alert, is_first = acknowledge(
            pk, by=signature(request), now=timezone.now(), note=form.cleaned_data["note"]
        )
    except Alert.DoesNotExist:
        raise Http404 from None
    if is_first:
        messages.success(request, "Saved. You acknowledged this alert.")
    else:
        at = display.moment(alert.acknowledged_at, Organization.current().zone)  # type: ignore[arg-type]  # it is acknowledged
        messages.info(request, f"{alert.acknowledged_by} had acknowledged it on {at}.")
    back = request.POST.get("back") == "log"
    return redirect("alerts") if back else redirect("alert", pk=pk)


def _page(request: HttpRequest, pk: int, form: AcknowledgeForm, status: int = 200) -> HttpResponse:
    alert = get_object_or_404(Alert.objects.select_related("budget", "cap"), pk=pk)
    context: dict[str, Any] = {
        "alert": alert,
        "severity": words.severity_of(alert),
        "told": _told(alert),
        "said": said(alert.title),
        "bullet": drawn(read(alert.facts)),
        "rows": rows(deliveries_of(alert)),
        "escalation": words.escalation(alert, Organization.current().zone),
        "form": form,
    }
    return render(request, "pages/alerts/alert.html", context, status=status)


def _told(alert: Alert) -> dict[str, Any]:
    """Give what the messages say, with links that stay on the host that the page came from."""
    found = told(alert)
    for name in ("links", "parts"):
        found[name] = [one._replace(href=within(one.href)) for one in found[name]]
    return found


def drawn(facts: Facts) -> Bullet | None:
    """Draw a budget against its lines as it stood when the alert was raised; caps have none."""
    if isinstance(facts, CapFacts) or facts.red is None:
        return None
    is_mild = facts.what == "heading" and facts.actual <= (facts.yellow or facts.red)
    colours = {"red": "red", "workflow_share": "red", "yellow": "yellow"}
    return bullet(
        actual=facts.actual,
        yellow=facts.yellow,
        red=facts.red,
        planned=facts.planned,
        forecast_mid=facts.forecast.mid if facts.forecast else None,
        status="green" if is_mild else colours.get(facts.what, "yellow"),
        currency=facts.currency,
    )
