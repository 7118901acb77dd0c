"""People of every role, made in one word; passwords are cheap to try in tests."""

from __future__ import annotations

from typing import Any

from django.test import Client

from finops.models import Person

PASSWORD = "a long and plain sentence"


def person(role: str = "viewer", *, name: str = "", **fields: Any) -> Person:
    """Somebody who may sign in; their address is made of their name or role."""
    called = name or role
    address = f"{called.lower().replace(' ', '.')}@example.com"
    return Person.objects.create_user(address, name=called, role=role, **fields)


def with_password(role: str = "viewer", *, name: str = "") -> Person:
    """Somebody who has set a password."""
    return person(role, name=name, password=PASSWORD)


def browser(who: Person | None = None, **options: Any) -> Client:
    """A browser, with somebody signed in or with nobody."""
    client = Client(**options)
    if who is not None:
        client.force_login(who)
    return client
