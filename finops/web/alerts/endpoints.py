"""Endpoints: add, change, try, pause, give another secret, remove. Secrets are shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.alerts import endpoints
from finops.alerts.endpoints import EndpointRefused
from finops.alerts.targets import LONGEST_URL, host_of
from finops.models import Delivery, Endpoint
from finops.waking import wake_sending
from finops.web.alerts.log import rows
from finops.web.requests import signature
from finops.web.rights import needs

_KINDS = (
    (Endpoint.SLACK, "Slack, or a chat that understands Slack's webhooks"),
    (Endpoint.WEBHOOK, "A program of your own, by a signed webhook"),
)
_LAST = 5


class ChangeForm(forms.Form):
    """What may change of an endpoint."""

    name = forms.CharField(
        max_length=200,
        help_text="What the log calls it.",
        error_messages={"required": "Name the endpoint."},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    url = forms.CharField(
        label="Address",
        max_length=LONGEST_URL,
        required=False,
        widget=forms.URLInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    only_red = forms.BooleanField(label="Only red", required=False)


class AddForm(ChangeForm):
    """A new endpoint."""

    field_order = ("kind", "name", "url", "only_red")

    kind = forms.ChoiceField(
        label="What is it?",
        choices=_KINDS,
        initial=Endpoint.SLACK,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it is."},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        """Ask for the address, which a change may leave as it is."""
        super().__init__(*args, **options)
        self.fields["url"].required = True
        self.fields["url"].error_messages["required"] = "Enter the address."
        self.fields["url"].help_text = "Begins with https://. It is kept secret."


@sensitive_post_parameters("url")
@needs(Right.SET_MONEY)
@never_cache
def add(request: HttpRequest) -> HttpResponse:
    """Add an endpoint; a signed one shows its secret, this once."""
    form = AddForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _refusing(
            form,
            lambda: endpoints.add_endpoint(
                **form.cleaned_data, by=signature(request), now=timezone.now()
            ),
        )
        if made is not None:
            return _show(request, made, secret=made.secret, is_new=True)
    status = 422 if form.is_bound else 200
    return render(request, "pages/alerts/endpoint_add.html", {"form": form}, status=status)


@sensitive_post_parameters("url")
@needs(Right.SET_MONEY)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an endpoint and what was sent there last; take changes."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    if request.method != "POST":
        return _show(request, endpoint)
    form = ChangeForm(request.POST)
    if form.is_valid() and _refusing(
        form, lambda: endpoints.change_endpoint(endpoint, **form.cleaned_data)
    ):
        messages.success(request, f"Saved. {endpoint.name} is changed.")
        return redirect("alert-endpoint", pk=pk)
    endpoint.refresh_from_db()
    return _show(request, endpoint, form=form, status=422)


@require_POST
@needs(Right.SET_MONEY)
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Send nothing there until it is resumed."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    endpoints.pause_endpoint(endpoint)
    messages.success(request, f"Saved. Nothing is sent to {endpoint.name} any more.")
    return redirect("alert-endpoint", pk=pk)


@require_POST
@needs(Right.SET_MONEY)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Send alerts there again."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    endpoints.resume_endpoint(endpoint)
    messages.success(request, f"Saved. Alerts go to {endpoint.name} again.")
    return redirect("alert-endpoint", pk=pk)


@require_POST
@needs(Right.SET_MONEY)
def send_a_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test message and show what becomes of it."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    if not endpoint.is_active:
        messages.error(request, "Nothing was sent. Resume the endpoint first.")
        return redirect("alert-endpoint", pk=pk)
    delivery = endpoints.send_test(endpoint, now=timezone.now())
    wake_sending()
    messages.success(request, "The test message is on its way.")
    return redirect("alert-message", pk=delivery.pk)


@require_POST
@needs(Right.SET_MONEY)
@never_cache
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a signed endpoint another secret, and show it, this once."""
    endpoint = get_object_or_404(Endpoint, pk=pk, kind=Endpoint.WEBHOOK)
    return _show(request, endpoint, secret=endpoints.rotate_secret(endpoint))


@require_POST
@needs(Right.SET_MONEY)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget an endpoint; what was sent stays in the log."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    endpoints.remove_endpoint(endpoint)
    messages.success(request, f"Removed. {endpoint.name} gets nothing any more.")
    return redirect("alert-settings")


def _refusing(form: forms.Form, save: Callable[[], Endpoint]) -> Endpoint | None:
    """Save, or let the form say why not."""
    try:
        return save()
    except EndpointRefused as error:
        form.add_error(error.field, str(error))
        return None


def _show(
    request: HttpRequest,
    endpoint: Endpoint,
    *,
    form: forms.Form | None = None,
    status: int = 200,
    **once: object,
) -> HttpResponse:
    last = Delivery.objects.filter(endpoint=endpoint).select_related("alert", "carried_by")
    initial = {"name": endpoint.name, "only_red": endpoint.only_red}
    shown = form or ChangeForm(initial=initial)
    shown.fields[
        "url"
    ].help_text = f"Empty keeps the one at {host_of(endpoint.url)}, which is not shown."
    context = {
        "endpoint": endpoint,
        "host": host_of(endpoint.url),
        "form": shown,
        "rows": rows(list(last.order_by("-queued_at", "-pk")[:_LAST])),
    }
    return render(request, "pages/alerts/endpoint.html", context | once, status=status)
