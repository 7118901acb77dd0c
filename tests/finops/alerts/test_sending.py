"""The outbox is emptied: nothing lost, nothing twice, whatever servers and workers do."""

from __future__ import annotations

import email
import random
import smtplib
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.message import Message
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from finops.alerts import posting, sending
from finops.alerts.attempts import SENT, attempt, message_id
from finops.alerts.outbox import queue_mail
from finops.alerts.sending import (
    GIVEN_UP_AFTER,
    LEASE,
    LONGEST_WAIT,
    backoff,
    send_again,
    send_due,
    settle,
    take,
)
from finops.models import Delivery
from tests.finops.alerts import servers
from tests.finops.alerts.at_hand import HOSTILE, HOUR, MINUTE, NOW, Clock, endpoint, message
from tests.finops.alerts.servers import Server, serving

pytestmark = pytest.mark.usefixtures("ledger")

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture(autouse=True)
def _quick(settings: Any) -> Iterator[None]:
    settings.ALLOW_PRIVATE_WEBHOOKS = True
    settings.EMAIL_TIMEOUT = 0.3
    with patch.multiple(posting, CONNECT=0.3, READ=0.3, TOTAL=0.6):
        yield


@pytest.fixture
def by(settings: Any) -> Any:
    """Send mails over a server of this test."""

    def use(port: int) -> None:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = SMTP, "127.0.0.1"
        settings.EMAIL_PORT = port

    return use


def hook(url: str, name: str = "hook", **fields: Any) -> Delivery:
    to = endpoint(url, name=name)
    return message(
        channel=to.kind, endpoint=to, recipient=name, payload={"version": 1}, html="", **fields
    )


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("recipient", "state"))


def parsed(server: Server) -> list[Message]:
    return [email.message_from_bytes(one) for one in server.received]


def once(clock: Clock, chance: float = 1.0) -> int:
    return send_due(clock, chance=lambda: chance)


# --- mail ---------------------------------------------------------------------------------------


def test_a_mail_arrives_once_and_as_it_was_written(by: Any) -> None:
    delivery = message(text="Überschritten: 1 €\n")
    with serving(servers.mailbox()) as server:
        by(server.port)
        assert [once(Clock()), once(Clock())] == [1, 0]

    (arrived,) = parsed(server)
    assert arrived["Subject"] == "Week 47"
    assert arrived["To"] == "maya@example.com"
    assert arrived["Message-ID"] == message_id(delivery)
    assert str(delivery.uid) in arrived["Message-ID"]
    text, html = (
        part.get_payload(decode=True) for part in arrived.walk() if not part.is_multipart()
    )
    assert text.decode().strip() == "Überschritten: 1 €"
    assert b"<p>What was decided.</p>" in html
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent_at, delivery.attempts) == (Delivery.SENT, NOW, 1)


def test_hostile_words_stay_in_their_place(by: Any) -> None:
    queue_mail(
        key="k", purpose=Delivery.REVIEW, to="a@example.com", subject=HOSTILE, text=HOSTILE, now=NOW
    )
    with serving(servers.mailbox()) as server:
        by(server.port)
        assert once(Clock()) == 1

    (arrived,) = parsed(server)
    assert arrived["Bcc"] is None
    assert arrived.get_all("To") == ["a@example.com"]


def test_a_mail_is_queued_once_under_its_key() -> None:
    first, second = (
        queue_mail(key="k", purpose=Delivery.REVIEW, to=to, subject="s", text="t", now=NOW)
        for to in ("a@example.com", "b@example.com")
    )

    assert first == second
    assert Delivery.objects.get().recipient == "a@example.com"


