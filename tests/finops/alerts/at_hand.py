"""Budgets that crossed lines, people who hear of it, and the outbox at a glance."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from finops.alerts.raising import raise_due
from finops.models import (
    Alert,
    AlertSettings,
    Budget,
    BudgetStanding,
    Cap,
    CapViolation,
    Crossing,
    Delivery,
    Endpoint,
    Person,
)

NOW = datetime(2026, 11, 20, 14, 7, tzinfo=UTC)
MONTH, NEXT = date(2026, 11, 1), date(2026, 12, 1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOSTILE = (
    "<script>alert(1)</script>\r\nBcc: all@example.com\N{RIGHT-TO-LEFT OVERRIDE} & <!channel> 🦀"
)


def person(role: str = "finance", *, name: str = "", **fields: Any) -> Person:
    """Somebody of a role; their address is made of their name."""
    called = name or role
    address = f"{called.lower().replace(' ', '.')}@example.com"
    return Person.objects.create_user(address, name=called, role=role, **fields)


def budget(name: str = "Growth team", **fields: Any) -> Budget:
    """A monthly budget over the team growth, of an owner who is here."""
    if "owner" not in fields:
        fields["owner"] = Person.objects.filter(email="owner@example.com").first() or person(
            "engineering", name="owner"
        )
    return Budget.objects.create(name=name, **{"scope": {"team": "growth"}, **fields})


def cross(
    of: Budget, kind: str = Crossing.RED, *, at: datetime = NOW, start: date = MONTH, **fields: Any
) -> Crossing:
    """A line of a budget that was crossed: $15,740 over $14,500 red and $12,000 yellow."""
    lines = {Crossing.YELLOW: 12_000, Crossing.WORKFLOW_SHARE: 20}
    BudgetStanding.objects.update_or_create(
        budget=of,
        period_start=start,
        defaults={
            "period_end": fields.get("period_end", NEXT),
            "status": "red",
            "actual": Decimal("15740"),
            "yellow": Decimal(12_000),
            "red": Decimal(14_500),
            "top_workflow": fields.get("workflow", ""),
            "top_workflow_cost": Decimal(4_720),
            "evaluated_at": at,
        },
    )
    return Crossing.objects.create(
        budget=of,
        **{
            "period_start": start,
            "period_end": NEXT,
            "kind": kind,
            "line": Decimal(lines.get(kind, 14_500)),
            "actual": Decimal("15740"),
            "at": at,
            **fields,
        },
    )


def red_alert(name: str = "Growth team", *, now: datetime = NOW, **fields: Any) -> Alert:
    """An alert of a red line that was raised."""
    cross(budget(name, **fields), at=now)
    raise_due(now)
    return Alert.objects.latest("pk")


def cap(workflow: str = "agent", **fields: Any) -> Cap:
    """A cap of $5 on a run of an agent."""
    return Cap.objects.create(workflow=workflow, **{"kind": Cap.RUN_COST, "limit": 5, **fields})


def violate(of: Cap, run: str = "run-1", *, at: datetime = NOW, **fields: Any) -> CapViolation:
    """A run that went $2.50 beyond a cap."""
    return CapViolation.objects.create(
        cap=of,
        run_url_id=uuid4(),
        run=run,
        started_at=at - HOUR,
        found_at=at,
        **{"value": Decimal("7.5"), "limit": 5, "beyond": Decimal("2.5"), "step": "s", **fields},
    )


def wishes(**fields: Any) -> AlertSettings:
    """What the organisation wants."""
    AlertSettings.objects.update(**fields)
    return AlertSettings.current()


def endpoint(url: str = "http://127.0.0.1:1/hook", **fields: Any) -> Endpoint:
    """A signed webhook."""
    return Endpoint.objects.create(
        url=url,
        **{
            "name": "hook",
            "kind": Endpoint.WEBHOOK,
            "secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
            **fields,
        },
    )


def message(**fields: Any) -> Delivery:
    """A mail that waits to be sent."""
    return Delivery.objects.create(
        **{
            "key": str(uuid4()),
            "purpose": Delivery.REVIEW,
            "channel": Delivery.EMAIL,
            "recipient": "maya@example.com",
            "subject": "Week 47",
            "text": "What was decided.",
            "html": "<p>What was decided.</p>",
            "queued_at": NOW,
            "due_at": NOW,
            **fields,
        }
    )


def told() -> list[tuple[str, str]]:
    """Who is told why, in the order of the alphabet."""
    return sorted(Delivery.objects.values_list("recipient", "purpose"))


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, time: timedelta) -> datetime:
        """Let time pass."""
        self.now += time
        return self.now
