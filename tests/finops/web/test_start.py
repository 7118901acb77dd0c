"""The first run in the browser, and the list of what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from axes.models import AccessAttempt
from django.test import Client

from finops.models import Organization, Person
from finops.runtime import start_token
from tests.finops.access.people_at_hand import PASSWORD, browser, person

pytestmark = pytest.mark.django_db

START = "/start/"


@pytest.fixture(autouse=True)
def _no_token() -> Iterator[None]:
    start_token.burn()
    with patch("finops.web.start.wake_zone_change"):
        yield
    start_token.burn()


def answers(**changed: str) -> dict[str, str]:
    return {
        "token": start_token.make(),
        "email": "Ann@Example.com",
        "name": "Ann",
        "password": PASSWORD,
        "organization": "Acme",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "fiscal_year_start_month": "4",
    } | changed


def begin(client: Client | None = None, **changed: str) -> Any:
    return (client or Client()).post(START, answers(**changed))


class TestTheFirstRun:
    def test_makes_the_admin_signs_them_in_and_shows_what_is_next(self) -> None:
        client = Client()

        answer = begin(client)

        assert (answer.status_code, answer.headers["Location"]) == (302, START)
        admin = Person.objects.get()
        assert (admin.email, admin.role) == ("ann@example.com", "admin")
        organization = Organization.current()
        assert (organization.name, organization.time_zone, organization.currency) == (
            "Acme",
            "Europe/Berlin",
            "EUR",
        )
        page = client.get("/settings/").content.decode()
        assert "ann@example.com" in page
        assert start_token.read() is None

    def test_makes_a_token_where_none_was_printed(self) -> None:
        assert Client().get(START).status_code == 200

        assert start_token.read() is not None

    def test_never_shows_the_token(self) -> None:
        token = start_token.make()
        page = Client().get(START)

        assert token not in page.content.decode()
        assert "no-store" in page.headers["Cache-Control"]

    @pytest.mark.parametrize("token", ["", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", "x" * 101, "=cmd", "☃"])
    def test_needs_the_token(self, token: str) -> None:
        answer = begin(token=token)

        assert answer.status_code == 200
        assert "There is a problem" in answer.content.decode()
        assert not Person.objects.exists()

    def test_guessing_the_token_is_throttled(self) -> None:
        statuses = [begin(token=f"guess-{n}").status_code for n in range(6)]

        assert statuses == [200] * 4 + [429] * 2
        assert begin().status_code == 429  # even with the right one
        assert not Person.objects.exists()
        AccessAttempt.objects.all().delete()
        assert begin().status_code == 302

    def test_a_wrong_token_writes_no_password_down(self) -> None:
        begin(token="guess", password="my secret of another site")

        kept = AccessAttempt.objects.get()
        assert "my secret" not in kept.post_data
        assert "ann@example.com" not in kept.post_data.lower()

    def test_forgetting_something_else_is_no_guess(self) -> None:
        for _ in range(6):
            assert begin(name="").status_code == 200

        assert begin().status_code == 302

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", "no address"),
            ("email", ""),
            ("password", "short"),
            ("password", "ann@example.com"),
            ("organization", ""),
            ("organization", "x" * 201),
            ("time_zone", "Mars/Olympus"),
            ("currency", "euro"),
            ("currency", "eur"),
            ("fiscal_year_start_month", "13"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_the_rest(self, field: str, value: str) -> None:
        answer = begin(**{field: value})

        page = answer.content.decode()
        assert answer.status_code == 200
        assert f'href="#id_{field}"' in page
        assert PASSWORD not in page
        if field != "name":
            assert 'value="Ann"' in page
        assert not Person.objects.exists()

    def test_is_over_once_there_is_an_admin(self) -> None:
        begin()

        for answer in (Client().get(START), begin(email="eve@example.com")):
            assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/")
        assert Person.objects.count() == 1
        assert start_token.read() is None

    def test_stays_open_beside_a_demo(self) -> None:
        person("admin", name="Demo", is_sample=True)

        assert Client().get("/settings/").headers["Location"].startswith("/sign-in/")
        assert begin().status_code == 302
        assert Person.objects.filter(role="admin").count() == 2

    def test_needs_the_token_against_forgery(self) -> None:
        assert begin(Client(enforce_csrf_checks=True)).status_code == 403

    def test_shows_names_as_they_are(self) -> None:
        page = begin(name="<script>alert(1)</script>", token="wrong").content.decode()

        assert "<script>alert" not in page


class TestWhatIsNext:
    def test_offers_to_each_role_what_it_may_do(self) -> None:
        offered = {
            role: browser(person(role)).get(START).content.decode() for role in ("admin", "viewer")
        }

        assert 'href="/settings/people/"' in offered["admin"]
        assert 'href="/settings/people/"' not in offered["viewer"].split("<main")[1]

    def test_ticks_what_is_done(self) -> None:
        client = browser(person("admin"))
        assert "Done" not in client.get(START).content.decode().split('class="list"')[1]

        person("viewer")

        assert client.get(START).content.decode().split('class="list"')[1].count("Done</span>") == 1
