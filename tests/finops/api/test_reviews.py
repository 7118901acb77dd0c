"""Reviews and actions over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from finops.models import Person
from finops.reviews import actions
from finops.reviews.closing import close, reopen
from tests.finops.access.people_at_hand import person
from tests.finops.reviews.meetings import KEY, MONDAY, meeting, promised, two_weeks

pytestmark = pytest.mark.usefixtures("ledger")


@pytest.fixture
def client(ledger: None, signed_in: Callable[[str], Client]) -> Client:
    return signed_in("viewer")


@pytest.fixture
def ada(ledger: None) -> Person:
    return person("finance", name="Ada")


def test_reviews_are_listed_with_their_digest(client: Client, ada: Person) -> None:
    two_weeks()
    review = meeting()
    promised(ada, review=review)
    version = close(review, by=ada, now=MONDAY)
    (line,) = client.get("/api/v1/reviews/").json()["reviews"]

    assert line == {
        "kind": "weekly",
        "key": KEY,
        "first_day": "2026-06-15",
        "last_day": "2026-06-21",
        "state": "closed",
        "version": 1,
        "closed_at": MONDAY.isoformat(),
        "closed_by": "Ada",
        "closed_automatically": False,
        "sha256": version.sha256,
        "decisions": 0,
        "actions": 1,
        "expected_saving": "1300",
        "realised_saving": None,
    }


def test_a_closed_review_is_given_to_the_byte(client: Client, ada: Person) -> None:
    two_weeks()
    review = meeting()
    first = close(review, by=ada, now=MONDAY)
    reopened = reopen(review, reason="More", by=ada, now=MONDAY + timedelta(hours=1))
    address = f"/api/v1/reviews/weekly/{KEY}/"

    assert client.get(address).json()["review"]["state"] == "open"
    second = close(reopened, by=ada, now=MONDAY + timedelta(hours=2))
    answer = client.get(address)
    assert answer.content == second.document.encode()
    assert answer["ETag"] == f'"{second.sha256}"'
    assert client.get(f"{address}?version=1").content == first.document.encode()
    for number in ("3", "x", "²", "9" * 40):
        assert client.get(f"{address}?version={number}").status_code == 404
    assert client.get("/api/v1/reviews/weekly/2026-W01/").status_code == 404


def test_actions_are_filtered_by_state_and_owner(client: Client, ada: Person) -> None:
    tom = person("engineering", name="Tom")
    promised(ada, what="Ada’s")
    done = promised(tom, what="Tom’s")
    actions.finish(done.pk, by=tom, now=MONDAY)

    def told(query: str) -> list[str]:
        return [row["what"] for row in client.get(f"/api/v1/actions/{query}").json()["actions"]]

    assert told("") == ["Ada’s", "Tom’s"]
    assert told("?state=done") == ["Tom’s"]
    assert told(f"?owner={ada.email.upper()}") == ["Ada’s"]
    assert client.get("/api/v1/actions/?state=maybe").status_code == 400
