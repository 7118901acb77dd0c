"""Signing in and out, and the page behind an invitation or a link for a new password."""

from __future__ import annotations

from math import ceil
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse_lazy
from django.utils import timezone

from finops.access import throttling
from finops.access.changes import acting, unrecorded
from finops.models import Organization, Person
from finops.organization import first_run
from finops.web.passwords import LONGEST_PASSWORD, NewPassword


class SignInForm(AuthenticationForm):
    """E-mail address and password; what is wrong about them is never said."""

    error_messages = {
        "invalid_login": "The e-mail address or the password is wrong.",
        "inactive": "The e-mail address or the password is wrong.",
    }

    username = forms.CharField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_username(self) -> str:
        """Write the address in one way only, so that failures are counted together."""
        return str(self.cleaned_data["username"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        """Try the password. Hashing it anew, by a newer Django, changes no setting."""
        with unrecorded():
            return super().clean()


class SignIn(LoginView):
    """The door. ``next`` leads on, but never to another site."""

    template_name = "pages/sign_in/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead to the first run while nobody could sign in."""
        if not request.user.is_authenticated and first_run.comes_first():
            return redirect("start")
        return super().dispatch(request, *args, **kwargs)


class SetPassword(PasswordResetConfirmView):
    """Sets a password by a link that an admin handed over; the link works once."""

    template_name = "pages/sign_in/set_password.html"
    form_class = NewPassword
    success_url = reverse_lazy("sign-in")
    post_reset_login = False

    def get_user(self, uidb64: str) -> Person | None:
        """Find whose link it is; none of somebody who was sent away."""
        person = super().get_user(uidb64)
        return person if isinstance(person, Person) and person.is_active else None

    def form_valid(self, form: NewPassword) -> HttpResponse:
        """Keep the password, on record as set by its owner, who starts without failures."""
        with acting(form.user):
            answer = super().form_valid(form)
        throttling.forgive(form.user.email)
        messages.success(self.request, "Saved. Sign in with your new password.")
        return answer


def locked_out(
    request: HttpRequest, answer: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Say when the next attempt may be made (429); the same whether there is such an account."""
    again = throttling.try_again_at(request, credentials)
    wait = max(ceil((again - timezone.now()).total_seconds()), 1)
    context = {"again": again, "minutes": ceil(wait / 60)}
    with timezone.override(Organization.current().zone):
        refusal = render(request, "pages/sign_in/locked_out.html", context, status=429)
    refusal["Retry-After"] = str(wait)
    return refusal


urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(http_method_names=["post"]), name="sign-out"),
    path("sign-in/link/<uidb64>/<token>/", SetPassword.as_view(), name="set-password"),
]
