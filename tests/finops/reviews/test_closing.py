"""A closed review stays as it was read, whatever happens to what it read."""

from __future__ import annotations

import time
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finops.access.change_log import history
from finops.access.changes import acting
from finops.attribution.values import archive, describe, merge
from finops.ledger import publish as publishing
from finops.models import Action, Budget, BudgetStanding, Decision, Delivery, Person, Review
from finops.reviews import actions, closing, deciding, reading
from finops.reviews.closing import (
    REOPENS_FOR,
    add_note,
    close,
    may_reopen,
    reopen,
    shown,
    since,
    verify,
)
from finops.reviews.document import canonical, digest, loaded
from finops.reviews.refusals import AlreadyClosed, Refused, ReviewClosed
from finops.rollups.refresh import refresh
from finops.rollups.sources import change_source
from tests.finops.access.people_at_hand import person
from tests.finops.ledger.side_by_side import (
    at_once,
    held_after,
    somebody_waits_for_a_lock,
    under_way,
    wait_for,
)
from tests.finops.ledger.usage import forget, import_bytes, import_rows, json_lines
from tests.finops.reviews.budgets_at_hand import standing
from tests.finops.reviews.meetings import (
    HOSTILE,
    MONDAY,
    calls_on,
    meeting,
    promised,
    take_in,
    two_weeks,
    week_of,
)

pytestmark = pytest.mark.usefixtures("ledger")

LATER = MONDAY + timedelta(minutes=5)


@pytest.fixture
def ada(ledger: None) -> Person:
    return person("finance", name="Ada")


def full_meeting(ada: Person) -> Review:
    """A meeting with something in every part of it."""
    two_weeks()
    standing("All AI spend")
    review = meeting()
    for text, row in zip(HOSTILE, ("agent", "helper"), strict=False):
        subject = deciding.subject(Decision.WORKFLOW, row)
        deciding.choose(review, subject, Decision.FIX, by=ada, now=MONDAY)
        deciding.say(review, subject, text, by=ada, now=MONDAY)
    for section, text in enumerate(HOSTILE, start=1):
        deciding.write_note(review, section, text, seen=0, by=ada, now=MONDAY)
    promised(ada, review=review, workflow="agent", what=HOSTILE[0])
    deciding.confirm(review, "finance", by=ada, now=MONDAY)
    deciding.attend(review, chair=ada, attendees=[])
    return review


def test_closing_freezes_what_was_read(ada: Person) -> None:
    review = full_meeting(ada)
    version = close(review, by=ada, now=MONDAY)
    document = loaded(version.document)

    assert document["review"]["state"] == "closed"
    assert (document["review"]["version"], document["review"]["closed_by"]) == (1, "Ada")
    assert version.sha256 == digest(version.document) == digest(canonical(document))
    assert verify(version)
    review.refresh_from_db()
    assert (review.state, review.version, review.closed_at) == (Review.CLOSED, 1, MONDAY)
    assert document["read_back"]["decisions"][0]["sentence"] == HOSTILE[0]


def test_a_document_that_was_touched_is_found_out(ada: Person) -> None:
    version = close(full_meeting(ada), by=ada, now=MONDAY)
    version.document = version.document.replace("128.75", "128.76")

    assert not verify(version)


def test_a_closed_review_is_byte_identical_whatever_happens_then(ada: Person) -> None:
    review = full_meeting(ada)
    version = close(review, by=ada, now=MONDAY)
    frozen = version.document.encode()

    job = import_rows(*calls_on(week_of(), "agent", cost="99"), source="other")
    change_source("gateway", counts="computed")
    refresh()
    describe("workflow", "agent", display_name="Renamed", business_owner=ada, technical_owner=ada)
    merge("workflow", "helper", into="agent")
    archive("workflow", "agent", now=LATER)
    Budget.objects.update(name="Renamed budget")
    BudgetStanding.objects.update(status="green", actual=Decimal(1))
    Budget.objects.all().delete()
    forget(job)
    ada.name, ada.role, ada.is_active = "Somebody else", "viewer", False
    ada.save()
    Action.objects.update(what="Other words")
    review.decisions.all().delete()
    review.notes.all().delete()
    review.confirmations.all().delete()
    review.attendees.clear()

    stored = review.versions.get()
    assert stored.document.encode() == frozen
    assert verify(stored)
    review.refresh_from_db()
    assert canonical(shown(review, LATER)).encode() == frozen


