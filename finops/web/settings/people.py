"""People and roles: invite, change a role, hand over a link, deactivate, take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from finops.access import people
from finops.access.rights import RIGHTS, ROLE_NAMES, Right
from finops.models import Person
from finops.web.rights import needs
from finops.web.settings.room import show

_PER_PAGE: Final = 50
_DAY: Final = 24 * 3600


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label="Name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label="Role", choices=list(ROLE_NAMES.items()), initial="viewer")


@require_http_methods(["GET", "POST"])
@needs(Right.ADMINISTER)
@never_cache
def people_page(request: HttpRequest) -> HttpResponseBase:
    """List people; a POST invites one and shows the link, this once."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = people.invite(**form.cleaned_data)
        except ValueError as error:
            form.add_error("email", str(error))
        else:
            return _show(request, InviteForm(), linked=person)
    return _show(request, form)


@require_POST
@needs(Right.ADMINISTER)
def change_role(request: HttpRequest, person_id: int) -> HttpResponseBase:
    """Give a person another role."""
    role = request.POST.get("role", "")
    return _change(
        request,
        lambda: people.change_role(person_id, role),
        f"Saved. {{person}} is now {ROLE_NAMES.get(role, '')}.",
    )


@require_POST
@needs(Right.ADMINISTER)
def deactivate(request: HttpRequest, person_id: int) -> HttpResponseBase:
    """Send a person away."""
    return _change(
        request,
        lambda: people.deactivate(person_id),
        "Saved. {person} is deactivated and signed out.",
    )


@require_POST
@needs(Right.ADMINISTER)
def reactivate(request: HttpRequest, person_id: int) -> HttpResponseBase:
    """Take a person back."""
    return _change(
        request, lambda: people.reactivate(person_id), "Saved. {person} can sign in again."
    )


@require_POST
@needs(Right.ADMINISTER)
@never_cache
def link(request: HttpRequest, person_id: int) -> HttpResponseBase:
    """Make a link with which a person sets a password, and show it, this once.

    The answer to the POST shows it, so that it is stored nowhere on its way.
    """
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise Http404
    return _show(request, InviteForm(), linked=person)


def _change(request: HttpRequest, change: Callable[[], Person], saved: str) -> HttpResponseBase:
    try:
        messages.success(request, saved.format(person=change()))
    except Person.DoesNotExist:
        raise Http404 from None
    except ValueError as error:
        messages.error(request, f"Nothing was changed. {error}")
    return redirect("settings-people")


def _show(
    request: HttpRequest, form: InviteForm, *, linked: Person | None = None
) -> HttpResponseBase:
    everybody = Person.objects.order_by("-is_active", "name", "email")
    context: dict[str, Any] = {
        "form": form,
        "page": Paginator(everybody, _PER_PAGE).get_page(request.GET.get("page")),
        "role_names": ROLE_NAMES,
        "matrix": [(right, [right in rights for rights in RIGHTS.values()]) for right in Right],
    }
    if linked is not None:
        try:
            context |= {"linked": linked, "link": _address(request, linked), "days": _days()}
        except ValueError as error:
            messages.error(request, str(error))
    return show(request, "settings-people", "people", context)


def _address(request: HttpRequest, person: Person) -> str:
    return request.build_absolute_uri(reverse("set-password", args=people.password_link(person)))


def _days() -> int:
    return int(settings.PASSWORD_RESET_TIMEOUT // _DAY)
