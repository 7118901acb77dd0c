"""Reviews come by themselves, once, and close by themselves when nobody does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from finops.models import Review
from finops.reviews.closing import close, reopen
from finops.reviews.preparing import closes_at, prepare_due, start, to_hold
from tests.finops.access.people_at_hand import person
from tests.finops.ledger.side_by_side import at_once
from tests.finops.reviews.meetings import KEY, MONDAY, in_zone, meeting, two_weeks

pytestmark = pytest.mark.usefixtures("ledger")

NEXT_MONDAY = MONDAY + timedelta(days=7)


def test_without_calls_there_is_nothing_to_review() -> None:
    assert prepare_due(MONDAY) == []
    assert not Review.objects.exists()


def test_the_week_that_ended_is_prepared_once() -> None:
    two_weeks()

    assert [review.key for review in prepare_due(MONDAY)] == [KEY]
    assert prepare_due(MONDAY) == []
    assert prepare_due(MONDAY + timedelta(days=5)) == []
    assert Review.objects.count() == 1


def test_of_two_schedulers_at_once_one_prepares() -> None:
    two_weeks()
    made = at_once(*[lambda: prepare_due(MONDAY)] * 4)

    assert sorted(map(len, made)) == [0, 0, 0, 1]


def test_it_is_monday_when_the_zone_says_so() -> None:
    in_zone("Pacific/Auckland")
    two_weeks()

    assert prepare_due(datetime(2026, 6, 21, 11, 59, tzinfo=UTC))[0].key == "2026-W24"
    changed = prepare_due(datetime(2026, 6, 21, 12, 1, tzinfo=UTC))
    assert [review.key for review in changed] == ["2026-W24", KEY]


def test_a_review_that_nobody_closed_is_closed_when_the_next_is_prepared() -> None:
    two_weeks()
    review = meeting()
    assert closes_at(review) == datetime(2026, 6, 29, tzinfo=UTC)

    changed = prepare_due(NEXT_MONDAY)

    assert [each.key for each in changed] == [KEY, "2026-W26"]
    version = review.versions.get()
    assert (version.closed_by, version.closed_automatically) == ("", True)
    assert prepare_due(NEXT_MONDAY) == []


def test_two_schedulers_at_once_close_it_once() -> None:
    two_weeks()
    review = meeting()
    at_once(*[lambda: prepare_due(NEXT_MONDAY)] * 3)

    assert review.versions.count() == 1


def test_a_review_that_was_reopened_keeps_its_day() -> None:
    two_weeks()
    ada = person("finance", name="Ada")
    review = meeting()
    prepare_due(NEXT_MONDAY)
    reopen(review, reason="We met on Monday.", by=ada, now=NEXT_MONDAY + timedelta(hours=3))

    assert prepare_due(NEXT_MONDAY + timedelta(hours=4)) == []
    assert prepare_due(NEXT_MONDAY + timedelta(hours=28))[0].key == KEY
    assert review.versions.count() == 2


def test_starting_holds_the_week_that_ended_and_then_the_running_one() -> None:
    two_weeks()
    ada, tom = person("finance", name="Ada"), person("engineering", name="Tom")
    review = start(by=ada, now=MONDAY)
    again = start(by=tom, now=MONDAY)

    assert (review.key, again.pk, again.started_by) == (KEY, review.pk, "Ada")
    assert (again.chair, list(again.attendees.all())) == (ada, [ada])

    close(review, by=ada, now=MONDAY)
    early = start(by=tom, now=MONDAY + timedelta(days=2))
    assert (early.key, early.started_by) == ("2026-W26", "Tom")
    assert prepare_due(NEXT_MONDAY) == []


def test_the_first_one_is_of_the_running_week_while_nothing_was_before() -> None:
    week, held = to_hold(MONDAY)

    assert (week.key, held) == ("2026-W26", None)


def test_the_turn_of_the_year_is_one_week() -> None:
    in_zone("Europe/Berlin")
    two_weeks()
    prepared = prepare_due(datetime(2027, 1, 3, 23, 30, tzinfo=UTC))  # Monday, half past midnight

    assert (prepared[0].key, str(prepared[0].starts), str(prepared[0].ends)) == (
        "2026-W53",
        "2026-12-28",
        "2027-01-04",
    )
