"""Signing in, and being attacked while one does."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from auditlog.models import LogEntry
from axes.models import AccessAttempt
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from finops import tasks
from finops.access import people
from finops.models import Person
from tests.finops.access.people_at_hand import PASSWORD, browser, person, with_password

pytestmark = pytest.mark.django_db

DOOR = "/sign-in/"


@pytest.fixture
def ann() -> Person:
    """Somebody with a password, beside an admin."""
    person("admin")
    return with_password("finance", name="Ann")


def attempt(
    email: str = "ann@example.com",
    password: str = "wrong",
    *,
    client: Client | None = None,
    address: str = "203.0.113.1",
    **more: str,
) -> Any:
    return (client or Client()).post(
        DOOR, {"username": email, "password": password, **more}, REMOTE_ADDR=address
    )


def said(answer: Any) -> str:
    """What a page says, without what differs in every answer."""
    text = answer.content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|value="[^"]*@[^"]*"', "", text)


class TestTheDoor:
    def test_lets_in_whoever_has_the_password_whatever_the_case_of_the_address(
        self, ann: Person
    ) -> None:
        client = Client()

        answer = attempt(" Ann@Example.COM ", PASSWORD, client=client)

        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert client.get("/settings/").status_code == 200
        ann.refresh_from_db()
        assert ann.last_login is not None

    def test_says_the_same_of_a_wrong_password_and_of_nobody(self, ann: Person) -> None:
        invited, gone = person(name="Invited"), with_password(name="Gone")
        people.deactivate(gone.pk)

        answers = {
            said(attempt(*given))
            for given in (
                ("ann@example.com", "wrong"),
                ("nobody@example.com", "wrong"),
                (gone.email, PASSWORD),
                (invited.email, ""),
                (invited.email, "!"),
            )
            if given[1]
        }

        assert len(answers) == 1
        assert "The e-mail address or the password is wrong." in answers.pop()

    def test_takes_as_long_for_nobody_as_for_somebody(self, ann: Person, settings: Any) -> None:
        hashed: list[str] = []
        hasher = "django.contrib.auth.hashers.MD5PasswordHasher.encode"
        original = __import__(
            "django.contrib.auth.hashers", fromlist=["x"]
        ).MD5PasswordHasher.encode

        def counting(self: Any, password: str, salt: str) -> Any:
            hashed.append(password)
            return original(self, password, salt)

        with patch(hasher, counting):
            attempt("ann@example.com")
            once = len(hashed)
            attempt("nobody@example.com")

        assert len(hashed) == 2 * once

    def test_helps_password_managers(self, ann: Person) -> None:
        page = Client().get(DOOR).content.decode()

        assert 'autocomplete="username"' in page
        assert 'autocomplete="current-password"' in page
        assert "onpaste" not in page

    def test_is_for_those_outside(self, ann: Person) -> None:
        assert browser(ann).get(DOOR).headers["Location"] == "/"

    @pytest.mark.parametrize(
        "address",
        [
            "a" * 400 + "@example.com",
            "",
            "\x00",
            "=cmd",
            "<script>alert(1)</script>",
            "\u202enna@example.com",
        ],
    )
    def test_survives_any_address(self, ann: Person, address: str) -> None:
        answer = attempt(address, PASSWORD)

        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content

    def test_hashes_no_endless_password(self, ann: Person) -> None:
        with patch("django.contrib.auth.hashers.PBKDF2PasswordHasher.encode") as encode:
            assert attempt(password="x" * 1_000_000).status_code == 200
        encode.assert_not_called()

    def test_needs_the_token_against_forgery(self, ann: Person) -> None:
        assert (
            attempt(password=PASSWORD, client=Client(enforce_csrf_checks=True)).status_code == 403
        )

    def test_is_kept_out_of_caches(self, ann: Person) -> None:
        assert "no-store" in Client().get(DOOR).headers["Cache-Control"]


class TestNext:
    @pytest.mark.parametrize("inside", ["/settings/", "/costs/?by=team&filter=team%3Dml"])
    def test_leads_on_within_the_house(self, ann: Person, inside: str) -> None:
        assert attempt(password=PASSWORD, next=inside).headers["Location"] == inside

    @pytest.mark.parametrize(
        "outside",
        [
            "https://evil.example/",
            "//evil.example/",
            "///evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "javascript:alert(1)",
            "http:evil.example",
            "https:///evil.example",
            "\thttps://evil.example",
            " //evil.example",
        ],
    )
    def test_never_leads_out_of_it(self, ann: Person, outside: str) -> None:
        assert attempt(password=PASSWORD, next=outside).headers["Location"] == "/"
        assert browser(ann).get(DOOR, {"next": outside}).headers["Location"] == "/"

    def test_is_where_somebody_wanted_to_go(self, ann: Person) -> None:
        asked = Client().get("/settings/?page=2").headers["Location"]

        assert asked == "/sign-in/?next=/settings/%3Fpage%3D2"
        assert 'value="/settings/?page=2"' in Client().get(asked).content.decode()


class TestTheSession:
    def test_is_a_new_one_so_that_nobody_can_plant_it(self, ann: Person) -> None:
        client, session = Client(), SessionStore()
        session["planted"] = True
        session.create()
        planted = str(session.session_key)
        client.cookies["sessionid"] = planted

        attempt(password=PASSWORD, client=client)

        assert client.cookies["sessionid"].value != planted
        thief = Client()
        thief.cookies["sessionid"] = planted
        assert thief.get("/settings/").status_code == 302

    def test_cookie_is_out_of_reach_for_scripts_and_other_sites(self, ann: Person) -> None:
        client = Client()
        attempt(password=PASSWORD, client=client)

        cookie = client.cookies["sessionid"]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 43_200)

    def test_lasts_twelve_hours_from_the_last_use(self, ann: Person) -> None:
        client = browser(ann)
        client.get("/settings/")
        first = Session.objects.get().expire_date

        with patch("finops.web.callers.time.time", return_value=time.time() + 601):
            client.get("/settings/")
        assert Session.objects.get().expire_date > first

        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        assert client.get("/settings/").status_code == 302

    def test_is_not_written_at_every_request(
        self, ann: Person, django_assert_num_queries: Any
    ) -> None:
        client = browser(ann)
        client.get("/settings/")
        kept = Session.objects.get()

        client.get("/settings/")

        assert Session.objects.get().expire_date == kept.expire_date

    def test_ends_at_sign_out_for_whoever_copied_the_cookie(self, ann: Person) -> None:
        client, thief = browser(ann), Client()
        thief.cookies["sessionid"] = client.cookies["sessionid"].value
        assert thief.get("/settings/").status_code == 200

        assert client.get("/sign-out/").status_code == 405
        assert client.post("/sign-out/").headers["Location"] == DOOR

        assert thief.get("/settings/").status_code == 302

    def test_ends_at_once_when_somebody_is_sent_away(self, ann: Person) -> None:
        client = browser(ann)
        assert client.get("/settings/").status_code == 200
        assert client.get("/api/v1/costs/").status_code == 200

        people.deactivate(ann.pk)

        assert client.get("/settings/").status_code == 302
        assert client.get("/api/v1/costs/").status_code == 401

    def test_loses_a_right_at_once_with_the_role(self, ann: Person) -> None:
        client = browser(ann)
        assert client.get("/settings/changes/").status_code == 200

        people.change_role(ann.pk, "viewer")

        assert client.get("/settings/changes/").status_code == 403

    def test_is_forgotten_after_its_end(self, ann: Person) -> None:
        browser(ann)
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

        tasks.sweep()

        assert not Session.objects.exists()


class TestGuessing:
    def test_one_account_from_one_address_stops_after_five(self, ann: Person) -> None:
        statuses = [attempt().status_code for _ in range(6)]

        assert statuses == [200] * 4 + [429] * 2
        assert attempt(password=PASSWORD).status_code == 429  # even with the right one

    def test_others_at_that_address_and_oneself_elsewhere_get_in(self, ann: Person) -> None:
        with_password(name="Bob")
        for _ in range(5):
            attempt()

        assert attempt("bob@example.com", PASSWORD).status_code == 302
        assert attempt(password=PASSWORD, address="198.51.100.7").status_code == 302

    def test_many_accounts_from_one_address_stop_after_twenty(self, ann: Person) -> None:
        statuses = [attempt(f"somebody.{n}@example.com").status_code for n in range(21)]

        assert statuses == [200] * 19 + [429] * 2
        assert attempt(password=PASSWORD).status_code == 429
        assert attempt(password=PASSWORD, address="198.51.100.7").status_code == 302

    def test_one_account_from_many_addresses_stops_after_forty(self, ann: Person) -> None:
        statuses = [attempt(address=f"203.0.113.{n}").status_code for n in range(41)]

        assert statuses == [200] * 39 + [429] * 2
        with_password(name="Bob")
        assert attempt("bob@example.com", PASSWORD).status_code == 302

    def test_owning_one_account_buys_no_guesses_at_another(self, ann: Person) -> None:
        with_password(name="Eve")
        statuses = []
        for _ in range(6):
            statuses.append(attempt().status_code)
            attempt("eve@example.com", PASSWORD)

        assert statuses == [200] * 4 + [429] * 2

    def test_spelling_the_address_otherwise_buys_none(self, ann: Person) -> None:
        spellings = ("ann@example.com", "ANN@example.com", " ann@example.com", "Ann@Example.com")
        statuses = [attempt(spellings[n % 4]).status_code for n in range(6)]

        assert statuses[-1] == 429

    def test_another_browser_buys_none(self, ann: Person) -> None:
        for n in range(5):
            Client().post(
                DOOR,
                {"username": "ann@example.com", "password": "wrong"},
                REMOTE_ADDR="203.0.113.1",
                headers={"User-Agent": f"browser {n}"},
            )

        assert attempt().status_code == 429

    def test_a_made_up_forwarding_header_buys_none(self, ann: Person) -> None:
        statuses = [
            Client()
            .post(
                DOOR,
                {"username": "ann@example.com", "password": "wrong"},
                REMOTE_ADDR="203.0.113.1",
                headers={"X-Forwarded-For": f"198.51.100.{n}", "X-Real-IP": f"198.51.100.{n}"},
            )
            .status_code
            for n in range(6)
        ]

        assert statuses[-1] == 429

    def test_the_same_is_said_whether_there_is_such_an_account(self, ann: Person) -> None:
        for _ in range(5):
            attempt("ann@example.com")
            attempt("nobody@example.com", address="198.51.100.7")

        refusals = [
            attempt("ann@example.com"),
            attempt("nobody@example.com", address="198.51.100.7"),
        ]

        assert {refusal.status_code for refusal in refusals} == {429}
        assert len({said(refusal) for refusal in refusals}) == 1

    def test_says_when_to_try_again_and_keeps_its_word(self, ann: Person) -> None:
        for _ in range(5):
            attempt()
        refusal = attempt()

        page = refusal.content.decode()
        assert "You may try again in 15 minutes" in page
        assert "UTC" in page
        assert 890 <= int(refusal.headers["Retry-After"]) <= 900

        attempt()  # trying meanwhile does not make it longer
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
        assert attempt(password=PASSWORD).status_code == 429
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
        assert attempt(password=PASSWORD).status_code == 302

    def test_getting_in_forgets_the_failures_before(self, ann: Person) -> None:
        for _ in range(3):
            for _ in range(4):
                assert attempt().status_code == 200
            assert attempt(password=PASSWORD).status_code == 302

    def test_the_page_itself_stays_open(self, ann: Person) -> None:
        for _ in range(6):
            attempt()

        assert Client().get(DOOR, REMOTE_ADDR="203.0.113.1").status_code == 200

    def test_whoever_is_in_stays_in(self, ann: Person) -> None:
        client = browser(ann)
        for _ in range(6):
            attempt()

        assert client.get("/settings/", REMOTE_ADDR="203.0.113.1").status_code == 200

    def test_no_password_is_ever_written_down(
        self, ann: Person, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level("DEBUG"):
            attempt(password="my secret of another site")

        kept = AccessAttempt.objects.get()
        assert "my secret" not in f"{kept.get_data} {kept.post_data} {caplog.text}"

    def test_old_failures_are_forgotten(self, ann: Person) -> None:
        attempt()
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

        tasks.sweep()

        assert not AccessAttempt.objects.exists()


class TestSettingAPassword:
    def link(self, who: Person) -> str:
        uid, token = people.password_link(who)
        return f"/sign-in/link/{uid}/{token}/"

    def use(self, address: str, password: str = PASSWORD, client: Client | None = None) -> Any:
        client = client or Client()
        shown = client.get(address, follow=True)
        place = shown.redirect_chain[-1][0] if shown.redirect_chain else address
        return client.post(place, {"new_password1": password, "new_password2": password})

    def test_somebody_invited_gets_in(self, ann: Person) -> None:
        bob = person(name="Bob")

        answer = self.use(self.link(bob))

        assert answer.headers["Location"] == DOOR
        assert attempt("bob@example.com", PASSWORD).status_code == 302
        entry = LogEntry.objects.latest("id")
        assert (entry.actor, entry.changes) == (bob, {"password": ["not shown", "not shown"]})

    def test_a_link_works_once(self, ann: Person) -> None:
        address = self.link(person(name="Bob"))
        self.use(address)

        again = self.use(address, "another plain sentence")

        assert "does not work any more" in again.content.decode()
        assert attempt("bob@example.com", PASSWORD).status_code == 302

    def test_a_link_for_somebody_sent_away_does_not_work(self, ann: Person) -> None:
        bob = person(name="Bob")
        address = self.link(bob)
        people.deactivate(bob.pk)

        assert "does not work any more" in Client().get(address).content.decode()

    @pytest.mark.parametrize(
        "address",
        ["/sign-in/link/MQ/x-y/", "/sign-in/link/☃/☃/", "/sign-in/link/AAAA/set-password/"],
    )
    def test_a_made_up_link_does_not_work(self, ann: Person, address: str) -> None:
        answer = Client().get(address)

        assert answer.status_code == 200
        assert "does not work any more" in answer.content.decode()

    @pytest.mark.parametrize("weak", ["short", "1234567890123", "password123", "ann@example.com"])
    def test_weak_passwords_are_refused(self, ann: Person, weak: str) -> None:
        answer = self.use(self.link(ann), weak)

        assert answer.status_code == 200
        assert "There is a problem" in answer.content.decode()
        ann.refresh_from_db()
        assert ann.check_password(PASSWORD)

    def test_a_new_password_ends_all_sessions_and_the_lock(self, ann: Person) -> None:
        elsewhere = browser(ann)
        for _ in range(5):
            attempt()

        self.use(self.link(ann), "another plain sentence")

        assert elsewhere.get("/settings/").status_code == 302
        assert attempt(password="another plain sentence").status_code == 302

    def test_the_token_does_not_stay_in_the_address(self, ann: Person) -> None:
        shown = Client().get(self.link(ann), follow=True)

        assert shown.redirect_chain[-1][0].endswith("/set-password/")
