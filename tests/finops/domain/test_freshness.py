"""When silence is an outage, and when it is a rhythm."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain.freshness import MARGIN, PATIENCE, allowed_silence, is_stale, usual_gap

MONDAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def days(*numbers: int) -> list[date]:
    return [MONDAY + DAY * number for number in numbers]


WORKING = days(*(week * 7 + day for week in range(4) for day in range(5)))


@pytest.mark.parametrize(
    ("on", "gap"),
    [
        ([], None),
        (days(0), None),
        (days(0, 7), None),
        (days(0, 7, 14), 7),
        (days(0, 1, 2, 3), 1),
        (WORKING, 3),
        (days(0, 1, 2, 9, 10, 11), 1),
        (days(3, 2, 1, 0, 0), 1),
    ],
    ids=["none", "one", "two", "mondays", "daily", "working", "an outage", "in any order"],
)
def test_a_rhythm_is_the_longest_gap_that_came_twice(on: list[date], gap: int | None) -> None:
    assert usual_gap(on) == (None if gap is None else gap * DAY)


def test_a_daily_source_may_be_silent_for_26_hours() -> None:
    assert allowed_silence(days(0, 1, 2, 3)) == PATIENCE


def test_a_source_that_rests_at_weekends_is_not_stale_on_monday_morning() -> None:
    assert allowed_silence(WORKING) == 3 * DAY + MARGIN
    assert not is_stale(NOW - timedelta(hours=62), NOW, WORKING)


def test_exactly_as_long_as_allowed_is_not_stale() -> None:
    assert not is_stale(NOW - PATIENCE, NOW, [])
    assert is_stale(NOW - PATIENCE - timedelta(microseconds=1), NOW, [])


@given(st.lists(st.integers(0, 60)), st.integers(0, 1000))
def test_more_silence_never_makes_a_source_fresher(numbers: list[int], hours: int) -> None:
    on = days(*numbers)
    last = NOW - timedelta(hours=hours)

    assert allowed_silence(on) >= PATIENCE
    if is_stale(last, NOW, on):
        assert is_stale(last - DAY, NOW, on)
