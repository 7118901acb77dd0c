"""Weeks of calls, and meetings about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from finops.models import Action, Organization, Person, Review
from finops.reviews import actions
from finops.reviews.document import Document
from finops.reviews.preparing import prepare_due
from finops.reviews.weeks import Week
from tests.finops.ledger.usage import call, import_rows

#: The Monday on which people meet about the week from 15 to 21 June 2026.
MONDAY = datetime(2026, 6, 22, 9, 31, tzinfo=UTC)
KEY = "2026-W25"

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "😀 agent {{ 7|add:7 }}",
    "a/b?c=d&e#f",
    "x" * 500,
)


def at(day: date, hour: int = 10) -> str:
    """An instant of a day, as a row has it."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC).isoformat()


def calls_on(
    days: Iterable[date], workflow: str | None, *, cost: str = "1", count: int = 1, **fields: Any
) -> list[dict[str, object]]:
    """Calls of a workflow, so many a day, each reported at a cost and in a run of its own."""
    return [
        call(
            time=at(day, 8 + n % 10),
            workflow=workflow,
            run=f"{workflow[:40]}-{day}-{n}" if workflow else None,
            step="answer" if workflow else None,
            model="house-model",
            provider="house",
            cost=cost,
            **fields,
        )
        for day in days
        for n in range(count)
    ]


def days(first: date, count: int) -> list[date]:
    """So many days in a row."""
    return [first + timedelta(days=n) for n in range(count)]


def week_of(key: str = KEY) -> list[date]:
    """The seven days of a week."""
    return days(Week.named(key).starts, 7)


def take_in(*groups: list[dict[str, object]], source: str = "gateway") -> None:
    """Import calls whose reported cost counts."""
    from finops.rollups.sources import change_source

    change_source(source, counts="reported")
    job = import_rows(*(row for group in groups for row in group), source=source)
    assert job.rejected == 0


def two_weeks() -> None:
    """A week and the one before it: a dear agent, a cheap helper, and calls of nobody."""
    take_in(
        calls_on(week_of("2026-W24"), "agent", cost="10"),
        calls_on(week_of("2026-W24"), "helper", cost="2"),
        calls_on(week_of(), "agent", cost="14.25"),
        calls_on(week_of(), "helper", cost="2", count=2),
        calls_on(week_of()[:2], None, cost="0.5"),
    )


def meeting(now: datetime = MONDAY) -> Review:
    """The review that was prepared for a Monday."""
    prepare_due(now)
    return Review.objects.get(key=Week.around(now.date()).before.key)


def promised(
    who: Person, *, what: str = "Cap repeats at one", now: datetime = MONDAY, **fields: Any
) -> Action:
    """An action that somebody promised, due in a week."""
    told: dict[str, Any] = {
        "owner": who,
        "due": now.date() + timedelta(days=7),
        "expected_saving": Decimal(1300),
        "by": who,
    }
    return actions.promise(what=what, now=now, **(told | fields))


def in_zone(name: str) -> None:
    """Report in another zone; before any call is taken in."""
    Organization.objects.update(time_zone=name)


def total_of(document: Document) -> Decimal:
    """What the rows of a document add up to."""
    workflows = document["workflows"]
    parts = [row["cost"] for row in workflows["rows"]]
    return sum(map(Decimal, [*parts, workflows["others"], workflows["unattributed"]]), Decimal(0))
