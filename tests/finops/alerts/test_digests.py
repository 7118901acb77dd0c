"""One mail a day for everything but red, and wishes that change meanwhile."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.core import mail

from finops.alerts.preferences import change_preferences
from finops.alerts.raising import raise_due
from finops.alerts.sending import send_due
from finops.models import AlertSettings, Crossing, Delivery
from tests.finops.alerts.at_hand import (
    HOUR,
    MINUTE,
    NOW,
    Clock,
    budget,
    cross,
    message,
    person,
    wishes,
)

pytestmark = pytest.mark.usefixtures("ledger")

NINE = (NOW + timedelta(days=1)).replace(hour=9, minute=0)


def prefer(**changed: Any) -> AlertSettings:
    """Save wishes as finance does."""
    return change_preferences(
        **{
            "escalate_to": None,
            "escalate_after_minutes": 60,
            "quiet_from": None,
            "quiet_until": None,
            "digest_at": None,
            "now": NOW,
            **changed,
        }
    )


def raise_some(*kinds: str, **fields: Any) -> None:
    for n, kind in enumerate(kinds):
        cross(budget(f"Budget {n}", **fields), kind)
    raise_due(NOW)


def test_a_day_is_one_mail() -> None:
    wishes(digest_at=time(9))
    raise_some(Crossing.YELLOW, Crossing.HEADING, Crossing.YELLOW)

    assert send_due(Clock()) == 0
    assert [send_due(Clock(NINE)), send_due(Clock(NINE + MINUTE))] == [1, 0]
    (sent,) = mail.outbox
    assert sent.subject == "Costline: 3 alerts since the last summary"
    assert all(f"Budget {n}" in str(sent.body) for n in range(3))
    carried = Delivery.objects.filter(state=Delivery.CARRIED)
    assert carried.count() == 3
    assert {one.carried_by.state for one in carried if one.carried_by} == {Delivery.SENT}


def test_red_does_not_wait_for_it() -> None:
    wishes(digest_at=time(9))
    raise_some(Crossing.YELLOW, Crossing.RED)

    assert send_due(Clock()) == 1
    assert mail.outbox[0].subject.startswith("Red: ")


def test_a_single_alert_is_told_as_itself() -> None:
    wishes(digest_at=time(9))
    raise_some(Crossing.YELLOW)
    send_due(Clock(NINE))

    assert mail.outbox[0].subject.startswith("Yellow: ")


def test_everybody_has_a_digest_of_what_concerns_them() -> None:
    wishes(digest_at=time(9))
    first, second = person(name="first"), person(name="second")
    for n, owner in enumerate((first, first, second, second, second)):
        cross(budget(f"Budget {n}", owner=owner), Crossing.YELLOW)
    raise_due(NOW)
    send_due(Clock(NINE))

    assert {one.to[0]: one.subject.split()[1] for one in mail.outbox} == {
        first.email: "2",
        second.email: "3",
    }


def test_other_mails_are_no_alerts() -> None:
    wishes(digest_at=time(9))
    message()
    message()

    assert send_due(Clock()) == 2


def test_what_waits_for_the_night_to_end_is_sent_when_the_night_is_taken_back() -> None:
    prefer(quiet_from=time(12), quiet_until=time(18))
    raise_some(Crossing.YELLOW, Crossing.RED)
    assert send_due(Clock()) == 1

    prefer()
    assert send_due(Clock()) == 1
    assert len(mail.outbox) == 2


def test_a_new_night_holds_back_what_already_waits() -> None:
    prefer(quiet_from=time(12), quiet_until=time(15))
    raise_some(Crossing.YELLOW)
    prefer(quiet_from=time(12), quiet_until=time(18))

    assert send_due(Clock(NOW + HOUR)) == 0
    assert Delivery.objects.get().due_at == NOW.replace(hour=18, minute=0)


def test_wishes_do_not_touch_what_is_tried_again() -> None:
    tried = message(purpose=Delivery.ALERT, attempts=2, due_at=NOW + HOUR)
    prefer()
    tried.refresh_from_db()

    assert tried.due_at == NOW + HOUR
