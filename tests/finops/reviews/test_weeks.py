"""Which days a review reads: ISO weeks of the reporting zone, whole or up to this hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.reviews.weeks import Week, month_read, today, week_read

BERLIN = ZoneInfo("Europe/Berlin")
AUCKLAND = ZoneInfo("Pacific/Auckland")


def test_a_week_is_named_by_the_year_of_its_thursday() -> None:
    assert Week.around(date(2027, 1, 1)).key == "2026-W53"
    assert Week.around(date(2024, 12, 30)).key == "2025-W01"
    assert Week.named("2026-W53").starts == date(2026, 12, 28)
    assert Week.named("2026-W53").ends == date(2027, 1, 4)
    assert Week.named("2026-W53").next.key == "2027-W01"


@pytest.mark.parametrize(
    "key", ["2026-W54", "2025-W53", "2026-W00", "2026-w47", "2026W47", "", "x" * 99]
)
def test_what_is_no_week_is_refused(key: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - date and Week word it each in their own way
        Week.named(key)


@given(st.dates(date(1971, 1, 1), date(2998, 1, 1)))
def test_every_day_lies_in_the_week_that_its_name_names(day: date) -> None:
    week = Week.around(day)

    assert Week.named(week.key) == week
    assert week.starts <= day < week.ends
    assert week.next.before == week


def test_a_week_that_has_ended_is_whole_and_so_is_the_one_before() -> None:
    week = Week.named("2026-W47")
    read = week_read(week.starts, week.ends, datetime(2026, 11, 23, 9, tzinfo=UTC), ZoneInfo("UTC"))

    assert (read.window.since, read.window.until, read.window.cut) == (week.starts, week.ends, None)
    assert (read.before.since, read.before.until) == (date(2026, 11, 9), date(2026, 11, 16))
    assert read.before.cut is None


def test_a_running_week_is_held_against_the_same_hours_of_the_week_before() -> None:
    week = Week.named("2026-W47")
    now = datetime(2026, 11, 18, 15, 40, tzinfo=UTC)
    read = week_read(week.starts, week.ends, now, ZoneInfo("UTC"))

    assert read.running
    assert read.window.last == date(2026, 11, 18)
    assert read.before.last == date(2026, 11, 11)
    assert read.before.cut == datetime(2026, 11, 11, 15, tzinfo=UTC)


def test_at_midnight_the_same_hours_are_the_whole_days_before() -> None:
    week = Week.named("2026-W47")
    now = datetime(2026, 11, 18, 0, 10, tzinfo=UTC)
    read = week_read(week.starts, week.ends, now, ZoneInfo("UTC"))

    assert (read.before.last, read.before.cut) == (date(2026, 11, 10), None)


@pytest.mark.parametrize("zone", [BERLIN, AUCKLAND, ZoneInfo("America/New_York")])
@pytest.mark.parametrize("key", ["2026-W13", "2026-W43", "2026-W14", "2026-W39"])
def test_a_week_in_which_the_clock_shifts_has_seven_days(zone: ZoneInfo, key: str) -> None:
    week = Week.named(key)
    for hours in range(0, 24 * 9, 7):
        now = datetime(week.starts.year, week.starts.month, week.starts.day, tzinfo=UTC)
        now += timedelta(hours=hours)
        if today(now, zone) < week.starts:
            continue
        read = week_read(week.starts, week.ends, now, zone)
        assert read.window.since == week.starts
        assert 1 <= read.window.length <= 7
        assert read.before.since == week.before.starts
        assert read.window.last <= today(now, zone)


def test_the_month_is_that_of_the_weeks_last_day_up_to_it() -> None:
    week = Week.named("2026-W49")  # 30 November to 6 December
    now = datetime(2026, 12, 7, 9, tzinfo=UTC)
    read = week_read(week.starts, week.ends, now, ZoneInfo("UTC"))
    month = month_read(read, now, ZoneInfo("UTC"))

    assert (month.window.since, month.window.last) == (date(2026, 12, 1), date(2026, 12, 6))
    assert (month.before.since, month.before.last) == (date(2026, 11, 1), date(2026, 11, 6))


def test_the_31st_is_held_against_all_of_a_shorter_month() -> None:
    week = Week.named("2026-W14")  # 30 March to 5 April: read on the 31st
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    read = week_read(week.starts, week.ends, now, ZoneInfo("UTC"))
    month = month_read(read, now, ZoneInfo("UTC"))

    assert month.window.last == date(2026, 3, 31)
    assert (month.before.last, month.before.cut) == (date(2026, 2, 28), None)
