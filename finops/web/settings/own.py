"""Everybody's own settings: what they are called, and their password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from finops.access.rights import Right
from finops.models import Person
from finops.web.passwords import OtherPassword
from finops.web.rights import needs
from finops.web.settings.room import show


class ProfileForm(forms.Form):
    """What a person is called."""

    name = forms.CharField(
        label="Your name",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


@require_http_methods(["GET", "POST"])
@needs(Right.SEE)
def own_page(request: HttpRequest) -> HttpResponseBase:
    """Show and change the person's own name."""
    person = _fresh(request)
    form = ProfileForm(request.POST or None, initial={"name": person.name})
    if request.method == "POST" and form.is_valid():
        person.name = form.cleaned_data["name"]
        person.save(update_fields=["name"])
        messages.success(request, "Saved. Your name is changed.")
        return redirect("settings")
    return _show(request, form, OtherPassword(person))


@require_POST
@sensitive_post_parameters()
@needs(Right.SEE)
def password(request: HttpRequest) -> HttpResponseBase:
    """Change the person's own password; their other sessions end."""
    person = _fresh(request)
    form = OtherPassword(person, request.POST)
    if not form.is_valid():
        return _show(request, ProfileForm(initial={"name": person.name}), form)
    form.save()
    update_session_auth_hash(request, person)
    messages.success(request, "Saved. Your password is changed; other devices are signed out.")
    return redirect("settings")


def _fresh(request: HttpRequest) -> Person:
    """Give the person apart from ``request.user``, which the frame shows whatever a form does."""
    return Person.objects.get(pk=str(request.user.pk))


def _show(request: HttpRequest, profile: ProfileForm, password: OtherPassword) -> HttpResponseBase:
    wrong = profile if profile.errors else password
    context: dict[str, Any] = {"profile": profile, "password": password, "wrong": wrong}
    return show(request, "settings", "own", context)
