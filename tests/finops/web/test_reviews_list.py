"""The list of reviews: who closed each, what it brought, and the button that begins one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.test import Client

from finops.access.rights import RIGHTS, Right
from finops.models import Person, Review
from finops.reviews import actions, deciding
from finops.reviews.closing import close, reopen
from finops.reviews.preparing import prepare_due
from finops.web.actions.drawing import WIDTH, drawn
from tests.finops.access.people_at_hand import person
from tests.finops.reviews.meetings import HOSTILE, KEY, MONDAY, meeting, promised, two_weeks

pytestmark = pytest.mark.usefixtures("ledger")

SignIn = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _it_is_monday() -> object:
    with patch("finops.web.reviews.listing.timezone.now", return_value=MONDAY):
        yield


@pytest.fixture
def ada(ledger: None) -> Person:
    return person("finance", name="Ada")


def page(client: Client, address: str = "/reviews/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_before_the_first_review_it_says_when_that_is(signed_in: SignIn) -> None:
    shown = page(signed_in("finance"))

    assert "Your first weekly review is ready for Monday." in shown
    assert "Start weekly review" in shown
    assert "Start weekly review" not in page(signed_in("viewer"))


def test_it_says_who_closed_what_and_what_came_of_it(signed_in: SignIn, ada: Person) -> None:
    two_weeks()
    review = meeting()
    deciding.choose(review, deciding.subject("workflow", "agent"), "fix", by=ada, now=MONDAY)
    promised(ada, review=review, expected_saving=Decimal(1900))
    dropped = promised(ada, review=review)
    actions.drop(dropped.pk, note="no", by=ada, now=MONDAY)
    version = close(review, by=ada, now=MONDAY)
    shown = page(signed_in("viewer"))

    assert "15–21 June 2026" in shown
    assert "by Ada on 22 Jun 2026, 09:31 UTC" in shown
    assert "$1,900" in shown
    assert version.sha256[:8] in shown
    assert "The first review made 1 decision and 1 action." in shown


def test_every_state_has_its_word(signed_in: SignIn, ada: Person) -> None:
    two_weeks()
    review = meeting()
    client = signed_in("finance")
    assert "prepared 22 Jun" in page(client)

    later = MONDAY + timedelta(days=7)
    prepare_due(later)
    assert "automatically on 29 Jun 2026, 09:31 UTC" in page(client)

    reopen(review, reason="More", by=ada, now=later)
    assert "reopened by Ada" in page(client)
    review.refresh_from_db()
    close(review, by=ada, now=later)
    assert "version 2" in page(client)


def test_starting_leads_to_the_review_and_then_goes_on(signed_in: SignIn) -> None:
    two_weeks()
    client = signed_in("engineering")
    answer = client.post("/reviews/start/")

    assert (answer.status_code, answer["Location"]) == (302, f"/reviews/weekly/{KEY}/")
    assert Review.objects.get().started_by == "Test engineering"
    assert "Continue weekly review" in page(client)
    assert "Read the open review" in page(signed_in("viewer"))
    client.post("/reviews/start/")
    assert Review.objects.count() == 1


@pytest.mark.parametrize("role", RIGHTS)
def test_who_takes_part_may_start(signed_in: SignIn, role: str) -> None:
    two_weeks()
    answer = signed_in(role).post("/reviews/start/")

    assert answer.status_code == (302 if Right.TAKE_PART in RIGHTS[role] else 403)


def test_nobody_is_led_to_sign_in(client: Client, ada: Person) -> None:
    person("admin")
    assert client.get("/reviews/").status_code == 302
    assert client.post("/reviews/start/").status_code == 302
    assert not Review.objects.exists()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_words(signed_in: SignIn, ada: Person, text: str) -> None:
    two_weeks()
    ada.name = text[:200]
    ada.save()
    close(meeting(), by=ada, now=MONDAY)

    assert "<script>alert" not in page(signed_in("admin"))


def test_bars_share_one_scale_and_start_at_zero() -> None:
    first, second, third = drawn(
        [(Decimal(300), Decimal(150)), (None, Decimal(-100)), (Decimal(0), None)]
    )

    assert first.zero == second.zero == third.zero == WIDTH / 4
    assert (first.expected, first.realised) == ((25, 75, False), (25, Decimal("37.5"), False))
    assert (second.expected, second.realised) == (None, (0, 25, True))
    assert third.expected == (25, 0, False)
    assert drawn([]) == []
