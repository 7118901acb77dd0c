"""The organisation: its name, fiscal year and currency, and its reporting clock."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from finops.access.rights import Right
from finops.models import Organization, ZoneChange
from finops.organization import clock, profile
from finops.waking import wake_zone_change
from finops.web.rights import needs
from finops.web.settings.fields import currency_field, fiscal_year_field, time_zone_field
from finops.web.settings.room import show

_SHOWN: Final = 20


class OrganizationForm(forms.Form):
    """What the organisation is called, and how its year and money are counted."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    fiscal_year_start_month = fiscal_year_field()
    currency = currency_field()

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        """Start from what is; the currency stays once there are calls."""
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(organization, name) for name in self.fields}
        self.fields["currency"].disabled = not profile.is_ledger_empty()


class ZoneForm(forms.Form):
    """Another reporting time zone, and why."""

    time_zone = time_zone_field()
    reason = forms.CharField(
        label="Reason",
        max_length=500,
        help_text="It stays in the history, for whoever compares old reports.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_http_methods(["GET", "POST"])
@needs(Right.ADMINISTER)
def organization_page(request: HttpRequest) -> HttpResponseBase:
    """Show and change the organisation; ``?zone=`` fills in a change back."""
    organization = Organization.current()
    form = OrganizationForm(request.POST or None, organization=organization)
    if request.method == "POST" and form.is_valid():
        try:
            profile.describe(**form.cleaned_data)
        except ValueError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved. The organisation is changed.")
            return redirect("settings-organization")
    zone = request.GET.get("zone", "") or organization.time_zone
    return _show(request, form, ZoneForm(initial={"time_zone": zone}))


@require_POST
@needs(Right.ADMINISTER)
def change_zone(request: HttpRequest) -> HttpResponseBase:
    """Put a change of the time zone on record, and wake a worker for it."""
    form = ZoneForm(request.POST)
    if form.is_valid():
        try:
            job = clock.request_zone_change(
                form.cleaned_data["time_zone"],
                reason=form.cleaned_data["reason"],
                by=request.user.email,  # type: ignore[union-attr]  # `needs` let a person in
                now=timezone.now(),
            )
        except ValueError as error:
            form.add_error("time_zone", str(error))
        else:
            wake_zone_change()
            messages.success(
                request, f"Saved. All figures are being cut anew for {job.after}, all at once."
            )
            return redirect("settings-organization")
    return _show(request, OrganizationForm(organization=Organization.current()), form)


@require_GET
@needs(Right.ADMINISTER)
def zone_state(request: HttpRequest) -> HttpResponseBase:
    """Show how far a change is, and the changes before it: the live part of the page."""
    return render(request, "pages/settings/_zone.html", _zone_context())


def _show(request: HttpRequest, form: OrganizationForm, zone: ZoneForm) -> HttpResponseBase:
    context = {"form": form, "zone_form": zone, "wrong": form if form.errors else zone}
    return show(request, "settings-organization", "organization", context | _zone_context())


def _zone_context() -> dict[str, Any]:
    job = clock.under_way()
    return {
        "job": job,
        "progress": clock.Progress.of(job) if job else None,
        "history": ZoneChange.objects.order_by("-pk")[:_SHOWN],
        "zone_now": Organization.current().time_zone,
    }
