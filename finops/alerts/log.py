"""Reading the log: who was told what, when, over which way, and whether it arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet

from finops.models import Alert, Budget, Delivery, Person

#: How far back what nobody acknowledged, or what did not arrive, still asks for somebody.
_RECENT: Final = timedelta(days=31)
#: What a filter calls the states of messages.
STATES: Final[Mapping[str, Q]] = {
    "sent": Q(state=Delivery.SENT) | Q(state=Delivery.CARRIED, carried_by__state=Delivery.SENT),
    "waiting": Q(state=Delivery.QUEUED)
    | Q(state=Delivery.CARRIED, carried_by__state=Delivery.QUEUED),
    "failed": Q(state=Delivery.DEAD),
    "kept": Q(state__in=[Delivery.KEPT, Delivery.DROPPED])
    | Q(state=Delivery.CARRIED, carried_by__state=Delivery.KEPT),
}
#: How many days back a filter looks; none is everything.
PERIODS: Final[Mapping[str, int]] = {"7d": 7, "30d": 30, "90d": 90}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which messages: empty names stand for all."""

    state: str = ""
    severity: str = ""
    budget: int | None = None
    period: str = ""


def messages_of(wanted: Wanted, now: datetime) -> QuerySet[Delivery]:
    """List messages, newest first. Names that are none of the known ones ask for all."""
    found = Delivery.objects.select_related("alert", "endpoint", "carried_by")
    if wanted.state in STATES:
        found = found.filter(STATES[wanted.state])
    if wanted.severity:
        found = found.filter(alert__severity=wanted.severity)
    if wanted.budget is not None:
        found = found.filter(alert__budget=wanted.budget)
    if wanted.period in PERIODS:
        found = found.filter(queued_at__gte=now - timedelta(days=PERIODS[wanted.period]))
    return found.order_by("-queued_at", "-pk")


def open_alerts(now: datetime) -> QuerySet[Alert]:
    """List alerts of the last month that nobody has acknowledged, newest first."""
    recent = Alert.objects.filter(acknowledged_at=None, raised_at__gte=now - _RECENT)
    return recent.select_related("budget", "cap").order_by("-raised_at", "-pk")


def failed_messages(now: datetime) -> QuerySet[Delivery]:
    """List messages of the last month that were given up, newest first."""
    given_up = Delivery.objects.filter(state=Delivery.DEAD, queued_at__gte=now - _RECENT)
    return given_up.select_related("alert", "endpoint").order_by("-queued_at", "-pk")


def deliveries_of(alert: Alert) -> list[Delivery]:
    """List everything that was sent about an alert, in the order in which it was queued."""
    rows = alert.deliveries.select_related("endpoint", "carried_by")
    return list(rows.order_by("queued_at", "pk"))


def budgets_in_log() -> list[tuple[int, str]]:
    """Name the budgets that there are alerts about."""
    named = Budget.objects.annotate(count=Count("alerts")).filter(count__gt=0)
    return list(named.order_by("name", "pk").values_list("pk", "name")[:500])


def names_of(deliveries: list[Delivery]) -> dict[str, str]:
    """Map the addresses of messages to the names of people who have them."""
    people = Person.objects.filter(email__in={one.recipient for one in deliveries})
    return {person.email: str(person) for person in people}
