"""API keys: made and shown once, given another rate, revoked."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from finops.access.keys import create_key, revoke_key, set_rate
from finops.access.rights import Right, may
from finops.ledger.sources import source_named
from finops.models import ApiKey, Source
from finops.web.rights import needs, refuse
from finops.web.settings.room import show

_PER_PAGE: Final = 50
_HIGHEST_RATE: Final = 1_000_000
_SCOPES: Final = {
    ApiKey.WRITE: "Write: push calls of one source",
    ApiKey.READ: "Read: ask for costs and runs",
    ApiKey.ADMIN: "Admin: read, and write calls of one source",
}


class RateForm(forms.Form):
    """How many requests a minute a key may make."""

    rate = forms.IntegerField(
        label="Requests a minute",
        min_value=1,
        max_value=_HIGHEST_RATE,
        initial=600,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class KeyForm(RateForm):
    """What a key is for."""

    field_order = ("name", "scope", "source", "rate")
    use_required_attribute = False  # whether a source is needed depends on the scope

    name = forms.CharField(
        label="Name",
        max_length=200,
        help_text="Say which program uses it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(label="It may", initial=ApiKey.WRITE)
    source = forms.CharField(
        label="Source",
        max_length=200,
        error_messages={"required": "Name the source whose calls the key pushes."},
        help_text="Calls pushed with the key belong to it. A read key needs none.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "sources"}),
    )

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        """Offer the scopes that this person may give."""
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (scope, label) for scope, label in _SCOPES.items() if may(person, right_for(scope))
        ]

    def clean(self) -> None:
        """Ask for a source only where calls are written."""
        if self.cleaned_data.get("scope") == ApiKey.READ:
            self.cleaned_data["source"] = ""
            self.errors.pop("source", None)


def right_for(scope: str) -> Right:
    """Name the right that it takes to give, change or revoke a key of a scope."""
    return Right.CONNECT if scope == ApiKey.WRITE else Right.ADMINISTER


@require_http_methods(["GET", "POST"])
@needs(Right.CONNECT)
@never_cache
def keys_page(request: HttpRequest) -> HttpResponseBase:
    """List keys; a POST makes one and shows it, this once."""
    scope = request.POST.get("scope", "")
    if scope in ApiKey.SCOPES and not may(request.user, right_for(scope)):
        return refuse(request, right_for(scope))
    form = KeyForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made, token = create_key(
                name=given["name"],
                source=source_named(given["source"]) if given["source"] else None,
                scope=given["scope"],
                requests_per_minute=given["rate"],
                by=request.user.email,  # type: ignore[union-attr]  # `needs` let a person in
            )
        except ValueError as error:
            form.add_error(None, str(error))
        else:
            return _show(request, KeyForm(person=request.user), made=made, token=token)
    return _show(request, form)


@require_POST
@needs(Right.CONNECT)
def revoke(request: HttpRequest, key_id: int) -> HttpResponseBase:
    """End a key."""
    key = _key(key_id)
    if not may(request.user, right_for(key.scope)):
        return refuse(request, right_for(key.scope))
    revoke_key(key, timezone.now())
    messages.success(request, f"Saved. The key {key.name} is revoked.")
    return redirect("settings-keys")


@require_POST
@needs(Right.CONNECT)
def rate(request: HttpRequest, key_id: int) -> HttpResponseBase:
    """Let a key make more or fewer requests."""
    key = _key(key_id)
    if not may(request.user, right_for(key.scope)):
        return refuse(request, right_for(key.scope))
    form = RateForm(request.POST)
    if form.is_valid():
        allowed = form.cleaned_data["rate"]
        set_rate(key, allowed)
        messages.success(request, f"Saved. {key.name} may make {allowed:,} requests a minute.")
    else:
        messages.error(request, "Nothing was changed. A rate goes from 1 to 1,000,000.")
    return redirect("settings-keys")


def _key(key_id: int) -> ApiKey:
    key = ApiKey.objects.filter(pk=key_id).first()
    if key is None:
        raise Http404
    return key


def _show(request: HttpRequest, form: KeyForm, **shown: object) -> HttpResponseBase:
    keys = ApiKey.objects.select_related("source").order_by("-revoked_at", "-pk")
    page = Paginator(keys, _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [(key, may(request.user, right_for(key.scope))) for key in page],
        "sources": Source.objects.order_by("name").values_list("name", flat=True)[:500],
    }
    return show(request, "settings-keys", "keys", context | shown)
