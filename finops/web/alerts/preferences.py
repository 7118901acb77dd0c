"""How alerts are sent: who hears at red and when, quiet hours, the daily mail, endpoints."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from finops.access.rights import Right
from finops.alerts.attempts import sends_mail
from finops.alerts.preferences import change_preferences
from finops.models import AlertSettings, Endpoint, Organization, Person
from finops.web.rights import needs

_WEEK = 7 * 24 * 60


class ClockField(forms.TimeField):
    """A time of day; empty for none."""

    def __init__(self, *, example: str, **options: Any) -> None:
        """Take 22:00 as typed: the browser's own field would follow its language, not the house."""
        super().__init__(
            required=False,
            widget=forms.TimeInput(
                {"placeholder": example, "maxlength": 5, "autocomplete": "off"}, format="%H:%M"
            ),
            input_formats=["%H:%M", "%H.%M", "%H"],
            error_messages={"invalid": f"Enter a time such as {example}."},
            **options,
        )


class PreferencesForm(forms.Form):
    """The organisation's wishes."""

    escalate_to = forms.ModelChoiceField(
        label="Who is told at red",
        queryset=Person.objects.none(),
        required=False,
        empty_label="Everybody with the role Executive",
        help_text="A budget may name somebody else.",
    )
    escalate_after_minutes = forms.IntegerField(
        label="Minutes until then",
        min_value=0,
        max_value=_WEEK,
        help_text="Somebody who acknowledges in time spares them. 0 tells them at once.",
        widget=forms.NumberInput({"inputmode": "numeric"}),
        error_messages={
            "required": "Enter minutes; 0 is at once.",
            "invalid": "Enter whole minutes, such as 60.",
            "max_value": "Enter at most a week: 10080 minutes.",
        },
    )
    quiet_from = ClockField(label="Quiet from", example="22:00")
    quiet_until = ClockField(label="Quiet until", example="07:00")
    digest_at = ClockField(
        label="One mail a day at",
        example="08:30",
        help_text="Everything but red waits for it. Empty: each alert has its own mail.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offer the people who are here."""
        super().__init__(*args, **options)
        people = Person.objects.filter(is_active=True).order_by("name", "email")
        self.fields["escalate_to"].queryset = people  # type: ignore[attr-defined]  # a choice

    def clean(self) -> dict[str, Any]:
        """Check that the quiet has two ends, and that the daily mail comes outside it."""
        values: dict[str, Any] = super().clean() or {}
        if self.errors:
            return values
        begin, end, digest = values["quiet_from"], values["quiet_until"], values["digest_at"]
        if (begin is None) != (end is None):
            missing = "quiet_from" if begin is None else "quiet_until"
            self.add_error(missing, "Enter both ends of the quiet hours, or none.")
        elif begin is not None and begin == end:
            self.add_error("quiet_until", "Enter another time than the first: that is all day.")
        elif digest and AlertSettings(quiet_from=begin, quiet_until=end).is_quiet_at(digest):
            self.add_error("digest_at", "Choose a time outside the quiet hours.")
        return values


@needs(Right.SET_MONEY)
def preferences(request: HttpRequest) -> HttpResponse:
    """Show the wishes and the endpoints; take other wishes."""
    form = PreferencesForm(request.POST or None, initial=_initial())
    if request.method == "POST" and form.is_valid():
        change_preferences(**form.cleaned_data, now=timezone.now())
        messages.success(request, "Saved. It holds from the next message on.")
        return redirect("alert-settings")
    context = {
        "form": form,
        "endpoints": Endpoint.objects.order_by("name"),
        "zone_name": Organization.current().zone.key,
        "sends_mail": sends_mail(),
    }
    return render(
        request, "pages/alerts/settings.html", context, status=422 if form.is_bound else 200
    )


def _initial() -> dict[str, Any]:
    wishes = AlertSettings.current()
    return {
        "escalate_to": wishes.escalate_to_id,
        "escalate_after_minutes": wishes.escalate_after_minutes,
        "quiet_from": wishes.quiet_from,
        "quiet_until": wishes.quiet_until,
        "digest_at": wishes.digest_at,
    }
