"""The stretch of time that a page shows, and the fair one beside it, whatever the calendar does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.domain.periods import GRAINS, day_start, labels
from finops.domain.windows import AGAINST, Period, Window, period

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
)


def at(local: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def resolved(key: str, now: str, zone: str = "UTC", *, against: str = "previous") -> Period:
    return period(key, at(now, zone), ZoneInfo(zone), against=against)


def shown(window: Window, zone: str = "UTC") -> str:
    """First day, last day, and the local time at which the last one is cut."""
    text = f"{window.since} to {window.last}"
    return f"{text} {window.cut.astimezone(ZoneInfo(zone)):%H:%M}" if window.cut else text


# --- months -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "now", "window", "before"),
    [
        # A running month against the same days of the month before, to the same hour.
        ("", "2026-11-21T09:30", "2026-11-01 to 2026-11-21", "2026-10-01 to 2026-10-21 09:00"),
        (
            "2026-11",
            "2026-11-01T09:30",
            "2026-11-01 to 2026-11-01",
            "2026-10-01 to 2026-10-01 09:00",
        ),
        # In the first hour of a day nothing of it has passed.
        ("", "2026-11-21T00:30", "2026-11-01 to 2026-11-21", "2026-10-01 to 2026-10-20"),
        ("", "2026-11-01T00:30", "2026-11-01 to 2026-11-01", "2026-10-01 to 2026-10-01 00:00"),
        # The last day of a shorter month is no reason to compare with more days.
        ("", "2026-11-30T09:30", "2026-11-01 to 2026-11-30", "2026-10-01 to 2026-10-30 09:00"),
        ("", "2026-02-28T09:30", "2026-02-01 to 2026-02-28", "2026-01-01 to 2026-01-28 09:00"),
        # The 31st has no day of its own in a month of 30: all of that month was before.
        ("", "2026-10-30T09:30", "2026-10-01 to 2026-10-30", "2026-09-01 to 2026-09-30 09:00"),
        ("", "2026-10-31T09:30", "2026-10-01 to 2026-10-31", "2026-09-01 to 2026-09-30"),
        ("", "2026-10-31T00:30", "2026-10-01 to 2026-10-31", "2026-09-01 to 2026-09-30"),
        ("", "2026-03-29T09:30", "2026-03-01 to 2026-03-29", "2026-02-01 to 2026-02-28"),
        ("", "2028-03-29T09:30", "2028-03-01 to 2028-03-29", "2028-02-01 to 2028-02-29 09:00"),
        ("", "2026-01-31T09:30", "2026-01-01 to 2026-01-31", "2025-12-01 to 2025-12-31 09:00"),
        # A past month against the whole month before.
        ("2026-10", "2026-11-21T09:30", "2026-10-01 to 2026-10-31", "2026-09-01 to 2026-09-30"),
        ("2026-02", "2026-11-21T09:30", "2026-02-01 to 2026-02-28", "2026-01-01 to 2026-01-31"),
        ("2026-01", "2026-11-21T09:30", "2026-01-01 to 2026-01-31", "2025-12-01 to 2025-12-31"),
    ],
)
def test_a_month_against_the_month_before(key: str, now: str, window: str, before: str) -> None:
    found = resolved(key, now)

    assert (shown(found.window), shown(found.before)) == (window, before)


@pytest.mark.parametrize(
    ("key", "now", "before"),
    [
        ("", "2026-11-21T09:30", "2025-11-01 to 2025-11-21 09:00"),
        ("2026-10", "2026-11-21T09:30", "2025-10-01 to 2025-10-31"),
        ("", "2028-02-29T09:30", "2027-02-01 to 2027-02-28"),
        ("2028-02", "2028-05-01T09:30", "2027-02-01 to 2027-02-28"),
        ("", "2028-02-28T09:30", "2027-02-01 to 2027-02-28 09:00"),
        ("30d", "2028-02-29T09:30", "2027-01-31 to 2027-02-28"),
        ("1d", "2026-11-21T09:30", "2025-11-21 to 2025-11-21 09:00"),
        ("2028-02-29..2028-02-29", "2028-05-01T09:30", "2027-02-28 to 2027-02-28"),
    ],
)
def test_a_year_before_are_the_same_days(key: str, now: str, before: str) -> None:
    assert shown(resolved(key, now, against="year").before) == before


# --- other periods ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "window", "before"),
    [
        ("7d", "2026-11-15 to 2026-11-21", "2026-11-08 to 2026-11-14 09:00"),
        ("1d", "2026-11-21 to 2026-11-21", "2026-11-20 to 2026-11-20 09:00"),
        ("2026-11-10..2026-11-21", "2026-11-10 to 2026-11-21", "2026-10-29 to 2026-11-09 09:00"),
        ("2026-11-10..2026-12-24", "2026-11-10 to 2026-11-21", "2026-10-29 to 2026-11-09 09:00"),
        ("2026-11-10..2026-11-12", "2026-11-10 to 2026-11-12", "2026-11-07 to 2026-11-09"),
        ("2026-02-28..2026-03-01", "2026-02-28 to 2026-03-01", "2026-02-26 to 2026-02-27"),
    ],
)
def test_other_periods_against_as_many_days_directly_before(
    key: str, window: str, before: str
) -> None:
    found = resolved(key, "2026-11-21T09:30")

    assert (shown(found.window), shown(found.before)) == (window, before)
    assert found.running == ("2026-11-21" in window)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("2026-11", "November 2026"),
        ("", "November 2026"),
        ("30d", "Last 30 days"),
        ("2026-10-03..2026-11-09", "3 Oct–9 Nov 2026"),
        ("2026-11-09..2026-12-24", "9–21 November 2026"),
    ],
)
def test_a_period_has_a_name(key: str, name: str) -> None:
    assert resolved(key, "2026-11-21T09:30").name == name


@pytest.mark.parametrize(
    "key",
    [
        "2026-12",
        "2026-13",
        "2026-00",
        "26-11",
        "0d",
        "367d",
        "-1d",
        "1000d",
        "d",
        "2026-11-03",
        "2026-11-03..",
        "..2026-11-03",
        "2026-11-09..2026-11-03",
        "2026-02-29..2026-03-01",
        "2020-01-01..2026-11-01",
        "0001-01",
        "9999-12",
        "0001-01-01..0001-01-02",
        "9999-12-31..9999-12-31",
        "2026-11-22..2026-11-23",
        "x" * 10_000,
        "\x00",
        "٢٠٢٦-١١",
    ],
)
def test_what_is_no_period_is_refused_in_words(key: str) -> None:
    with pytest.raises(ValueError, match=r"period|date|last day|begun") as refused:
        resolved(key, "2026-11-21T09:30")
    assert len(str(refused.value)) < 120


def test_there_are_two_things_to_compare_with() -> None:
    with pytest.raises(ValueError, match="previous, year"):
        resolved("", "2026-11-21T09:30", against="never")


# --- zones ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "now", "before"),
    [
        # The clock that people read decides, also on a day of 23 or 25 hours.
        ("Europe/Berlin", "2026-04-29T15:10", "2026-03-01 to 2026-03-29 15:00"),
        ("Europe/Berlin", "2026-11-25T15:10", "2026-10-01 to 2026-10-25 15:00"),
        ("Europe/Berlin", "2026-03-29T15:10", "2026-02-01 to 2026-02-28"),
        ("Australia/Lord_Howe", "2026-11-04T15:10", "2026-10-01 to 2026-10-04 15:00"),
        ("Australia/Lord_Howe", "2026-05-05T15:10", "2026-04-01 to 2026-04-05 15:00"),
        ("Asia/Kathmandu", "2026-11-21T00:50", "2026-10-01 to 2026-10-20"),
        ("Asia/Kathmandu", "2026-11-21T05:50", "2026-10-01 to 2026-10-21 05:00"),
        # An hour that the clock left out is the one that it went on with.
        ("Europe/Berlin", "2026-04-29T02:10", "2026-03-01 to 2026-03-29 03:00"),
    ],
)
def test_the_cut_is_at_the_hour_of_the_clock(zone: str, now: str, before: str) -> None:
    assert shown(resolved("", now, zone).before, zone) == before


def test_today_is_that_of_the_zone() -> None:
    evening = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)

    assert period("", evening, ZoneInfo("UTC")).name == "October 2026"
    assert period("", evening, ZoneInfo("Europe/Berlin")).name == "November 2026"


# --- laws -------------------------------------------------------------------------------------

zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.integers(0, 19 * 365 * 86_400).map(
    lambda seconds: datetime(2016, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@st.composite
def keys(draw: st.DrawFn) -> tuple[str, datetime, ZoneInfo]:
    """Any period that has begun, with the instant and the zone in which it is asked for."""
    now, zone = draw(instants), draw(zones)
    today = now.astimezone(zone).date()
    kind = draw(st.sampled_from(["month", "rolling", "days"]))
    if kind == "rolling":
        return f"{draw(st.integers(1, 366))}d", now, zone
    first = today - timedelta(days=draw(st.integers(0, 700)))
    if kind == "month":
        return f"{first:%Y-%m}", now, zone
    return f"{first}..{first + timedelta(days=draw(st.integers(0, 300)))}", now, zone


@given(keys(), st.sampled_from(AGAINST))
def test_both_windows_are_fair_and_apart(
    asked: tuple[str, datetime, ZoneInfo], against: str
) -> None:
    key, now, zone = asked
    found = period(key, now, zone, against=against)
    window, before = found.window, found.before
    today = now.astimezone(zone).date()

    assert window.last <= today
    assert found.running == (window.last == today)
    assert window.cut is None
    assert before.since < window.since
    if against == "previous" or window.length <= 365:
        assert before.until <= window.since
    if found.is_month and not found.running and against == "previous":
        assert 28 <= before.length <= 31
    else:
        # A leap day may lie in one of them alone; a month may be three days shorter.
        assert window.length - 3 <= before.length <= window.length + (against == "year")
    if before.cut:
        assert found.running
        assert day_start(before.last, zone) <= before.cut < day_start(before.until, zone)
    assert period(key, now, zone, against=against) == found


@given(keys())
def test_a_period_can_be_asked_for_by_its_days(asked: tuple[str, datetime, ZoneInfo]) -> None:
    key, now, zone = asked
    window = period(key, now, zone).window

    again = period(f"{window.since}..{window.last}", now, zone)

    assert again.window == window


@settings(deadline=None)
@given(st.dates(date(2016, 1, 1), date(2035, 1, 1)), st.integers(1, 70), zones)
def test_hours_days_and_months_cover_a_window_in_order(
    since: date, length: int, zone: ZoneInfo
) -> None:
    until = since + timedelta(days=length)
    found = {grain: labels(grain, since, until, zone) for grain in GRAINS}  # type: ignore[arg-type]

    assert found["total"] == []
    assert len(found["day"]) == length
    assert found["month"] == sorted({day[:7] for day in found["day"]})
    hours = [datetime.fromisoformat(label) for label in found["hour"]]
    assert hours == sorted(set(hours))
    assert abs(len(hours) - 24 * length) <= 2
    assert all(
        begin.astimezone(zone).isoformat() == text
        for begin, text in zip(hours, found["hour"], strict=True)
    )
    steps = [later - earlier for earlier, later in pairwise(hours)]
    assert all(timedelta(minutes=30) <= step <= timedelta(minutes=90) for step in steps)


def test_a_window_lists_its_days_and_is_never_empty() -> None:
    window = Window(date(2026, 2, 27), date(2026, 3, 2))

    assert [str(day) for day in window.days] == ["2026-02-27", "2026-02-28", "2026-03-01"]
    assert window.label(ZoneInfo("UTC")) == "27 Feb–1 Mar 2026"
    with pytest.raises(ValueError, match="last day"):
        Window(date(2026, 3, 2), date(2026, 3, 2))


def test_a_cut_window_says_until_when() -> None:
    cut = at("2026-10-21T09:00", "Europe/Berlin")
    window = Window(date(2026, 10, 1), date(2026, 10, 22), cut)

    assert window.label(ZoneInfo("Europe/Berlin")) == "1–21 October 2026, until 09:00"
