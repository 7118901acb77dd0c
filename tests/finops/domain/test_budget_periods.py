"""The periods that budgets are held against: they tile the calendar, in every fiscal year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain.budget_periods import (
    PERIOD_KINDS,
    PeriodKind,
    period_after,
    period_around,
    periods_before,
)
from finops.domain.periods import day_start

kinds = st.sampled_from(PERIOD_KINDS)
days = st.dates(date(1990, 1, 1), date(2200, 1, 1))
months = st.integers(1, 12)


@given(kinds, days, months)
def test_a_period_holds_the_day_it_is_around(kind: PeriodKind, day: date, first: int) -> None:
    period = period_around(kind, day, fiscal_start=first)

    assert period.contains(day)
    assert period.days >= 1


@given(kinds, days, months, st.integers(1, 30))
def test_periods_follow_each_other_without_gap_or_overlap(
    kind: PeriodKind, day: date, first: int, count: int
) -> None:
    period = period_around(kind, day, fiscal_start=first)
    before = periods_before(period, count, fiscal_start=first)

    for earlier, later in zip(before, [*before[1:], period], strict=True):
        assert earlier.end == later.start
        assert period_after(earlier, fiscal_start=first) == later


@given(kinds, days, months)
def test_every_day_of_a_period_has_that_period(kind: PeriodKind, day: date, first: int) -> None:
    period = period_around(kind, day, fiscal_start=first)

    assert period_around(kind, period.start, fiscal_start=first) == period
    assert period_around(kind, period.last, fiscal_start=first) == period
    assert period_around(kind, period.end, fiscal_start=first) != period


@pytest.mark.parametrize(
    ("kind", "day", "first", "start", "end"),
    [
        ("month", "2028-02-29", 1, "2028-02-01", "2028-03-01"),
        ("month", "2026-12-31", 7, "2026-12-01", "2027-01-01"),
        ("week", "2027-01-03", 1, "2026-12-28", "2027-01-04"),
        ("quarter", "2026-01-31", 1, "2026-01-01", "2026-04-01"),
        ("quarter", "2026-01-31", 2, "2025-11-01", "2026-02-01"),
        ("quarter", "2026-02-01", 2, "2026-02-01", "2026-05-01"),
        ("year", "2026-03-31", 4, "2025-04-01", "2026-04-01"),
        ("year", "2026-04-01", 4, "2026-04-01", "2027-04-01"),
        ("year", "2028-02-29", 1, "2028-01-01", "2029-01-01"),
        ("day", "2028-02-29", 4, "2028-02-29", "2028-03-01"),
    ],
)
def test_where_periods_begin_and_end(
    kind: PeriodKind, day: str, first: int, start: str, end: str
) -> None:
    period = period_around(kind, date.fromisoformat(day), fiscal_start=first)

    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


def test_a_leap_day_makes_its_month_and_year_longer() -> None:
    leap = date(2028, 2, 29)

    assert period_around("month", leap).days == 29
    assert period_around("year", leap).days == 366


@pytest.mark.parametrize(
    ("zone", "hours"), [("Europe/Berlin", 743), ("America/New_York", 743), ("Asia/Kolkata", 744)]
)
def test_a_month_with_a_change_of_clocks_is_shorter_by_an_hour(zone: str, hours: int) -> None:
    march = period_around("month", date(2026, 3, 8))
    length = day_start(march.end, ZoneInfo(zone)) - day_start(march.start, ZoneInfo(zone))

    assert length == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Pacific/Auckland", datetime(2026, 3, 31, 11, tzinfo=UTC)),
        ("UTC", datetime(2026, 4, 1, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 4, 1, 7, tzinfo=UTC)),
    ],
)
def test_a_fiscal_year_begins_when_the_zone_says(zone: str, start: datetime) -> None:
    year = period_around("year", date(2026, 11, 20), fiscal_start=4)

    assert day_start(year.start, ZoneInfo(zone)) == start


def test_periods_are_written_for_people() -> None:
    assert period_around("month", date(2026, 11, 20)).label == "November 2026"
    assert period_around("week", date(2026, 11, 20)).label == "16–22 November 2026"
    assert period_around("day", date(2026, 11, 20)).label == "20 November 2026"


def test_there_are_no_other_periods_and_months() -> None:
    with pytest.raises(ValueError, match="unknown period"):
        period_around("decade", date(2026, 11, 20))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="1 to 12"):
        period_around("month", date(2026, 11, 20), fiscal_start=13)