def test_without_a_mail_server_mails_are_kept_and_everything_else_goes_on(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    message()
    with serving(servers.OK) as server:
        hook(server.url)
        assert once(Clock()) == 1

    assert states() == {"maya@example.com": "kept", "hook": "sent"}
    assert Delivery.objects.get(state="kept").attempts == 0


def test_a_kept_mail_can_be_sent_once_there_is_a_server(settings: Any, by: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    kept = message()
    once(Clock())
    assert send_again(kept.pk, now=NOW)

    with serving(servers.mailbox()) as server:
        by(server.port)
        assert once(Clock()) == 1
    assert len(server.received) == 1


def test_a_recipient_whom_the_server_refuses_for_good_is_given_up(by: Any) -> None:
    message()
    with serving(servers.mailbox(to="550 no such user secret-token")) as server:
        by(server.port)
        once(Clock())

    delivery = Delivery.objects.get()
    assert delivery.state == Delivery.DEAD
    assert delivery.last_error == "The mail server refused the message (550)."


def test_a_recipient_whom_the_server_refuses_for_now_waits_and_others_do_not(by: Any) -> None:
    """Greylisting is about one recipient: the next one may be welcome."""
    message(due_at=NOW - MINUTE)
    message(recipient="other@example.com")
    with serving(servers.mailbox(to="451 later")) as server:
        by(server.port)
        once(Clock())

    assert [one.attempts for one in Delivery.objects.all()] == [1, 1]
    assert set(states().values()) == {"queued"}


def test_a_message_that_the_server_takes_back_waits(by: Any) -> None:
    message()
    with serving(servers.mailbox(end="451 disk full")) as server:
        by(server.port)
        once(Clock())

    assert Delivery.objects.get().state == Delivery.QUEUED


def test_a_wrong_password_waits_for_somebody_to_set_it_right(settings: Any) -> None:
    message()
    refusal = smtplib.SMTPAuthenticationError(535, b"bad password hunter2")
    with patch("django.core.mail.EmailMultiAlternatives.send", side_effect=refusal):
        once(Clock())

    delivery = Delivery.objects.get()
    assert delivery.state == Delivery.QUEUED
    assert "hunter2" not in delivery.last_error


def test_any_backend_of_django_will_do_and_may_raise_what_it_likes() -> None:
    message()
    with patch("django.core.mail.EmailMultiAlternatives.send", side_effect=KeyError("api-key")):
        once(Clock())
    delivery = Delivery.objects.get()
    assert delivery.last_error == "The mail could not be handed over (KeyError)."

    assert once(Clock(NOW + HOUR)) == 1
    assert len(mail.outbox) == 1


# --- failures -----------------------------------------------------------------------------------


def test_a_mail_server_that_hangs_costs_one_wait_and_stops_nobody_else(by: Any) -> None:
    for n in range(5):
        message(recipient=f"{n}@example.com", due_at=NOW - HOUR)
    with serving(servers.hangs_at_once) as hanging, serving(servers.OK) as server:
        by(hanging.port)
        hook(server.url)
        took = servers.seconds(lambda: once(Clock()))

    assert hanging.connections == 1
    assert states()["hook"] == "sent"
    assert took < 2
    assert not Delivery.objects.filter(channel="email", due_at__lt=NOW + MINUTE).exists()


def test_an_hour_of_500_loses_nothing_and_sends_nothing_twice() -> None:
    clock, chances = Clock(), random.Random(7)
    with serving(servers.BROKEN) as server:
        for n in range(3):
            hook(server.url, f"hook {n}", due_at=NOW + n * MINUTE)
        while clock.now < NOW + HOUR:
            send_due(clock, chance=chances.random)
            clock.pass_(3 * MINUTE)
        assert set(states().values()) == {"queued"}
        tried = len(server.received)
        server.talk = servers.OK
        while "queued" in states().values():
            send_due(clock, chance=chances.random)
            clock.pass_(3 * MINUTE)

    assert set(states().values()) == {"sent"}
    assert len(server.received) - tried == 3
    ids = [servers.headers(one)["webhook-id"] for one in server.received[tried:]]
    assert len(set(ids)) == 3


def test_the_way_is_tried_less_and_less_often() -> None:
    hook(f"http://127.0.0.1:{servers.closed_port()}/")
    clock, waits = Clock(), []
    for _ in range(9):
        once(clock)
        due = Delivery.objects.get().due_at
        waits.append(due - clock.now)
        clock.now = due

    assert [wait // MINUTE for wait in waits] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(st.integers(1, 100), st.floats(0, 1))
def test_no_wait_is_longer_than_an_hour(attempts: int, chance: float) -> None:
    assert timedelta(0) <= backoff(attempts, chance) <= LONGEST_WAIT


def test_after_a_day_a_message_is_given_up_and_somebody_can_send_it_again() -> None:
    with serving(servers.BROKEN) as server:
        delivery = hook(server.url)
        clock = Clock()
        while clock.now <= NOW + GIVEN_UP_AFTER + HOUR:
            once(clock)
            clock.pass_(25 * MINUTE)
        delivery.refresh_from_db()
        assert delivery.state == Delivery.DEAD
        assert delivery.last_error == "It answered 500."
        tries = len(server.received)
        assert 15 < tries < 40

        server.talk = servers.OK
        assert once(clock) == 0
        assert send_again(delivery.pk, now=clock.now)
        assert once(clock) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (Delivery.SENT, 1)
    assert not send_again(delivery.pk, now=clock.now)


def test_a_day_is_counted_from_the_first_try_and_not_from_the_writing() -> None:
    """A message that waited for the morning has its whole day before it."""
    hook(f"http://127.0.0.1:{servers.closed_port()}/", queued_at=NOW - timedelta(days=3))
    once(Clock())

    assert Delivery.objects.get().state == Delivery.QUEUED


def test_a_host_that_hangs_rests_for_all_its_endpoints() -> None:
    with serving(servers.hangs) as hanging, serving(servers.OK) as server:
        for n in range(4):
            hook(f"{hanging.url}/{n}", f"hanging {n}", due_at=NOW - HOUR)
        hook(server.url.replace("127.0.0.1", "localhost"), "fine")
        once(Clock())

    assert hanging.connections == 1
    assert states()["fine"] == "sent"


def test_a_pass_ends_in_time() -> None:
    with serving(servers.hangs) as one, patch.object(sending, "PASS", 0.2):
        for n in range(5):
            hook(one.url.replace("127.0.0.1", f"127.0.0.{n + 1}"), f"hook {n}")
        took = servers.seconds(lambda: once(Clock()))

    assert took < 1.5
    assert Delivery.objects.filter(attempts=0).exists()


def test_how_long_a_server_asks_to_wait_is_heard() -> None:
    talk = servers.answers("429 Too Many Requests", "Retry-After: 1800")
    with serving(talk) as server:
        hook(server.url)
        once(Clock(), chance=0)

    assert Delivery.objects.get().due_at == NOW + 30 * MINUTE


# --- workers that die, and two at once ------------------------------------------------------------


def test_a_worker_killed_before_sending_loses_nothing() -> None:
    message()
    with (
        patch("finops.alerts.sending.attempt", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        once(Clock())
    assert len(mail.outbox) == 0

    assert once(Clock(NOW + MINUTE)) == 0  # somebody might still be at it
    assert once(Clock(NOW + LEASE + MINUTE)) == 1
    assert len(mail.outbox) == 1


def test_a_worker_killed_after_sending_sends_under_the_same_id() -> None:
    """No protocol can tell whether the last word was heard; the receiving side can."""
    message()
    with (
        patch("finops.alerts.sending.settle", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        once(Clock())
    once(Clock(NOW + LEASE + MINUTE))

    first, second = (one.extra_headers["Message-ID"] for one in mail.outbox)
    assert first == second


def test_whoever_comes_back_too_late_changes_nothing() -> None:
    message()
    first = take(NOW)
    second = take(NOW + LEASE + MINUTE)
    assert first is not None
    assert second is not None

    assert settle(second, SENT, now=NOW, chance=random.random)
    assert not settle(first, SENT._replace(error="no"), now=NOW, chance=random.random)
    assert Delivery.objects.get().state == Delivery.SENT


def test_two_workers_at_once_take_every_message_once() -> None:
    for n in range(12):
        message(recipient=f"{n}@example.com")
    taken: list[int] = []
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        while (delivery := take(NOW)) is not None:
            taken.append(delivery.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken)) == 12


def test_one_worker_sends_at_a_time_so_that_imports_have_the_others() -> None:
    message()
    sent: list[int] = []

    def another(delivery: Delivery, **_: Any) -> Any:
        thread = threading.Thread(target=lambda: (sent.append(once(Clock())), connection.close()))
        thread.start()
        thread.join(10)
        return attempt(delivery, now=NOW)

    with patch("finops.alerts.sending.attempt", side_effect=another):
        assert once(Clock()) == 1
    assert sent == [0]
    message()
    assert once(Clock()) == 1  # the lock is free again


def test_what_is_not_due_waits() -> None:
    message(due_at=NOW + MINUTE)

    assert [once(Clock()), once(Clock(NOW + MINUTE))] == [0, 1]
