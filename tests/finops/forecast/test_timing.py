"""What is known at an instant, in the reporting zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from finops.forecast.timing import known_until
from tests.finops.forecast.series import BERLIN, at


def test_half_a_day_is_behind_at_noon() -> None:
    assert known_until(at(date(2026, 6, 1), 12)) == (date(2026, 6, 1), 0.5)


@pytest.mark.parametrize(("day", "passed"), [(29, 11 / 23), (28, 12 / 24)])
def test_a_day_that_lost_an_hour_is_shorter(day: int, passed: float) -> None:
    assert known_until(at(date(2026, 3, day), 12)).passed == pytest.approx(passed)


def test_a_day_that_gained_an_hour_is_longer() -> None:
    assert known_until(at(date(2026, 10, 25), 12)).passed == pytest.approx(13 / 25)


def test_data_that_ends_before_now_is_what_is_known_in_the_zone_of_now() -> None:
    now = at(date(2026, 6, 3), 12)
    late = datetime(2026, 5, 31, 23, tzinfo=UTC)  # one o'clock in Berlin

    assert known_until(now, late) == (date(2026, 6, 1), pytest.approx(1 / 24))
    assert known_until(now, datetime(2027, 1, 1, tzinfo=UTC)) == known_until(now)


def test_instants_need_zones() -> None:
    with pytest.raises(ValueError, match="zone"):
        known_until(datetime(2026, 6, 1))  # noqa: DTZ001 - it is the point
    with pytest.raises(ValueError, match="zone"):
        known_until(datetime(2026, 6, 1, tzinfo=BERLIN), datetime(2026, 6, 1))  # noqa: DTZ001 - as above