def test_what_the_days_add_up_to_today_stands_beside(ada: Person) -> None:
    review = full_meeting(ada)
    close(review, by=ada, now=MONDAY)
    assert since(review) == (Decimal("128.75"), Decimal(0))

    take_in(calls_on(week_of()[:2], "agent", cost="88"), source="other")
    assert since(review) == (Decimal("304.75"), Decimal("176"))


def test_closing_twice_says_that_it_is_closed(ada: Person) -> None:
    review = full_meeting(ada)
    close(review, by=ada, now=MONDAY)

    with pytest.raises(AlreadyClosed, match="closed already"):
        close(review, by=ada, now=LATER)
    assert review.versions.count() == 1


def test_closing_twice_at_once_closes_once(ada: Person) -> None:
    review = full_meeting(ada)

    def attempt() -> str:
        try:
            return close(review, by=ada, now=MONDAY).sha256
        except AlreadyClosed:
            return "already"

    outcomes = at_once(*[attempt] * 4)

    assert outcomes.count("already") == 3
    assert review.versions.count() == 1
    assert Delivery.objects.filter(recipient=ada.email).count() == 1


def test_what_was_decided_while_it_waited_is_in_it(ada: Person) -> None:
    """A decision that commits after the snapshot began makes the closing read again."""
    two_weeks()
    review = meeting()
    row = deciding.subject(Decision.WORKFLOW, "agent")

    with (
        held_after(deciding, "hold_open") as (held, may_commit),
        under_way(
            lambda: deciding.choose(review, row, Decision.FIX, by=ada, now=MONDAY)
        ) as decided,
    ):
        assert held.wait(30)
        with under_way(lambda: close(review, by=ada, now=LATER)) as closed:
            wait_for(somebody_waits_for_a_lock)
            may_commit.set()
            decided.result(30)
            version = closed.result(30)

    (decision,) = loaded(version.document)["read_back"]["decisions"]
    assert decision["choice"] == Decision.FIX


def test_a_decision_that_comes_too_late_is_refused(ada: Person) -> None:
    two_weeks()
    review = meeting()
    row = deciding.subject(Decision.WORKFLOW, "agent")

    with (
        held_after(closing, "read") as (was_read, may_go),
        under_way(lambda: close(review, by=ada, now=MONDAY)) as closed,
    ):
        assert was_read.wait(30)
        with under_way(
            lambda: deciding.choose(review, row, Decision.FIX, by=ada, now=LATER)
        ) as late:
            wait_for(somebody_waits_for_a_lock)
            may_go.set()
            version = closed.result(30)
            with pytest.raises(ReviewClosed):
                late.result(30)

    assert loaded(version.document)["read_back"]["decisions"] == []
    assert not review.decisions.exists()


def test_an_import_that_publishes_meanwhile_changes_nothing_of_it(ada: Person) -> None:
    two_weeks()
    review = meeting()
    more = json_lines(calls_on(week_of(), "agent", cost="50"))

    with (
        held_after(reading, "parts_of") as (half_read, may_go),
        under_way(lambda: close(review, by=ada, now=MONDAY)) as closed,
    ):
        assert half_read.wait(30)
        import_bytes(more, source="gateway")
        refresh()
        may_go.set()
        document = loaded(closed.result(30).document)

    assert document["workflows"]["total"] == document["stand"]["week"]["cost"] == "128.75"
    assert document["stand"]["month"]["cost"] == "212.75"
    assert since(review).difference > 0


def test_closing_does_not_wait_for_an_import(ada: Person) -> None:
    two_weeks()
    review = meeting()
    more = json_lines(calls_on(week_of(), "agent", cost="50"))

    with (
        held_after(publishing, "publish") as (published, may_go),
        under_way(lambda: import_bytes(more, source="gateway")) as importing,
    ):
        assert published.wait(30)
        began = time.monotonic()
        close(review, by=ada, now=MONDAY)
        took = time.monotonic() - began
        may_go.set()
        importing.result(30)

    assert took < 2


