"""What lies on the table of a meeting, and how people write into its page."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

from django.test import Client

from finops.models import Budget, Decision, Person, Review
from tests.finops.reviews.budgets_at_hand import standing
from tests.finops.reviews.meetings import KEY, calls_on, take_in, two_weeks, week_of

HTMX = {"HX-Request": "true"}
PAGE = f"/reviews/weekly/{KEY}/"
AGENT = {"kind": "workflow", "subject": "agent"}


def week_of_the_agent() -> None:
    """Two weeks of an agent and a helper; in the second a workflow that nobody knew."""
    two_weeks()
    take_in(calls_on(week_of()[2:4], "newcomer", cost="3"), source="second gateway")


def budgets() -> None:
    """One budget red, one yellow and heading for red, one plainly green."""
    standing("All AI", scope={}, forecast_mid=Decimal(19000), forecast_state="computed")
    standing("Agent", "yellow", actual=Decimal(12500), heading_for="red", reasons=[])
    standing("Helper", "green", actual=Decimal(100), reasons=[])


def budget(name: str) -> dict[str, str]:
    """The row of a budget, as forms name it."""
    return {"kind": "budget", "subject": str(Budget.objects.get(name=name).pk)}


def told(**fields: Any) -> dict[str, Any]:
    """An action as somebody types it."""
    owner = Person.objects.get(role="engineering")
    return {
        "what": "Cap repeats at one",
        "owner": owner.pk,
        "due": "2026-07-06",
        "saving": "$1.3k",
    } | fields


def send(client: Client, to: str, *, screen: int = 3, live: bool = False, **fields: Any) -> Any:
    """Send a form of the page; ``live`` is how htmx sends it."""
    headers = HTMX if live else {}
    return client.post(f"{PAGE}{to}/?screen={screen}", fields, headers=headers)


def seen(client: Client, screen: int, **asked: Any) -> str:
    """The text of a screen, without its paper and its tags."""
    answer = client.get(PAGE, {"screen": screen, **asked})
    assert answer.status_code == 200
    return words(answer)


def words(answer: Any) -> str:
    """What a page says on the screen: what is for paper alone is left out."""
    page = answer.content.decode().split('<div class="rv-print">')[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def paper(client: Client, **asked: Any) -> str:
    """What the page prints."""
    page = client.get(PAGE, asked).content.decode().split('<div class="rv-print">')[1]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def decision(review: Review, subject: str = "agent") -> Decision:
    """What was decided about a row."""
    return Decision.objects.get(review=review, subject=subject)
