"""What a period is heading for, on series whose end is known."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from finops.domain.budget_periods import period_around
from finops.forecast.forecast import Forecast, crosses_on, forecast_many, heading_for
from tests.finops.forecast.series import START, at, forecast, frame, office, rest

#: A week of the office is 520 dollars; its fourteenth begins on Monday, 6 April 2026.
MONDAY = START + timedelta(weeks=13)


def close_to(amount: Decimal | None, expected: float, *, within: float) -> bool:
    assert amount is not None
    return abs(float(amount) - expected) <= within * expected


def test_an_office_is_foreseen_with_its_weekends() -> None:
    found = forecast(frame(office(91)))  # on Monday, 6 April: 5 days into the month, 25 to go

    assert found.state == "computed"
    assert found.spent == 320  # Wednesday to Friday, and a weekend
    assert close_to(found.mid, 320 + 3 * 520 + 4 * 100, within=0.02)


def test_weekends_only_cost_nothing_in_the_week() -> None:
    found = forecast(frame(np.where(office(92) < 50, 100.0, 0.0)), "week")  # on Tuesday

    assert close_to(found.mid, 200, within=0.05)
    assert close_to(found.path[4].mid, 100, within=0.1)  # by Saturday night
    assert found.path[3].mid < 15


def test_a_weekly_batch_is_due_on_its_weekday() -> None:
    batch = [700.0 if day % 7 == 3 else 0.0 for day in range(92)]
    found = forecast(frame(batch), "week")  # on Tuesday
    wednesday, thursday = found.path[1:3]

    assert wednesday.mid < 15
    assert thursday.mid > 650
    assert close_to(found.mid, 700, within=0.05)


def test_a_month_end_batch_is_expected_before_it_has_run() -> None:
    days = pd.date_range("2025-10-01", "2026-03-15")
    daily = frame(np.where(days.is_month_end, 1000.0, 10.0), start=date(2025, 10, 1))
    found = forecast(daily)  # on 16 March

    assert close_to(found.mid, 30 * 10 + 1000, within=0.05)
    assert found.path[-1].mid - found.path[-2].mid > 500


def test_one_month_with_a_dear_end_makes_no_rule() -> None:
    days = pd.date_range("2025-10-01", "2026-03-15")
    daily = frame(np.where(days == "2026-02-28", 1000.0, 10.0), start=date(2025, 10, 1))

    assert close_to(forecast(daily).mid, 310, within=0.1)


@pytest.mark.parametrize("ago", [1, 2, 3, 4, 8, 15])
def test_a_runaway_run_is_spent_but_is_no_run_rate(ago: int) -> None:
    quiet = office(112, noise=0.1)
    wild = quiet.copy()
    wild[-ago] += 2000.0
    without, found = forecast(frame(quiet), "quarter"), forecast(frame(wild), "quarter")

    assert round(found.spent - without.spent, 6) == 2000
    assert abs(rest(found) / rest(without) - 1) < Decimal("0.05")


def test_a_runaway_morning_is_not_believed_to_go_on_all_day() -> None:
    daily = frame([*office(91), 5000.0])
    found = forecast(daily, on=MONDAY, hour=12)

    assert found.spent == 5320
    assert rest(found) < 3 * 520 + 4 * 100 + 100


def test_a_level_shift_is_followed_within_days() -> None:
    amounts = office(112, noise=0.05)
    amounts[-12:] *= 2
    followed = float(rest(forecast(frame(amounts), "quarter")))
    before = float(rest(forecast(frame(office(112, noise=0.05)), "quarter")))

    assert followed / before > 1.8


def test_a_series_that_stopped_is_forecast_to_stay_so() -> None:
    amounts = office(112)
    went_on = rest(forecast(frame(amounts), "quarter"))
    amounts[-14:] = 0.0

    assert rest(forecast(frame(amounts), "quarter")) < went_on / 10


def test_growth_is_carried_on() -> None:
    growing = 100.0 * 1.004 ** np.arange(120)
    found = forecast(frame(growing), "month", on=START + timedelta(days=120))  # on 5 May
    flat = 27 * growing[-7:].mean()

    assert float(rest(found)) > flat


def test_nothing_is_heading_for_nothing() -> None:
    found = forecast(frame([0.0] * 60))

    assert (found.state, found.low, found.mid, found.high) == ("computed", 0, 0, 0)


def test_a_series_that_begins_in_the_period_waits_for_three_full_days() -> None:
    young = [0.0] * 60 + [50.0] * 2

    assert forecast(frame(young)).state == "too_early"
    assert forecast(frame(young)).days_needed == 1
    found = forecast(frame([*young, 50.0]))
    assert found.state == "computed"
    assert close_to(rest(found), 50 * len(found.path), within=0.01)
    assert found.high is not None
    assert found.low is not None
    assert found.high - found.low > rest(found)  # three days say little


def test_credits_may_take_the_end_below_what_was_spent() -> None:
    amounts = np.where(np.arange(91) % 7 == 3, -400.0, 20.0)
    found = forecast(frame(amounts))

    assert found.low is not None
    assert found.mid is not None
    assert found.low <= found.mid < found.spent


def test_two_years_with_a_leap_day_and_changes_of_clocks() -> None:
    daily = frame(office(790), start=date(2023, 1, 2))  # Mondays; leap day 29 February 2024
    for day in (date(2024, 2, 29), date(2024, 3, 31), date(2024, 10, 27), date(2025, 2, 28)):
        found = forecast(daily, on=day, hour=12)

        assert found.state == "computed"
        assert found.path[0].day == day
        assert found.path[-1].day == period_around("month", day).last


def test_days_that_have_not_come_in_are_foreseen_and_not_free() -> None:
    daily = frame([*office(89), 0.0, 0.0])  # nothing of the weekend has come in
    periods = {"it": period_around("month", MONDAY)}
    spent = {"it": Decimal(200)}
    late = forecast_many(daily, periods, at(MONDAY), spent=spent, data_to=at(START) + timedelta(89))
    prompt = forecast_many(daily, periods, at(MONDAY), spent=spent)

    assert late["it"].running == START + timedelta(days=89)
    assert rest(late["it"]) > rest(prompt["it"])


def test_days_after_today_are_not_looked_at() -> None:
    daily = frame([*office(91), 0.0, *[9e6] * 10])

    assert forecast(daily, on=MONDAY) == forecast(daily.head(91)), "the future leaked"


def test_decimals_are_as_good_as_floats() -> None:
    amounts = office(91).round(2)

    assert forecast(frame([Decimal(str(each)) for each in amounts])) == forecast(frame(amounts))


def test_cents_are_never_rounded_below_what_was_spent() -> None:
    periods = {"it": period_around("month", MONDAY)}
    daily = frame([0.0] * 91)
    found = forecast_many(daily, periods, at(MONDAY), spent={"it": Decimal("10.00001")})["it"]

    assert (found.low, found.mid, found.high) == (Decimal("10.01"),) * 3


def test_the_day_is_foreseen_by_its_usual_hours() -> None:
    daily = frame([*office(91), 90.0])  # a Monday morning at its usual pace
    periods = {"it": period_around("day", MONDAY)}
    by_time = forecast_many(daily, periods, at(MONDAY, 12))["it"]
    by_hours = forecast_many(daily, periods, at(MONDAY, 12), day_passed=0.9)["it"]

    assert close_to(by_hours.mid, 100, within=0.01)
    assert by_time.mid is not None
    assert by_time.mid > 130


@pytest.mark.parametrize(
    ("kind", "on", "hour", "state", "needed"),
    [
        ("month", date(2026, 4, 3), 23, "too_early", 1),
        ("month", date(2026, 4, 4), 0, "computed", 0),
        ("week", date(2026, 4, 6), 16, "too_early", 1),
        ("week", date(2026, 4, 6), 17, "computed", 0),
        ("day", date(2026, 4, 6), 2, "too_early", 1),
        ("day", date(2026, 4, 6), 3, "computed", 0),
        ("quarter", date(2026, 4, 10), 2, "too_early", 1),
        ("quarter", date(2026, 4, 10), 3, "computed", 0),
        ("year", date(2026, 2, 6), 11, "too_early", 1),
        ("year", date(2026, 2, 6), 12, "computed", 0),
    ],
)
def test_it_is_too_early_for_three_days_of_a_month_and_a_tenth_of_another_period(
    kind: str, on: date, hour: int, state: str, needed: int
) -> None:
    found = forecast(frame(office(100)), kind, on=on, hour=hour)  # type: ignore[arg-type]

    assert (found.state, found.days_needed) == (state, needed)
    assert (found.mid is None) == (state == "too_early")


def test_a_first_day_is_no_history_and_an_ended_period_needs_none() -> None:
    april = {"it": period_around("month", MONDAY)}
    empty = frame([])
    first_day = frame([5.0], start=MONDAY)

    assert forecast(empty, on=MONDAY).state == "no_history"
    assert forecast(first_day, on=MONDAY).state == "no_history"
    assert forecast(first_day, on=MONDAY).spent == 5
    ended = forecast_many(frame(office(130)), april, at(date(2026, 5, 1)))["it"]
    assert (ended.state, ended.mid, ended.path) == ("ended", None, [])


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), Decimal("NaN")])
def test_amounts_that_are_no_numbers_are_refused(wrong: float | Decimal) -> None:
    with pytest.raises(ValueError, match="no numbers"):
        forecast(frame([*office(91), wrong]), on=MONDAY)


def test_frames_with_other_days_or_columns_are_refused() -> None:
    daily = frame(office(91))
    periods = {"it": period_around("month", MONDAY)}
    doubled = pd.concat([daily, daily], axis=1)
    for wrong, why in (
        (daily.drop(daily.index[5]), "every calendar day"),
        (daily.iloc[::-1], "every calendar day"),
        (daily.tz_localize("UTC"), "no time zone"),
        (daily.head(80), "ends before"),
        (daily.rename(columns={"it": "another"}), "lacks the column"),
        (doubled, "two columns"),
    ):
        with pytest.raises(ValueError, match=why):
            forecast_many(wrong, periods, at(MONDAY))
    with pytest.raises(ValueError, match="time zone"):
        forecast_many(daily, periods, at(MONDAY).replace(tzinfo=None))


def test_the_path_ends_at_the_forecast_and_lines_are_crossed_on_it() -> None:
    found = forecast(frame(office(91)))
    assert found.mid is not None
    on_the_16th = next(step.mid for step in found.path if step.day == date(2026, 4, 16))

    assert (found.path[-1].low, found.path[-1].high) == (found.low, found.high)
    assert crosses_on(found, on_the_16th - Decimal("0.01")) == date(2026, 4, 16)
    assert crosses_on(found, on_the_16th) == date(2026, 4, 17)  # exactly on a line is within it
    assert crosses_on(found, found.mid) is None
    assert crosses_on(found, found.spent - 1) is None  # crossed already
    assert crosses_on(found, None) is None
    assert crosses_on(Forecast("too_early", Decimal(9)), Decimal(10)) is None


@pytest.mark.parametrize(
    ("actual", "mid", "heading"),
    [
        (50, 100, ""),
        (50, 101, "yellow"),
        (50, 200, "yellow"),
        (50, 201, "red"),
        (150, 200, ""),  # yellow already
        (150, 201, "red"),
        (201, 400, ""),  # red already
        (50, None, ""),
    ],
)
def test_it_is_heading_for_the_worst_line_that_is_still_ahead(
    actual: int, mid: int | None, heading: str
) -> None:
    found = heading_for(
        actual=Decimal(actual),
        mid=None if mid is None else Decimal(mid),
        yellow=Decimal(100),
        red=Decimal(200),
    )

    assert found == heading


def test_without_lines_it_is_heading_for_none() -> None:
    assert heading_for(actual=Decimal(1), mid=Decimal(9), yellow=None, red=None) == ""
