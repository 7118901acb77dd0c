"""The first run: whoever holds the token from the terminal makes the first admin."""

from __future__ import annotations

import hmac
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from finops.access.changes import acting
from finops.access.people import ADMIN
from finops.models import LeaseLost, Organization, Person
from finops.organization import clock, profile
from finops.runtime import start_token


class FirstRunOver(Exception):
    """There is an admin already; others are invited by an admin."""


class Answers(NamedTuple):
    """What the first run asks for."""

    email: str
    name: str
    password: str
    organization: str
    time_zone: str
    currency: str
    fiscal_year_start_month: int


def is_over() -> bool:
    """Say whether there is an active admin of the organisation's own."""
    return Person.objects.filter(role=ADMIN, is_active=True, is_sample=False).exists()


def comes_first() -> bool:
    """Say whether every page leads to the first run: nobody could sign in and administer."""
    return not Person.objects.filter(role=ADMIN, is_active=True).exists()


def is_token(text: str) -> bool:
    """Say whether this is the token from the terminal; small letters and spaces are forgiven."""
    given = text.strip().upper().encode()
    return hmac.compare_digest(given, start_token.make().encode())


def begin(answers: Answers, *, now: datetime) -> Person:
    """Make the first admin, describe the organisation, and burn the token.

    Raises FirstRunOver for whoever comes second, and ValueError for answers that cannot be used;
    nothing is changed then.
    """
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=1)
        if is_over():
            raise FirstRunOver
        person = Person(email=answers.email.strip().lower(), name=answers.name, role=ADMIN)
        if Person.objects.filter(email=person.email).exists():
            raise ValueError("Somebody with this e-mail address is already here.")
        person.set_password(answers.password)
        with acting(person):
            person.save()
            profile.describe(
                name=answers.organization,
                fiscal_year_start_month=answers.fiscal_year_start_month,
                currency=answers.currency,
            )
            if answers.time_zone != Organization.current().time_zone:
                _set_the_clock(answers.time_zone, person, now)
    start_token.burn()
    _hurry(now)
    return person


def _set_the_clock(zone: str, person: Person, now: datetime) -> None:
    """Ask for the zone; a worker makes the change, whatever was imported before."""
    clock.request_zone_change(zone, reason="First run", by=person.email, now=now)


def _hurry(now: datetime) -> None:
    """Without any calls there is nothing to rebuild, so nobody need wait for a worker."""
    job = clock.under_way()
    if job is not None and profile.is_ledger_empty():
        with suppress(LeaseLost):
            clock.run_zone_change(job, clock=lambda: now)
