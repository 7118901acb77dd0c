"""Somebody looks after it: acknowledged on the page, or by the signed link of a mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.core import signing
from django.db import transaction

from finops.access.rights import Right, may
from finops.alerts.recipients import name_of
from finops.models import Alert, Person

#: How long a link in a mail works.
LINK_WORKS: Final = timedelta(days=14)
_SALT: Final = "finops.alerts.acknowledge"
_NOTE: Final = 2_000


class Invitation(NamedTuple):
    """What a valid link says: which alert, and whose link it is."""

    alert: Alert
    address: str
    name: str


def acknowledge(alert_id: int, *, by: str, now: datetime, note: str = "") -> tuple[Alert, bool]:
    """Put on record that somebody looks after an alert; says whether they were the first.

    A second time changes nothing: the first name stays. Raises Alert.DoesNotExist.
    """
    with transaction.atomic():
        alert = Alert.objects.select_for_update().get(pk=alert_id)
        if alert.acknowledged_at is not None:
            return alert, False
        alert.acknowledged_at, alert.acknowledged_by = now, by[:200]
        alert.acknowledged_note = note[:_NOTE]
        alert.save(update_fields=["acknowledged_at", "acknowledged_by", "acknowledged_note"])
    return alert, True


def link_token(alert_id: int, address: str) -> str:
    """Sign a link with which one recipient acknowledges one alert, for ``LINK_WORKS``."""
    return signing.dumps([alert_id, address], salt=_SALT)


def read_link(token: str) -> Invitation | None:
    """Read a link; None when it was tampered with, is too old, or its owner may no longer."""
    try:
        alert_id, address = signing.loads(token, salt=_SALT, max_age=LINK_WORKS)
    except (signing.BadSignature, ValueError):
        return None
    alert = Alert.objects.filter(pk=alert_id).first()
    if alert is None or not may_by_link(address):
        return None
    return Invitation(alert, address, name_of(address))


def may_by_link(address: str) -> bool:
    """Say whether somebody with this address may acknowledge: people by their role.

    Addresses from outside may, while the budget tells them; a person who left may not.
    """
    person = Person.objects.filter(email=address).first()
    return person is None or may(person, Right.TAKE_PART)
