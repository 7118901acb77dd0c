"""People: invited, given a role, sent away and taken back; somebody can always administer.

Nobody is ever deleted: what they did stays on record under their name.
"""

from __future__ import annotations

from typing import Final

from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from finops.models import Person
from finops.models.people import ROLES

ADMIN: Final = "admin"

_LAST_ADMIN: Final = "This is the last active admin. Make somebody else an admin first."


def invite(*, email: str, name: str, role: str) -> Person:
    """Make a person who cannot sign in until they have set a password through their link.

    Raises ValueError when somebody has the address already, or for an unknown role.
    """
    _check_role(role)
    try:
        with transaction.atomic():
            return Person.objects.create_user(email, name=name, role=role)
    except IntegrityError:
        raise ValueError("Somebody with this e-mail address is already here.") from None


def change_role(person_id: int, role: str) -> Person:
    """Give a person another role. Raises ValueError for the last active admin, or a wrong role."""
    _check_role(role)
    with transaction.atomic():
        person, others = _locked(person_id)
        if role != ADMIN:
            _keep_an_admin(person, others)
        person.role = role
        person.save(update_fields=["role"])
    return person


def deactivate(person_id: int) -> Person:
    """Send a person away: their sessions and links end at once. Raises ValueError as above."""
    with transaction.atomic():
        person, others = _locked(person_id)
        _keep_an_admin(person, others)
        person.is_active = False
        person.save(update_fields=["is_active"])
    return person


def reactivate(person_id: int) -> Person:
    """Take a person back, with the role and the password that they had."""
    with transaction.atomic():
        person, _ = _locked(person_id)
        person.is_active = True
        person.save(update_fields=["is_active"])
    return person


def password_link(person: Person) -> tuple[str, str]:
    """Give the two parts of a link with which the person sets a password: who, and the token.

    It works once, for ``settings.PASSWORD_RESET_TIMEOUT`` seconds, and until the person signs in.
    Raises ValueError for somebody who was sent away.
    """
    if not person.is_active:
        raise ValueError("Somebody who was deactivated cannot set a password.")
    return urlsafe_base64_encode(force_bytes(person.pk)), default_token_generator.make_token(person)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise ValueError(f"There is no role {role!r}.")


def _locked(person_id: int) -> tuple[Person, list[Person]]:
    """Lock a person and all active admins, in one order; gives the person and the other admins.

    Whoever waits here sees what the one before has left: of two admins who remove each other at
    the same time, one stays. Raises Person.DoesNotExist for nobody.
    """
    admins = Q(role=ADMIN, is_active=True)
    people = list(
        Person.objects.select_for_update().filter(admins | Q(pk=person_id)).order_by("pk")
    )
    person = next((person for person in people if person.pk == person_id), None)
    if person is None:
        raise Person.DoesNotExist
    return person, [other for other in people if other.pk != person_id]


def _keep_an_admin(person: Person, others: list[Person]) -> None:
    """Raise ValueError if nobody could administer after this person; sample people may go."""
    if person.role != ADMIN or not person.is_active:
        return
    if not any(person.is_sample or not other.is_sample for other in others):
        raise ValueError(_LAST_ADMIN)