def test_reopening_makes_a_new_version_and_keeps_the_first(ada: Person) -> None:
    review = full_meeting(ada)
    first = close(review, by=ada, now=MONDAY)
    with acting(ada):
        reopened = reopen(review, reason="We forgot the helper.", by=ada, now=LATER)
    deciding.choose(
        reopened, deciding.subject("workflow", "helper"), Decision.STOP, by=ada, now=LATER
    )
    second = close(reopened, by=ada, now=LATER)

    stored = review.versions.get(number=1)
    assert stored.document == first.document
    assert (stored.reopened_by, stored.reopen_reason) == ("Ada", "We forgot the helper.")
    assert (second.number, second.sha256 == first.sha256) == (2, False)
    assert verify(stored)
    assert verify(second)
    assert Delivery.objects.filter(recipient=ada.email).count() == 2
    assert "closed" in {field.before for change in history(review) for field in change.fields}


def test_a_review_reopens_for_a_day_and_with_a_reason(ada: Person) -> None:
    review = full_meeting(ada)
    with pytest.raises(Refused, match="open already"):
        reopen(review, reason="x", by=ada, now=MONDAY)
    close(review, by=ada, now=MONDAY)
    review.refresh_from_db()

    assert may_reopen(review, MONDAY + REOPENS_FOR - timedelta(seconds=1))
    assert not may_reopen(review, MONDAY + REOPENS_FOR)
    with pytest.raises(Refused, match="Say why"):
        reopen(review, reason=" ", by=ada, now=LATER)
    with pytest.raises(Refused, match="24 hours"):
        reopen(review, reason="Late", by=ada, now=MONDAY + REOPENS_FOR)


def test_what_came_to_light_later_is_added_not_edited(ada: Person) -> None:
    review = full_meeting(ada)
    with pytest.raises(Refused, match="is open"):
        add_note(review, "x", by=ada, now=MONDAY)
    version = close(review, by=ada, now=MONDAY)
    note = add_note(review, HOSTILE[0], by=ada, now=LATER)

    assert (note.text, note.added_by) == (HOSTILE[0], "Ada")
    assert review.versions.get().document == version.document
    for text in ("", "x" * 5_001):
        with pytest.raises(Refused):
            add_note(review, text, by=ada, now=LATER)


def test_an_action_of_somebody_who_left_is_frozen_as_such(ada: Person) -> None:
    two_weeks()
    review = meeting()
    tom = person("engineering", name="Tom")
    promised(tom, now=MONDAY - timedelta(days=9), due=date(2026, 7, 1))
    tom.is_active = False
    tom.save()
    document = loaded(close(review, by=ada, now=MONDAY).document)

    (row,) = document["last_actions"]
    assert row["owner"] is not None
    assert (row["owner"]["name"], row["owner"]["left"]) == ("Tom", True)


def test_a_review_over_nothing_at_all_closes(ada: Person) -> None:
    review = Review.objects.create(
        key="2026-W25", starts=date(2026, 6, 15), ends=date(2026, 6, 22), prepared_at=MONDAY
    )
    document = loaded(close(review, by=ada, now=MONDAY).document)

    assert document["stand"]["story"] == ["AI cost $0 on 15–21 June 2026."]
    assert document["workflows"]["rows"] == []


def test_who_closed_it_is_in_the_change_log(ada: Person) -> None:
    two_weeks()
    review = meeting()
    with acting(ada):
        close(review, by=ada, now=MONDAY)
    newest = history(review)[0]

    assert newest.who == "Ada"
    assert ("state", "open", "closed") in newest.fields


def test_closing_takes_under_two_seconds(ada: Person) -> None:
    review = full_meeting(ada)
    for n in range(40):
        promised(ada, what=f"Action {n}", now=MONDAY - timedelta(days=9))
    done = Action.objects.exclude(review=review)
    for action in list(done)[:20]:
        actions.finish(action.pk, by=ada, now=MONDAY - timedelta(days=8))
    began = time.monotonic()
    close(review, by=ada, now=MONDAY)

    assert time.monotonic() - began < 2
