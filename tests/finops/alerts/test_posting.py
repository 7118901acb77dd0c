"""Webhooks against real servers that refuse, hang, drip, pour, redirect and babble."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from unittest.mock import patch

import pytest

from finops.alerts import posting
from finops.alerts.attempts import Outcome, attempt
from finops.alerts.targets import Target
from finops.models import Delivery, Endpoint
from tests.finops.alerts import servers
from tests.finops.alerts.at_hand import NOW, endpoint, message
from tests.finops.alerts.servers import serving

pytestmark = pytest.mark.django_db

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"


@pytest.fixture(autouse=True)
def _quick(settings: Any) -> Iterator[None]:
    """The servers of these tests are on this machine, and nobody waits five seconds for them."""
    settings.ALLOW_PRIVATE_WEBHOOKS = True
    with patch.multiple(posting, CONNECT=0.3, READ=0.3, TOTAL=0.8):
        yield


def hook(url: str, **fields: Any) -> Delivery:
    """A message to an endpoint."""
    to = endpoint(url, secret=SECRET, **fields)
    return message(
        channel=to.kind, endpoint=to, recipient=to.name, payload={"version": 1, "b": "é", "a": "$1"}
    )


def tried(url: str, **fields: Any) -> Outcome:
    return attempt(hook(url, **fields), now=NOW)


def test_a_signed_message_can_be_verified_as_the_documentation_says() -> None:
    with serving(servers.OK) as server:
        delivery = hook(server.url)
        assert attempt(delivery, now=NOW).is_sent
    (received,) = server.received
    sent = servers.headers(received)

    signed = b".".join(
        [sent["webhook-id"].encode(), sent["webhook-timestamp"].encode(), servers.body(received)]
    )
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert sent["webhook-signature"] == f"v1,{expected}"
    assert sent["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert sent["webhook-id"] == sent["idempotency-key"] == str(delivery.uid)
    assert sent["host"] == f"127.0.0.1:{server.port}"
    assert json.loads(servers.body(received)) == delivery.payload


def test_a_chat_is_sent_no_signature() -> None:
    with serving(servers.answers("200 OK", text="ok")) as server:
        assert tried(server.url, kind=Endpoint.SLACK).is_sent

    assert "webhook-signature" not in servers.headers(server.received[0])


@pytest.mark.parametrize(
    ("status", "final"),
    [
        ("500 Internal Server Error", False),
        ("503 Service Unavailable", False),
        ("408 Request Timeout", False),
        ("425 Too Early", False),
        ("429 Too Many Requests", False),
        ("301 Moved Permanently", False),
        ("304 Not Modified", False),
        ("400 Bad Request", True),
        ("401 Unauthorized", True),
        ("404 Not Found", True),
        ("410 Gone", True),
    ],
)
def test_a_refusal_is_for_good_or_for_now(status: str, final: bool) -> None:
    with serving(servers.answers(status)) as server:
        outcome = tried(server.url)

    assert (outcome.is_sent, outcome.final) == (False, final)
    assert status[:3] in outcome.error


def test_a_redirect_is_not_followed_not_even_to_a_private_place() -> None:
    with (
        serving(servers.OK) as inside,
        serving(servers.answers("307 Temporary Redirect", f"Location: {inside.url}")) as server,
    ):
        outcome = tried(server.url)

    assert outcome.error == "It answered 307 and points elsewhere. Redirects are not followed."
    assert inside.connections == 0


def test_a_server_that_hangs_is_left_in_time() -> None:
    with serving(servers.hangs) as server:
        outcomes: list[Outcome] = []
        took = servers.seconds(lambda: outcomes.append(tried(server.url)))

    assert outcomes[0].error == "It did not answer in time."
    assert outcomes[0].is_down
    assert took < 1.5


def test_a_server_that_answers_byte_by_byte_is_left_in_time() -> None:
    with serving(servers.drips) as server:
        outcomes: list[Outcome] = []
        took = servers.seconds(lambda: outcomes.append(tried(server.url)))

    assert not outcomes[0].is_sent
    assert took < 2


def test_an_answer_without_an_end_is_not_read_to_it() -> None:
    with serving(servers.pours) as server:
        took = servers.seconds(lambda: tried(server.url))

    assert took < 1.5


def test_headers_without_an_end_are_not_read_either() -> None:
    with serving(servers.answers("200 OK", *(f"X-{n}: a" for n in range(500)))) as server:
        outcome = tried(server.url)

    assert outcome.error == "It does not answer as a web server does."


@pytest.mark.parametrize(
    "talk", [servers.babbles, servers.hangs_up], ids=lambda talk: talk.__name__
)
def test_what_is_no_web_server_is_told_apart(talk: servers.Talk) -> None:
    with serving(talk) as server:
        outcome = tried(server.url)

    assert not outcome.is_sent
    assert not outcome.final


def test_nobody_there() -> None:
    outcome = tried(f"http://127.0.0.1:{servers.closed_port()}/")

    assert outcome.error == "It cannot be connected to (ConnectionRefusedError)."
    assert outcome.is_down


def test_plain_text_is_never_sent_where_tls_was_asked_for() -> None:
    with serving(servers.answers("200 OK")) as server:
        outcome = tried(server.url.replace("http:", "https:"))

    assert not outcome.is_sent
    assert all(not one.startswith(b"POST") for one in server.received)


def test_tls_is_for_the_name_and_the_connection_to_the_checked_address() -> None:
    """A name that answers otherwise the second time gains nothing: it is not asked again."""
    target = Target("https", "hooks.example.com", 443, "/")
    with (
        patch("finops.alerts.posting.addresses_of", return_value=[ip_address("93.184.216.34")]),
        patch("socket.create_connection", side_effect=ConnectionRefusedError) as connect,
        pytest.raises(ConnectionRefusedError),
    ):
        posting.post(target, b"", {}, private=False)
    assert connect.call_args.args[0] == ("93.184.216.34", 443)

    with (
        patch("finops.alerts.posting.addresses_of", return_value=[ip_address("93.184.216.34")]),
        patch("socket.create_connection"),
        patch("ssl.SSLContext.wrap_socket", side_effect=ConnectionResetError) as wrap,
        pytest.raises(ConnectionResetError),
    ):
        posting.post(target, b"", {}, private=False)
    assert wrap.call_args.kwargs["server_hostname"] == "hooks.example.com"


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with serving(servers.OK) as server, patch("finops.alerts.posting.addresses_of") as found:
        found.return_value = [ip_address("::1"), ip_address("127.0.0.1")]
        assert tried(server.url).is_sent


def test_a_private_address_is_refused_for_good_and_not_called(settings: Any) -> None:
    settings.ALLOW_PRIVATE_WEBHOOKS = False
    with serving(servers.OK) as server:
        outcome = tried(server.url.replace("http:", "https:"))

    assert outcome.final
    assert "private" in outcome.error
    assert server.connections == 0


def test_a_chat_says_why_in_a_word() -> None:
    with serving(servers.answers("404 Not Found", text="no_service")) as server:
        assert tried(server.url, kind=Endpoint.SLACK).error == "It answered 404 (no_service)."


def test_how_long_to_wait_is_heard_within_reason() -> None:
    for asked, wait in (("120", 120), ("999999", 3_600), ("tomorrow", 0), ("-5", 0)):
        talk = servers.answers("429 Too Many Requests", f"Retry-After: {asked}")
        with serving(talk) as server:
            outcome = tried(server.url, name=f"hook {asked}")
        assert outcome.wait == timedelta(seconds=wait)


def test_no_error_repeats_an_address_or_a_secret() -> None:
    secret = "T000/B000/very-secret"
    said = []
    for talk in (servers.BROKEN, servers.hangs_up, servers.babbles, servers.hangs):
        with serving(talk) as server:
            said.append(tried(f"{server.url}/{secret}", name=str(server.port)).error)
    said.append(tried(f"http://127.0.0.1:{servers.closed_port()}/{secret}", name="closed").error)
    said.append(tried(f"http://169.254.169.254/{secret}", name="metadata").error)

    assert all(said)
    assert not [text for text in said if "secret" in text or "127.0.0.1" in text]


def test_an_endpoint_that_was_removed_is_called_no_more() -> None:
    delivery = hook("http://127.0.0.1:1/")
    delivery.endpoint = None

    assert attempt(delivery, now=NOW) == Outcome("The endpoint was removed.", final=True)
