"""The first run: make the first admin, then say what to do next."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from finops.access import throttling
from finops.access.rights import Right, may
from finops.models import Organization, Person
from finops.organization import checklist, first_run, profile
from finops.runtime import start_token
from finops.waking import wake_zone_change
from finops.web.passwords import LONGEST_PASSWORD, PASSWORD_HELP
from finops.web.settings.fields import currency_field, fiscal_year_field, time_zone_field

_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


class FirstRunForm(forms.Form):
    """The token from the terminal, the first admin, and the organisation."""

    token = forms.CharField(
        label="Token from the terminal",
        max_length=100,
        help_text="Costline printed it when it started. "
        "To see it again, run <code>python manage.py starttoken</code>.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label="Your e-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    name = forms.CharField(
        label="Your name",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=LONGEST_PASSWORD,
        help_text=PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    organization = forms.CharField(
        label="Organisation",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    time_zone = time_zone_field()
    currency = currency_field()
    fiscal_year_start_month = fiscal_year_field()

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        """Start from what the installation has; the currency stays once there are calls."""
        super().__init__(*args, **kwargs)
        self.initial = {
            "time_zone": organization.time_zone,
            "currency": organization.currency,
            "fiscal_year_start_month": organization.fiscal_year_start_month,
            "organization": organization.name,
        }
        self.fields["currency"].disabled = not profile.is_ledger_empty()

    def clean_token(self) -> str:
        """Refuse any but the token, without a hint how near it was."""
        token: str = self.cleaned_data["token"]
        if not first_run.is_token(token):
            raise ValidationError("This is not the token that the terminal printed.")
        return token

    def clean(self) -> None:
        """Hold the password against the usual rules, and against its owner's name."""
        password = self.cleaned_data.get("password")
        if password:
            owner = Person(**{name: self.cleaned_data.get(name, "") for name in ("email", "name")})
            try:
                validate_password(password, owner)
            except ValidationError as error:
                self.add_error("password", error)

    def answers(self) -> first_run.Answers:
        """Give what was asked for, without the token."""
        return first_run.Answers(
            **{name: self.cleaned_data[name] for name in first_run.Answers._fields}
        )


class Step(NamedTuple):
    """One thing to do next: what, why, where, and whether it is done."""

    done: bool
    title: str
    text: str
    action: str
    route: str
    right: Right


@never_cache
@sensitive_post_parameters("password", "token")
@require_http_methods(["GET", "POST"])
def start_page(request: HttpRequest) -> HttpResponseBase:
    """Show people what to do next; let whoever has the token make the first admin."""
    if request.user.is_authenticated:
        return render(request, "pages/start/checklist.html", {"steps": _steps(request.user)})
    if first_run.is_over():
        start_token.burn()
        return redirect("sign-in")
    if request.method == "POST" and not throttling.may_try_token(request):
        return redirect("start")  # axes' middleware answers in its place
    form = FirstRunForm(request.POST or None, organization=Organization.current())
    if request.method == "POST":
        if form.is_valid():
            return _begin(request, form)
        if form.has_error("token") and form.data.get("token"):
            throttling.count_wrong_token(request)
    else:
        start_token.make()
    return render(request, "pages/start/first_run.html", {"form": form})


def _begin(request: HttpRequest, form: FirstRunForm) -> HttpResponseBase:
    try:
        person = first_run.begin(form.answers(), now=timezone.now())
    except first_run.FirstRunOver:
        return redirect("sign-in")
    except ValueError as error:
        form.add_error(None, str(error))
        return render(request, "pages/start/first_run.html", {"form": form})
    wake_zone_change()
    login(request, person, backend=_BACKEND)
    messages.success(request, "Saved. You are the first admin.")
    return redirect("start")


def _steps(person: Any) -> list[tuple[Step, bool]]:
    """Give the steps, each with whether this person may take it."""
    done = checklist.done()
    steps = [
        Step(
            done.calls,
            "Connect a source or import a file",
            "Calls come in by file, by API or from a watched folder.",
            "Open data",
            "data",
            Right.CONNECT,
        ),
        Step(
            done.names,
            "Name teams, features and their owners",
            "Readers see names that they know, and whom to ask.",
            "Open names and owners",
            "values",
            Right.CONNECT,
        ),
        Step(
            done.people,
            "Invite people",
            "Give each the role that fits; finance and engineering see different tools.",
            "Open people",
            "settings-people",
            Right.ADMINISTER,
        ),
        Step(
            done.prices,
            "Check prices",
            "Every call has a price once this is done. Add your own where the price book has none.",
            "Open prices",
            "prices",
            Right.SET_MONEY,
        ),
    ]
    return [(step, may(person, step.right)) for step in steps]


urlpatterns = [path("start/", start_page, name="start")]
