"""Acknowledging on the page and by the link of a mail: on record, once, never by opening."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from django.core import mail
from django.test import Client

from finops.access.rights import RIGHTS, Right
from finops.alerts.acknowledging import acknowledge, link_token
from finops.alerts.escalation import escalate_due
from finops.alerts.sending import send_due
from finops.models import Alert, Person
from tests.finops.access.people_at_hand import browser, person
from tests.finops.alerts.at_hand import HOUR, NOW, Clock, red_alert


def link(alert: Alert, address: str = "owner@example.com") -> str:
    return f"/alerts/acknowledge/{link_token(alert.pk, address)}/"


def test_a_person_acknowledges_with_a_note(engineer: Client) -> None:
    alert = red_alert()
    address = f"/alerts/{alert.pk}/"
    answer = engineer.post(f"{address}acknowledge/", {"note": "A loop in retrieve."}, follow=True)
    shown = answer.content.decode()

    assert "Saved. You acknowledged this alert." in shown
    assert "Priya looks after it" in shown
    assert "A loop in retrieve." in shown
    assert Alert.objects.get().acknowledged_by == "Priya"
    assert "acknowledge/" not in shown


def test_a_second_time_is_harmless_and_says_who_was_first(
    engineer: Client, finance: Client
) -> None:
    alert = red_alert()
    engineer.post(f"/alerts/{alert.pk}/acknowledge/", {"note": "Mine."})
    shown = finance.post(f"/alerts/{alert.pk}/acknowledge/", {"back": "log"}, follow=True)

    assert "Priya had acknowledged it on" in shown.content.decode()
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.acknowledged_note) == ("Priya", "Mine.")


@pytest.mark.parametrize("role", RIGHTS)
def test_those_who_take_part_may(role: str) -> None:
    alert = red_alert()
    client = browser(person(role, name=f"some {role}"))
    answer = client.post(f"/alerts/{alert.pk}/acknowledge/")
    alert.refresh_from_db()

    assert (answer.status_code == 302) == (Right.TAKE_PART in RIGHTS[role])
    assert (alert.acknowledged_at is not None) == (Right.TAKE_PART in RIGHTS[role])


def test_a_note_without_an_end_is_refused(engineer: Client) -> None:
    alert = red_alert()
    answer = engineer.post(f"/alerts/{alert.pk}/acknowledge/", {"note": "x" * 2_001})

    assert answer.status_code == 422
    assert Alert.objects.get().acknowledged_at is None


def test_an_alert_that_is_not_there_is_not_found(engineer: Client) -> None:
    assert engineer.post("/alerts/0/acknowledge/").status_code == 404


def test_the_page_says_when_leadership_hears(engineer: Client) -> None:
    person("executive", name="Lena")
    alert = red_alert()
    address = f"/alerts/{alert.pk}/"
    assert "unless somebody acknowledges it before" in engineer.get(address).content.decode()

    escalate_due(NOW + HOUR)
    assert (
        "Leadership was told on 20 Nov 2026, 15:07 UTC." in engineer.get(address).content.decode()
    )


# --- links ----------------------------------------------------------------------------------------


def test_the_link_of_a_mail_works_without_signing_in() -> None:
    red_alert()
    send_due(Clock())
    (found,) = re.findall(r"http://[^/]+(/alerts/acknowledge/\S+/)", str(mail.outbox[0].body))
    visitor = Client(enforce_csrf_checks=True)

    page = visitor.get(found)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert token is not None
    assert "Growth team is $1,240 over its red line" in page.content.decode()
    done = visitor.post(found, {"csrfmiddlewaretoken": token[1]})

    assert "It is on record that owner looks after it" in done.content.decode()
    assert Alert.objects.get().acknowledged_by == "owner"
    assert "no-store" in done.headers["Cache-Control"]


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_a_link_changes_nothing(method: str) -> None:
    """Programs that look through mails for bad links open them all."""
    alert = red_alert()
    for _ in range(3):
        assert getattr(Client(), method)(link(alert)).status_code == 200

    assert Alert.objects.get().acknowledged_at is None


def test_a_link_shows_no_more_than_the_mail_did() -> None:
    alert = red_alert()
    acknowledge(alert.pk, by="Somebody Secret", now=NOW, note="A secret note.")
    shown = Client().get(link(alert)).content.decode()

    assert "Somebody looks after it already" in shown
    assert "Secret" not in shown
    assert "secret note" not in shown


def test_a_second_click_is_harmless() -> None:
    alert = red_alert()
    address = link(alert)
    Client().post(address)
    shown = Client().post(address).content.decode()

    assert "Somebody looks after it already" in shown
    assert Alert.objects.get().acknowledged_by == "owner"


@pytest.mark.parametrize("token", ["x", "a:b:c", "é", "0" * 3_000])
def test_a_link_that_somebody_made_up_does_nothing(token: str) -> None:
    red_alert()
    for method in (Client().get, Client().post):
        shown = method(f"/alerts/acknowledge/{token}/")
        assert shown.status_code == 200
        assert "This link does not work any more" in shown.content.decode()

    assert Alert.objects.get().acknowledged_at is None


def test_a_forged_post_is_refused() -> None:
    alert = red_alert()

    assert Client(enforce_csrf_checks=True).post(link(alert)).status_code == 403
    assert Alert.objects.get().acknowledged_at is None


def test_a_link_of_whoever_left_meanwhile_does_nothing() -> None:
    alert = red_alert()
    Person.objects.filter(email="owner@example.com").update(is_active=False)
    Client().post(link(alert))

    assert Alert.objects.get().acknowledged_at is None


def test_whoever_is_signed_in_may_use_it_too(viewer: Client) -> None:
    alert = red_alert()
    assert "Acknowledge this alert?" in viewer.get(link(alert)).content.decode()
    viewer.post(link(alert))

    assert Alert.objects.get().acknowledged_by == "owner"


def test_a_link_ends() -> None:
    alert = red_alert()
    address = link(alert)
    import time

    with patch("django.core.signing.time.time", return_value=time.time() + 15 * 24 * 3_600):
        assert "does not work any more" in Client().post(address).content.decode()
