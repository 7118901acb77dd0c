"""A weekly review in the small demo company, with a full table: budgets in every state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from finops.domain.periods import month_of
from finops.models import Action, Budget, BudgetStanding, Person, Review
from finops.reviews import actions
from finops.reviews.preparing import start
from tests.conftest import client_of

#: Not green, worst first: what the fourth screen has to hold.
_BUDGETS = (
    ("Agents of legal operations", "red", "14862", ""),
    ("Sales call summaries, all teams", "red", "5318", ""),
    ("All AI spend of the company", "green", "4100", "red"),
    ("Code migration agent", "yellow", "4205", "red"),
    ("Growth team", "yellow", "4290", "red"),
    ("Research assistant", "yellow", "4318", ""),
    ("Invoice extraction", "none", "3412", ""),
    ("Support replies in all languages that we speak", "yellow", "4740", ""),
)


def person(role: str) -> Person:
    """Somebody of a role who can sign in."""
    client_of(role)
    return Person.objects.get(email=f"{role}@test.example")


def open_review() -> Review:
    """The review that a meeting holds now, begun by finance; nothing is said in it yet."""
    return start(by=person("finance"), now=datetime.now(UTC))


def fill_the_table() -> None:
    """Leave eight budgets in this month that are not green, and six promises of last week."""
    now = datetime.now(UTC)
    first = month_of(now.date())
    BudgetStanding.objects.all().delete()
    for name, status, actual, heading in _BUDGETS:
        lines = {} if status == "none" else {"yellow": Decimal(4200), "red": Decimal(5000)}
        BudgetStanding.objects.create(
            budget=Budget.objects.create(name=f"{name}, for the projector", scope={}),
            period_start=first,
            period_end=month_of(first + timedelta(days=32)),
            status=status,
            reasons=[{"code": "above", "text": "It is above the line that finance has drawn."}],
            actual=Decimal(actual),
            heading_for=heading,
            forecast_mid=Decimal(actual) * 2,
            forecast_state="computed",
            evaluated_at=now,
            **lines,
        )
    for number in range(6):
        actions.promise(
            what=f"Move the sorting of clauses to the small model, step {number}",
            owner=person("engineering"),
            due=now.date() + timedelta(days=number),
            by=person("engineering"),
            now=now,
        )


def clear_the_table(review: Review) -> None:
    """Take away the review and what lay on its table."""
    Action.objects.filter(what__startswith="Move the sorting").delete()
    Action.objects.filter(review=review).delete()
    Budget.objects.filter(name__endswith=", for the projector").delete()
    Review.objects.filter(pk=review.pk).delete()
