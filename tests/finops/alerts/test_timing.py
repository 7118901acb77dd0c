"""When messages go out: quiet hours over midnight, clocks put forward and back, digests."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.alerts.timing import after_quiet_hours, due_at, next_at
from finops.models import AlertSettings

NIGHT = AlertSettings(quiet_from=time(22), quiet_until=time(7))
BERLIN, SYDNEY, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Sydney"), ZoneInfo("UTC")

MOMENTS = st.datetimes(
    datetime.fromisoformat("2026-01-01"),
    datetime.fromisoformat("2027-12-31"),
    timezones=st.just(UTC),
)


def at(text: str, zone: ZoneInfo = UTC_ZONE, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def due(text: str, wishes: AlertSettings, zone: ZoneInfo = UTC_ZONE, **asked: Any) -> datetime:
    kind = {"is_red": False, "is_mail": True} | asked
    return due_at(at(text, zone), wishes, zone, **kind)


@pytest.mark.parametrize(
    ("raised", "sent"),
    [
        ("2026-11-20 21:59:59", "2026-11-20 21:59:59"),
        ("2026-11-20 22:00:00", "2026-11-21 07:00:00"),
        ("2026-11-20 23:59:59", "2026-11-21 07:00:00"),
        ("2026-11-21 00:00:00", "2026-11-21 07:00:00"),
        ("2026-11-21 06:59:59", "2026-11-21 07:00:00"),
        ("2026-11-21 07:00:00", "2026-11-21 07:00:00"),
        ("2026-12-31 23:30:00", "2027-01-01 07:00:00"),
    ],
)
def test_a_quiet_night_ends_in_the_morning(raised: str, sent: str) -> None:
    assert due(raised, NIGHT) == at(sent)


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = AlertSettings(quiet_from=time(12), quiet_until=time(13, 30))

    assert due("2026-11-20 12:10", noon) == at("2026-11-20 13:30")
    assert due("2026-11-20 13:30", noon) == at("2026-11-20 13:30")


def test_red_never_waits() -> None:
    wishes = AlertSettings(quiet_from=time(22), quiet_until=time(7), digest_at=time(9))

    assert due("2026-11-20 23:00", wishes, is_red=True) == at("2026-11-20 23:00")


def test_without_wishes_everything_goes_at_once() -> None:
    assert due("2026-11-20 23:00", AlertSettings()) == at("2026-11-20 23:00")


def test_the_hours_are_the_organizations() -> None:
    # 21:30 in UTC is 22:30 in Berlin in winter and 23:30 in summer.
    assert due_at(at("2026-11-20 21:30"), NIGHT, BERLIN, is_red=False, is_mail=True) == at(
        "2026-11-21 06:00"
    )
    assert due_at(at("2026-07-20 21:30"), NIGHT, BERLIN, is_red=False, is_mail=True) == at(
        "2026-07-21 05:00"
    )


def test_a_night_without_an_hour_ends_when_the_clock_shows_the_end() -> None:
    """On 29 March 2026 clocks in Berlin go from 02:00 to 03:00."""
    assert due("2026-03-28 23:00", NIGHT, BERLIN) == at("2026-03-29 05:00")
    early = AlertSettings(quiet_from=time(22), quiet_until=time(2, 30))
    assert due("2026-03-28 23:00", early, BERLIN) == at("2026-03-29 01:00")  # 03:00 there


def test_a_night_with_an_hour_twice_is_quiet_both_times() -> None:
    """On 25 October 2026 clocks in Berlin go from 03:00 back to 02:00."""
    assert due("2026-10-24 23:00", NIGHT, BERLIN) == at("2026-10-25 06:00")
    early = AlertSettings(quiet_from=time(22), quiet_until=time(2, 30))
    first = at("2026-10-25 02:10", BERLIN, fold=0).astimezone(UTC)
    again = at("2026-10-25 02:10", BERLIN, fold=1).astimezone(UTC)

    assert after_quiet_hours(first, early, BERLIN) == at("2026-10-25 00:30")
    assert after_quiet_hours(again, early, BERLIN) == at("2026-10-25 01:30")


#: What people can ask for.
MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@given(
    MOMENTS,
    MINUTES,
    MINUTES,
    st.sampled_from([BERLIN, SYDNEY, UTC_ZONE, ZoneInfo("Asia/Kathmandu")]),
)
def test_it_is_never_quiet_when_something_is_sent(
    now: datetime, begin: time, end: time, zone: ZoneInfo
) -> None:
    wishes = AlertSettings(quiet_from=begin, quiet_until=end)
    sent = after_quiet_hours(now, wishes, zone)

    assert sent >= now
    assert not wishes.is_quiet_at(sent.astimezone(zone).time())
    assert sent - now <= timedelta(hours=26)
    if sent > now:
        assert wishes.is_quiet_at(now.astimezone(zone).time())


def test_a_digest_comes_at_its_time_today_or_tomorrow() -> None:
    nine = AlertSettings(digest_at=time(9))

    assert due("2026-11-20 08:59", nine) == at("2026-11-20 09:00")
    assert due("2026-11-20 09:00", nine) == at("2026-11-20 09:00")
    assert due("2026-11-20 09:01", nine) == at("2026-11-21 09:00")


def test_a_digest_is_for_mails_alone() -> None:
    nine = AlertSettings(digest_at=time(9))

    assert due("2026-11-20 10:00", nine, is_mail=False) == at("2026-11-20 10:00")


def test_a_digest_waits_for_the_end_of_the_quiet() -> None:
    wishes = AlertSettings(quiet_from=time(22), quiet_until=time(7), digest_at=time(6))

    assert due("2026-11-20 10:00", wishes) == at("2026-11-21 07:00")


@given(
    MOMENTS,
    st.times(),
    st.sampled_from([BERLIN, SYDNEY]),
)
def test_the_next_time_is_within_a_day_and_never_before(
    now: datetime, clock: time, zone: ZoneInfo
) -> None:
    assert timedelta(0) <= next_at(now, clock, zone) - now <= timedelta(hours=26)
