"""Six people of the demo company, one in each role, who share one generated password."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction

from finops.access.rights import ROLE_NAMES
from finops.models import Person
from finops.runtime import paths
from ingest.demo.removal import Removal
from ingest.demo.story import Story, folder

_SECRET: Final = "demo-password"  # noqa: S105 - what the file is called
_NOTICE: Final = "sign-ins.txt"
#: Letters and digits that nobody confuses; three groups of four make 60 bits.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 3


class SamplePerson(NamedTuple):
    """Somebody who can sign in to the demo."""

    role: str
    name: str

    @property
    def email(self) -> str:
        """The address to sign in with: the role's name, at a domain that nobody can own."""
        return f"{self.role}@demo.example"


PEOPLE: Final = (
    SamplePerson("finance", "Maya Ortiz"),
    SamplePerson("engineering", "Priya Nair"),
    SamplePerson("datascience", "Tom Beck"),
    SamplePerson("executive", "Lena Fox"),
    SamplePerson("viewer", "Samir Haddad"),
    SamplePerson("admin", "Ida Falk"),
)


@transaction.atomic
def load(story: Story) -> None:
    """Make those who are missing, and the password; a new password becomes everybody's."""
    is_new = not _password_file().exists()
    password = paths.secret(_SECRET, _readable)
    known = set(Person.objects.values_list("email", flat=True))
    missing = [person for person in PEOPLE if person.email not in known]
    if missing or is_new:
        stored = make_password(password)
        Person.objects.bulk_create(
            Person(
                email=person.email,
                name=person.name,
                role=person.role,
                password=stored,
                is_sample=True,
                created_at=story.calendar.now,
            )
            for person in missing
        )
        if is_new:
            Person.objects.filter(is_sample=True).update(password=stored)
    paths.replace_file(folder() / _NOTICE, sign_ins() + "\n")


def remove(story: Story, removal: Removal) -> Iterator[str]:
    """Remove them with their sessions, always: their password has been on a screen."""
    people = Person.objects.filter(is_sample=True)
    numbers = {str(number) for number in people.values_list("pk", flat=True)}
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) in numbers:
            session.delete()
    people.delete()
    _password_file().unlink(missing_ok=True)
    yield from ()


def sign_ins() -> str:
    """Say how to sign in: the password, and one line for each person."""
    lines = [
        f"  {person.email:26} {person.name}, {ROLE_NAMES[person.role]}"
        for person in Person.objects.filter(is_sample=True, is_active=True).order_by("pk")
    ]
    return "\n".join([f"Sign in with the password  {paths.secret(_SECRET, _readable)}  as", *lines])


def _readable() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(_GROUPS))
    return "-".join(groups)


def _password_file() -> Path:
    return paths.data_dir() / "secrets" / _SECRET
