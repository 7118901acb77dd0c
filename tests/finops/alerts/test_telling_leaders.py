"""Leadership hears at red, once: at once, or when nobody acknowledged within a time."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.db import connection

from finops.alerts.acknowledging import (
    LINK_WORKS,
    acknowledge,
    link_token,
    may_by_link,
    read_link,
)
from finops.alerts.escalation import escalate_due
from finops.alerts.raising import raise_due
from finops.alerts.sending import send_due
from finops.models import Alert, Crossing, Delivery, Person
from tests.finops.alerts.at_hand import (
    HOUR,
    MINUTE,
    NOW,
    Clock,
    budget,
    cap,
    cross,
    person,
    red_alert,
    told,
    violate,
    wishes,
)

pytestmark = pytest.mark.usefixtures("ledger")


@pytest.fixture
def leader() -> Person:
    return person("executive", name="lena")


def leaders_told() -> list[str]:
    return [to for to, purpose in told() if purpose == "escalation"]


def test_leadership_hears_after_an_hour_once(leader: Person) -> None:
    red_alert()

    assert escalate_due(NOW + 59 * MINUTE) == 0
    assert [escalate_due(NOW + HOUR), escalate_due(NOW + 2 * HOUR)] == [1, 0]
    assert leaders_told() == [leader.email]
    assert Alert.objects.get().escalated_at == NOW + HOUR
    text = Delivery.objects.get(purpose="escalation").text
    assert text.startswith("Nobody has acknowledged this for 60 minutes.")


def test_zero_minutes_is_at_once(leader: Person) -> None:
    wishes(escalate_after_minutes=0)
    red_alert()

    assert leaders_told() == [leader.email]
    assert escalate_due(NOW + HOUR) == 0


def test_whoever_acknowledges_in_time_spares_leadership(leader: Person) -> None:
    alert = red_alert()
    acknowledge(alert.pk, by="Priya", now=NOW + 30 * MINUTE, note="On it.")

    assert escalate_due(NOW + 2 * HOUR) == 0
    assert leaders_told() == []


def test_the_sender_sees_to_it(leader: Person) -> None:
    red_alert()
    send_due(Clock(NOW + HOUR))

    assert leader.email in {to for one in mail.outbox for to in one.to}


@pytest.mark.parametrize("kind", [Crossing.YELLOW, Crossing.HEADING])
def test_only_red_is_escalated(leader: Person, kind: str) -> None:
    wishes(escalate_after_minutes=0)
    cross(budget(), kind)
    violate(cap())
    raise_due(NOW)

    assert leaders_told() == []
    assert escalate_due(NOW + HOUR) == 0


def test_a_budget_names_its_leader_before_the_organization_does(leader: Person) -> None:
    of_all, of_one = person("viewer", name="all"), person("viewer", name="one")
    wishes(escalate_to=of_all, escalate_after_minutes=0)
    red_alert("A")
    red_alert("B", escalate_to=of_one)
    assert leaders_told() == ["all@example.com", "one@example.com"]

    of_one.is_active = False
    of_one.save()
    red_alert("C", escalate_to=of_one)
    assert leaders_told() == ["all@example.com", "all@example.com", "one@example.com"]


def test_every_executive_hears_where_nobody_is_named() -> None:
    for name in ("a", "b"):
        person("executive", name=name)
    person("executive", name="gone", is_active=False)
    wishes(escalate_after_minutes=0)
    red_alert()

    assert leaders_told() == ["a@example.com", "b@example.com"]


def test_without_executives_finance_hears_and_without_finance_the_admins() -> None:
    wishes(escalate_after_minutes=0)
    person("admin")
    red_alert("A")
    person("finance")
    red_alert("B")

    assert leaders_told() == ["admin@example.com", "finance@example.com"]


def test_who_was_told_as_owner_is_not_told_again() -> None:
    owner = person("executive", name="lena")
    wishes(escalate_after_minutes=0)
    red_alert(owner=owner)

    assert told() == [("lena@example.com", "alert")]
    assert Alert.objects.get().escalated_at == NOW


def test_two_workers_at_once_escalate_once(leader: Person) -> None:
    for n in range(5):
        red_alert(f"Budget {n}")
    start, counts = threading.Barrier(3), []

    def work() -> None:
        start.wait()
        counts.append(escalate_due(NOW + HOUR))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts) == 5
    assert len(leaders_told()) == 5


def test_killed_in_between_leadership_hears_all_the_same(leader: Person) -> None:
    red_alert()
    with (
        patch.object(Alert, "save", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        escalate_due(NOW + HOUR)
    assert leaders_told() == []

    assert escalate_due(NOW + HOUR) == 1
    assert leaders_told() == [leader.email]


# --- acknowledging ------------------------------------------------------------------------------


def test_the_first_who_acknowledges_stays_on_record() -> None:
    alert = red_alert()

    _, first = acknowledge(alert.pk, by="Priya", now=NOW, note="On it.")
    again, second = acknowledge(alert.pk, by="Tom", now=NOW + HOUR)

    assert (first, second) == (True, False)
    assert (again.acknowledged_by, again.acknowledged_at) == ("Priya", NOW)
    assert again.acknowledged_note == "On it."


def links_sent() -> dict[str, str]:
    """The token in each mail that was sent, by its recipient."""
    found = (
        (one.to[0], re.search(r"/alerts/acknowledge/([^/]+)/", str(one.body)))
        for one in mail.outbox
    )
    return {to: match[1] for to, match in found if match}


def test_every_recipient_has_a_link_of_their_own() -> None:
    alert = red_alert(recipients=["growth@example.com"])
    send_due(Clock())
    tokens = links_sent()

    assert set(tokens) == {"growth@example.com", "owner@example.com"}
    for address, token in tokens.items():
        invitation = read_link(token)
        assert invitation is not None
        assert (invitation.alert, invitation.address) == (alert, address)


def test_no_link_is_kept_in_the_outbox() -> None:
    red_alert()
    send_due(Clock())
    delivery = Delivery.objects.get()

    assert links_sent()["owner@example.com"] not in delivery.text + delivery.html
    assert "/alerts/acknowledge/" not in delivery.text + delivery.html


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: t + "x", lambda t: "x" + t, lambda _: ""]
)
def test_a_link_that_somebody_made_up_does_nothing(spoil: Any) -> None:
    assert read_link(spoil(link_token(red_alert().pk, "owner@example.com"))) is None


def test_a_link_ends_after_a_while() -> None:
    token = link_token(red_alert().pk, "owner@example.com")
    import time

    later = time.time() + LINK_WORKS.total_seconds()
    with patch("django.core.signing.time.time", return_value=later - 60):
        assert read_link(token) is not None
    with patch("django.core.signing.time.time", return_value=later + 60):
        assert read_link(token) is None


def test_a_link_for_something_else_does_not_acknowledge() -> None:
    from django.core import signing

    assert read_link(signing.dumps([red_alert().pk, "owner@example.com"])) is None


def test_a_link_of_somebody_who_left_does_nothing() -> None:
    alert = red_alert()
    token = link_token(alert.pk, "owner@example.com")
    Person.objects.filter(email="owner@example.com").update(is_active=False)

    assert read_link(token) is None


def test_viewers_get_no_link() -> None:
    viewer = person("viewer")
    red_alert(owner=viewer)

    assert not may_by_link(viewer.email)
    assert "[[acknowledge]]" not in Delivery.objects.get().text


def test_an_alert_that_is_gone_has_no_link() -> None:
    alert = red_alert()
    token = link_token(alert.pk, "owner@example.com")
    alert.delete()

    assert read_link(token) is None


def test_time_is_what_finance_set_when_it_was_raised(leader: Person) -> None:
    wishes(escalate_after_minutes=15)
    red_alert()
    wishes(escalate_after_minutes=600)

    assert escalate_due(NOW + timedelta(minutes=15)) == 1
