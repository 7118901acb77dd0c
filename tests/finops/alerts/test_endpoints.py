"""Endpoints: added, changed, tried, paused, re-keyed, removed; their secrets stay secret."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from auditlog.models import LogEntry

from finops.alerts.endpoints import (
    EndpointRefused,
    add_endpoint,
    change_endpoint,
    pause_endpoint,
    remove_endpoint,
    resume_endpoint,
    rotate_secret,
    send_test,
)
from finops.models import Delivery, Endpoint
from tests.finops.alerts.at_hand import HOSTILE, NOW, endpoint, message

pytestmark = pytest.mark.django_db

SLACK = "https://hooks.slack.com/services/T000/B000/very-secret"


def add(**changed: Any) -> Endpoint:
    return add_endpoint(
        **{
            "name": "hook",
            "kind": Endpoint.WEBHOOK,
            "url": "https://example.com/hook",
            "only_red": False,
            "by": "Maya",
            "now": NOW,
            **changed,
        }
    )


def test_a_signed_endpoint_gets_a_secret_that_nobody_could_guess() -> None:
    first, second = add(), add(name="other")

    assert first.secret.startswith("whsec_")
    assert len(base64.b64decode(first.secret.removeprefix("whsec_"))) == 32
    assert first.secret != second.secret


def test_a_chat_needs_none() -> None:
    assert add(kind=Endpoint.SLACK, url=SLACK).secret == ""


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " \n"}, "name"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://user:pw@example.com/"}, "url"),
        ({"kind": "fax"}, "kind"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, str], field: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        add(**changed)

    assert refused.value.field == field
    assert not Endpoint.objects.exists()


def test_no_two_have_the_same_name() -> None:
    add()
    with pytest.raises(EndpointRefused):
        add()
    assert Endpoint.objects.count() == 1


def test_a_hostile_name_becomes_one_line() -> None:
    assert "\n" not in add(name=HOSTILE).name


def test_a_change_keeps_the_address_unless_there_is_another() -> None:
    made = add()
    change_endpoint(made, name="renamed", url="", only_red=True)
    made.refresh_from_db()
    assert (made.name, made.url, made.only_red) == ("renamed", "https://example.com/hook", True)

    change_endpoint(made, name="renamed", url="https://example.com/other", only_red=False)
    made.refresh_from_db()
    assert made.url == "https://example.com/other"


def test_another_secret_ends_the_old_one() -> None:
    made = add()
    before = made.secret

    assert rotate_secret(made) != before
    assert Endpoint.objects.get().secret == made.secret


def test_what_waits_for_a_paused_endpoint_is_dropped_on_record() -> None:
    made = endpoint()
    waiting = message(endpoint=made, channel="webhook")
    pause_endpoint(made)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.last_error) == (Delivery.DROPPED, "The endpoint was paused.")

    resume_endpoint(made)
    assert Endpoint.objects.get().is_active


def test_what_was_sent_stays_on_record_when_an_endpoint_goes() -> None:
    made = endpoint()
    message(endpoint=made, channel="webhook", state=Delivery.SENT, recipient="hook")
    remove_endpoint(made)

    kept = Delivery.objects.get()
    assert (kept.endpoint, kept.recipient, kept.state) == (None, "hook", Delivery.SENT)


@pytest.mark.parametrize("kind", Endpoint.KINDS)
def test_a_test_message_is_queued_and_says_what_it_is(kind: str) -> None:
    queued = send_test(endpoint(kind=kind, name="a <b>"), now=NOW)

    assert queued.purpose == Delivery.TEST
    assert queued.payload is not None
    assert "test message" in queued.payload["text"]
    assert queued.payload["text"].count("&lt;b&gt;") == (kind == Endpoint.SLACK)


def test_the_change_log_holds_neither_address_nor_secret() -> None:
    made = add(url="https://example.com/secret-path")
    old = made.secret
    rotate_secret(made)
    change_endpoint(made, name="hook", url="https://example.com/other-secret", only_red=True)

    told = "".join(str(entry.changes) for entry in LogEntry.objects.all())
    assert LogEntry.objects.exists()
    for secret in ("secret-path", "other-secret", old, made.secret):
        assert secret not in told
    assert "only_red" in told
