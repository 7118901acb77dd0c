"""How much of a day's usual spend is behind by a time of day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from finops.forecast.hours import share_behind, usual_share
from tests.finops.forecast.series import BERLIN, at
from tests.finops.ledger.usage import call, import_rows

MONDAY = date(2026, 3, 16)


def hourly(days: int, by_clock: list[float], *, start: date = date(2026, 3, 2)) -> pd.Series:
    """Spend by hour of some days that are all alike."""
    index = pd.date_range(start, periods=days * 24, freq="h", tz=BERLIN)
    return pd.Series(np.array(by_clock)[index.hour], index=index)


def morning() -> list[float]:
    return [10.0 if 8 <= hour < 12 else 0.0 for hour in range(24)]


def test_a_morning_is_behind_at_noon_and_half_of_an_even_day() -> None:
    assert share_behind(hourly(14, morning()), at(MONDAY, 12)) == 1.0
    assert share_behind(hourly(14, [1.0] * 24), at(MONDAY, 12)) == 0.5
    assert share_behind(hourly(14, morning()), at(MONDAY, 7)) == 0.0


def test_hours_count_by_their_minutes() -> None:
    now = datetime(2026, 3, 16, 8, 30, tzinfo=BERLIN)

    assert share_behind(hourly(14, morning()), now) == 0.125


def test_the_running_day_and_one_wild_night_change_nothing() -> None:
    spend = hourly(15, morning())
    spend.loc["2026-03-10 03:00"] = 5000.0
    spend.loc["2026-03-16 03:00"] = 5000.0  # today

    assert share_behind(spend, at(MONDAY, 10)) == 0.5


def test_a_night_of_changed_clocks_goes_by_the_clock() -> None:
    spend = hourly(4, [1.0] * 24, start=date(2026, 3, 27))  # 29 March has 23 hours

    assert share_behind(spend, at(date(2026, 3, 31), 12)) == pytest.approx(0.5, abs=0.01)


def test_two_days_with_spend_say_nothing() -> None:
    quiet = hourly(14, [0.0] * 24)
    quiet.loc["2026-03-03 10:00"] = quiet.loc["2026-03-04 10:00"] = 5.0

    assert share_behind(quiet, at(MONDAY, 12)) is None


@pytest.mark.usefixtures("ledger")
def test_the_organisation_has_the_hours_of_its_zone() -> None:
    utc = ZoneInfo("UTC")
    now = datetime(2026, 3, 16, 12, tzinfo=utc)
    assert usual_share(now) is None

    mornings = [now.replace(hour=9) - timedelta(days=day) for day in range(1, 5)]
    evenings = [moment.replace(hour=20) for moment in mornings]
    import_rows(*(call(time=moment.isoformat()) for moment in [*mornings, *evenings]))

    assert usual_share(now) == 0.5
