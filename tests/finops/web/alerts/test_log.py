"""The log answers who was told what, when, and whether it arrived."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from finops.alerts.sending import send_due
from finops.models import Alert, Delivery
from tests.finops.alerts.at_hand import HOSTILE, endpoint, message, red_alert

ALERTS = "/alerts/"


def page(client: Client, query: str = "") -> str:
    answer = client.get(ALERTS + query)
    assert answer.status_code == 200
    return answer.content.decode()


def lost_message(why: str, **fields: Any) -> Delivery:
    """A message of now that was given up."""
    given_up = {"state": Delivery.DEAD, "attempts": 30, "queued_at": timezone.now()}
    return message(last_error=why, **given_up | fields)


def test_old_losses_stay_in_the_log_and_leave_the_top(finance: Client) -> None:
    lost_message("It answered 500.", queued_at=timezone.now() - timedelta(days=40))
    shown = page(finance)

    assert "Send again" not in shown
    assert "It answered 500." in shown


def test_before_anything_happened_it_says_what_will_be_here(viewer: Client) -> None:
    shown = page(viewer)

    assert "Nobody had to be told anything yet" in shown
    assert "Nobody is waited for" in shown


def test_it_says_who_was_told_when_and_that_it_arrived(viewer: Client) -> None:
    alert = red_alert(now=timezone.now(), recipients=["growth@example.com"])
    send_due(timezone.now)
    shown = page(viewer)

    assert alert.title.removeprefix("Red: ") in shown
    assert "owner" in shown
    assert "growth@example.com" in shown
    assert shown.count("<b>Sent:</b>") == 2
    assert "1 alert to look after" in shown
    assert "Acknowledge<" not in shown  # a viewer takes no part


def test_what_did_not_arrive_stands_above_the_log_and_goes_again(
    finance: Client, engineer: Client
) -> None:
    lost = lost_message("It answered 500.")
    assert "It answered 500." in page(engineer)
    assert "Send again" not in page(engineer)
    assert engineer.post(f"/alerts/messages/{lost.pk}/again/").status_code == 403
    assert "Send again" in page(finance)

    shown = finance.post(f"/alerts/messages/{lost.pk}/again/", follow=True).content.decode()
    lost.refresh_from_db()
    assert "Saved. The message is sent again." in shown
    assert (lost.state, lost.attempts) == (Delivery.QUEUED, 0)
    shown = finance.post(f"/alerts/messages/{lost.pk}/again/", follow=True).content.decode()
    assert "Nothing was changed" in shown


@pytest.mark.usefixtures("keeps")
def test_without_a_mail_server_it_says_so_and_keeps_the_mails(viewer: Client) -> None:
    message(due_at=timezone.now())
    send_due(timezone.now)
    shown = page(viewer)

    assert "No mail server is set" in shown
    assert "Not sent: no mail server. Readable here." in shown


def test_filters_narrow_it_by_state_colour_budget_and_time(viewer: Client) -> None:
    now = timezone.now()
    first, second = red_alert("First", now=now), red_alert("Second", now=now)
    Delivery.objects.filter(alert=second).update(state=Delivery.DEAD)
    Delivery.objects.filter(alert=first).update(queued_at=now - timedelta(days=40))

    def told(query: str) -> set[str]:
        body = page(viewer, query).partition("Who was told what")[2].partition("</table>")[0]
        return {name for name in ("First", "Second") if f"{name} is" in body}

    assert told("") == {"First", "Second"}
    assert told("?state=failed") == {"Second"}
    assert told("?state=waiting") == {"First"}
    assert told(f"?budget={first.budget_id}") == {"First"}
    assert told("?period=30d") == {"Second"}
    assert told("?severity=yellow") == set()
    assert told("?severity=red&state=waiting&period=90d") == {"First"}


@pytest.mark.parametrize(
    "query",
    [
        "?state=x&severity=<script>&period=1y&budget=x",
        "?budget=99999999999999999999",
        "?budget=%F0%9F%A6%80",
        "?page=9999&state=",
        "?budget=-1",
    ],
)
def test_odd_filters_do_no_harm(viewer: Client, query: str) -> None:
    assert "<script>" not in page(viewer, query)


def test_a_filter_without_answers_can_be_cleared(viewer: Client) -> None:
    assert "Clear filters" in page(viewer, "?state=failed")


def test_a_mail_inside_a_digest_fares_as_the_digest_does(viewer: Client) -> None:
    whole = message(state=Delivery.SENT, sent_at=timezone.now(), purpose=Delivery.DIGEST)
    message(state=Delivery.CARRIED, carried_by=whole, recipient="carried@example.com")

    assert "In the daily mail." in page(viewer)
    assert "carried@example.com" in page(viewer, "?state=sent")


def test_every_state_has_words(viewer: Client) -> None:
    later = timezone.now() + timedelta(hours=1)
    to = endpoint(name="chat")
    message(state=Delivery.QUEUED, due_at=later)
    message(state=Delivery.QUEUED, due_at=later, attempts=2, last_error="It answered 500.")
    message(state=Delivery.QUEUED, due_at=timezone.now())
    message(state=Delivery.DROPPED, last_error="The endpoint was paused.", endpoint=to)
    shown = page(viewer)

    for words in ("Waits", "Tried", "Tried again at", "On its way", "The endpoint was paused."):
        assert words in shown


def test_pages_hold_fifty_messages(viewer: Client) -> None:
    for n in range(60):
        message(subject=f"Message {n}")

    assert "Page 1 of 2" in page(viewer)
    assert page(viewer, "?page=2").count("read the message") == 10


def test_old_alerts_ask_for_nobody_any_more(viewer: Client) -> None:
    red_alert(now=timezone.now() - timedelta(days=40))

    assert "to look after" not in page(viewer)


# --- one message ----------------------------------------------------------------------------------


def test_a_message_reads_as_it_was_sent(viewer: Client) -> None:
    red_alert()
    delivery = Delivery.objects.get()
    shown = viewer.get(f"/alerts/messages/{delivery.pk}/").content.decode()

    assert "Growth team is $1,240 over its red line" in shown
    assert "owner@example.com" in shown
    assert str(delivery.uid) in shown


def test_nobody_reads_somebody_elses_link(finance: Client) -> None:
    red_alert()
    delivery = Delivery.objects.get()
    for address in ("", "html/"):
        shown = finance.get(f"/alerts/messages/{delivery.pk}/{address}").content.decode()
        assert ("not shown here" in shown) == (address == "")
        assert "/alerts/acknowledge/" not in shown
        assert "[[" not in shown


def test_the_html_of_a_mail_is_a_stranger_to_this_site(viewer: Client) -> None:
    delivery = message(html="<p style='color: red'>Hello</p><script>alert(1)</script>")
    answer = viewer.get(f"/alerts/messages/{delivery.pk}/html/")
    policy = answer.headers["Content-Security-Policy"]

    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "img-src" not in policy
    assert "self" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert viewer.get(f"/alerts/messages/{message(html='').pk}/html/").status_code == 404


def test_the_policy_of_other_pages_stays_strict(viewer: Client) -> None:
    delivery = message()
    policy = viewer.get(f"/alerts/messages/{delivery.pk}/").headers["Content-Security-Policy"]

    assert "unsafe-inline" not in policy


def test_what_a_program_got_can_be_read(viewer: Client) -> None:
    to = endpoint()
    red_alert()
    delivery = Delivery.objects.get(endpoint=to)
    shown = viewer.get(f"/alerts/messages/{delivery.pk}/").content.decode()

    assert "&quot;version&quot;: 1" in shown
    assert to.secret not in shown


def test_a_digest_lists_what_it_held(viewer: Client) -> None:
    whole = message(purpose=Delivery.DIGEST, subject="Costline: 2 alerts")
    message(state=Delivery.CARRIED, carried_by=whole, subject="Yellow: one")
    shown = viewer.get(f"/alerts/messages/{whole.pk}/").content.decode()

    assert "What it held" in shown
    assert "Yellow: one" in shown


@pytest.mark.parametrize("address", ["messages/0/", "messages/0/html/", "0/"])
def test_what_is_not_there_is_not_found(viewer: Client, address: str) -> None:
    assert viewer.get(ALERTS + address).status_code == 404


def test_hostile_words_stay_words(finance: Client) -> None:
    alert = red_alert(HOSTILE[:200], now=timezone.now())
    message(recipient="<b>x</b>@example.com", text=HOSTILE, subject=HOSTILE[:200], html=HOSTILE)
    lost_message(HOSTILE)
    addresses: list[Any] = [ALERTS, f"/alerts/{alert.pk}/"]
    addresses += [f"/alerts/messages/{one.pk}/" for one in Delivery.objects.all()]

    for address in addresses:
        shown = finance.get(address).content.decode()
        assert "<script>alert" not in shown
        assert "<b>x</b>" not in shown
    assert Alert.objects.count() == 1
