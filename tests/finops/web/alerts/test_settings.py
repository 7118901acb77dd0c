"""How alerts are sent: wishes and endpoints, changed by whoever sets the money."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

import pytest
from django.test import Client

from finops.access.rights import RIGHTS, Right
from finops.alerts.sending import send_due
from finops.models import AlertSettings, Delivery, Endpoint
from tests.finops.access.people_at_hand import browser, person
from tests.finops.alerts import servers
from tests.finops.alerts.at_hand import HOSTILE, Clock, endpoint, red_alert
from tests.finops.alerts.servers import serving

SETTINGS = "/alerts/settings/"
ADD = "/alerts/settings/endpoints/add/"
SLACK = "https://hooks.slack.com/services/T000/B000/very-secret"


def wanted(**changed: Any) -> dict[str, Any]:
    return {
        "escalate_to": "",
        "escalate_after_minutes": "60",
        "quiet_from": "",
        "quiet_until": "",
        "digest_at": "",
        **changed,
    }


def given(**changed: str) -> dict[str, str]:
    return {"kind": "webhook", "name": "hook", "url": "https://example.com/secret", **changed}


def test_wishes_are_saved_and_shown(finance: Client) -> None:
    leader = person("executive", name="Lena")
    typed = wanted(
        escalate_to=leader.pk,
        escalate_after_minutes="0",
        quiet_from="22:00",
        quiet_until="7.30",
        digest_at="9",
    )
    shown = finance.post(SETTINGS, typed, follow=True).content.decode()

    assert "Saved." in shown
    kept = AlertSettings.current()
    assert (kept.escalate_to, kept.escalate_after_minutes) == (leader, 0)
    assert (kept.quiet_from, kept.quiet_until, kept.digest_at) == (time(22), time(7, 30), time(9))
    for text in ("22:00", "07:30", "09:00"):
        assert f'value="{text}"' in shown


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"escalate_after_minutes": ""}, "Enter minutes; 0 is at once."),
        ({"escalate_after_minutes": "-1"}, "greater than or equal to 0"),
        ({"escalate_after_minutes": "1.5"}, "Enter whole minutes"),
        ({"escalate_after_minutes": "99999"}, "Enter at most a week"),
        ({"escalate_to": "999999"}, "valid choice"),
        ({"quiet_from": "22:00"}, "Enter both ends of the quiet hours"),
        ({"quiet_until": "07:00"}, "Enter both ends of the quiet hours"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "Enter a time such as 22:00."),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "that is all day"),
        (
            {"quiet_from": "22:00", "quiet_until": "07:00", "digest_at": "06:00"},
            "Choose a time outside the quiet hours.",
        ),
        ({"digest_at": "<script>"}, "Enter a time such as 08:30."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_saved(
    finance: Client, changed: dict[str, str], error: str
) -> None:
    answer = finance.post(SETTINGS, wanted(**changed))

    assert answer.status_code == 422
    assert error in answer.content.decode()
    assert "There is a problem" in answer.content.decode()
    assert AlertSettings.current().quiet_from is None
    assert AlertSettings.current().escalate_after_minutes == 60


def test_people_who_left_are_not_offered(finance: Client) -> None:
    person("executive", name="Gone", is_active=False)

    assert "Gone" not in finance.get(SETTINGS).content.decode()


@pytest.mark.parametrize("role", RIGHTS)
def test_only_those_who_set_the_money_may(role: str) -> None:
    to = endpoint(url=SLACK)
    client = browser(person(role, name=f"some {role}"))
    one = f"/alerts/settings/endpoints/{to.pk}/"
    posts = [one + name for name in ("", "pause/", "resume/", "test/", "secret/", "remove/")]
    codes = {client.get(address).status_code for address in (SETTINGS, ADD, one)}
    codes |= {client.post(address).status_code for address in (SETTINGS, ADD)}
    codes |= {client.post(address).status_code for address in posts}

    assert (codes == {403}) == (Right.SET_MONEY not in RIGHTS[role])
    assert Endpoint.objects.exists() == (Right.SET_MONEY not in RIGHTS[role])


# --- endpoints ------------------------------------------------------------------------------------


def test_a_secret_is_shown_once(finance: Client) -> None:
    answer = finance.post(ADD, given())
    secret = Endpoint.objects.get().secret

    assert secret in answer.content.decode().replace("&#x2B;", "+")
    assert "no-store" in answer.headers["Cache-Control"]
    pages = [SETTINGS, f"/alerts/settings/endpoints/{Endpoint.objects.get().pk}/"]
    assert not [address for address in pages if secret in finance.get(address).content.decode()]


def test_the_address_of_a_chat_is_never_shown_again(finance: Client) -> None:
    shown = finance.post(ADD, given(kind="slack", url=SLACK)).content.decode()
    one = f"/alerts/settings/endpoints/{Endpoint.objects.get().pk}/"
    pages = [shown, *(finance.get(at).content.decode() for at in (SETTINGS, one))]

    assert not [page for page in pages if "very-secret" in page]
    assert "hooks.slack.com" in pages[-1]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"name": ""}, "Name the endpoint."),
        ({"url": ""}, "Enter the address."),
        ({"url": "https://169.254.169.254/latest"}, "This address is never called"),
        ({"url": "https://10.0.0.1/"}, "This address is private"),
        ({"url": "http://example.com/"}, "begins with https://"),
        ({"kind": "fax"}, "valid choice"),
        ({"url": f"https://example.com/{'x' * 2_000}"}, "at most 2000"),
    ],
)
def test_an_endpoint_that_cannot_be_is_not_added(
    finance: Client, changed: dict[str, str], error: str
) -> None:
    answer = finance.post(ADD, given(**changed))

    assert answer.status_code == 422
    assert error in answer.content.decode()
    assert not Endpoint.objects.exists()


def test_a_name_is_taken_once(finance: Client) -> None:
    finance.post(ADD, given())

    assert "Another endpoint has this name." in finance.post(ADD, given()).content.decode()


def test_a_change_leaves_the_address_alone_unless_there_is_a_new_one(finance: Client) -> None:
    to = endpoint(url=SLACK, kind="slack")
    one = f"/alerts/settings/endpoints/{to.pk}/"
    finance.post(one, {"name": "renamed", "url": "", "only_red": "on"})
    to.refresh_from_db()
    assert (to.name, to.url, to.only_red) == ("renamed", SLACK, True)

    answer = finance.post(one, {"name": "x", "url": "https://127.0.0.1/"})
    assert answer.status_code == 422
    to.refresh_from_db()
    assert (to.name, to.url) == ("renamed", SLACK)


def test_a_paused_endpoint_hears_nothing_until_it_is_resumed(finance: Client) -> None:
    to = endpoint()
    one = f"/alerts/settings/endpoints/{to.pk}/"
    finance.post(f"{one}pause/")
    red_alert("A")
    shown = finance.post(f"{one}test/", follow=True).content.decode()
    assert "Nothing was sent. Resume the endpoint first." in shown
    assert not Delivery.objects.filter(endpoint=to).exists()

    finance.post(f"{one}resume/")
    red_alert("B")
    assert Delivery.objects.filter(endpoint=to).count() == 1


def test_a_test_message_shows_what_became_of_it(finance: Client, settings: Any) -> None:
    settings.ALLOW_PRIVATE_WEBHOOKS = True
    with serving(servers.OK) as server:
        to = endpoint(url=server.url)
        shown = finance.post(f"/alerts/settings/endpoints/{to.pk}/test/", follow=True)
        assert "The test message is on its way." in shown.content.decode()
        assert send_due(Clock(Delivery.objects.get().due_at)) == 1

    assert b'"type":"test"' in server.received[0]
    shown = finance.get(f"/alerts/messages/{Delivery.objects.get().pk}/")
    assert "Sent" in shown.content.decode()


def test_another_secret_is_shown_once_and_a_chat_has_none(finance: Client) -> None:
    to, chat = endpoint(), endpoint(name="chat", kind="slack", secret="")
    before = to.secret
    answer = finance.post(f"/alerts/settings/endpoints/{to.pk}/secret/")
    to.refresh_from_db()

    assert to.secret != before
    assert re.search(r"whsec_", answer.content.decode())
    assert finance.post(f"/alerts/settings/endpoints/{chat.pk}/secret/").status_code == 404


def test_an_endpoint_is_removed_and_its_messages_stay(finance: Client) -> None:
    to = endpoint()
    red_alert()
    finance.post(f"/alerts/settings/endpoints/{to.pk}/remove/")

    assert not Endpoint.objects.exists()
    assert Delivery.objects.get(recipient="hook").state == Delivery.DROPPED
    assert finance.get("/alerts/").status_code == 200


def test_hostile_names_stay_words(finance: Client) -> None:
    finance.post(ADD, given(name=HOSTILE.replace("\r\n", " ")[:200]))
    to = Endpoint.objects.get()
    for address in (SETTINGS, f"/alerts/settings/endpoints/{to.pk}/"):
        shown = finance.get(address).content.decode()
        assert "<script>alert" not in shown


@pytest.mark.usefixtures("keeps")
def test_it_says_that_there_is_no_mail_server(finance: Client) -> None:
    assert "No mail server is set" in finance.get(SETTINGS).content.decode()
