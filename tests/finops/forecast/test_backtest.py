"""Past periods foreseen with the days of then, and what that says of the method."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.domain.budget_periods import PERIOD_KINDS, period_around
from finops.forecast.backtest import POINTS, accuracy, backtest, trials
from finops.forecast.forecast import forecast_many
from tests.finops.forecast.series import START, at, frame, month, office

#: Sunday, 1 November: 43 weeks and a day after the Monday on which the series begin.
TODAY = date(2026, 11, 1)
DAYS = (TODAY - START).days


def test_every_whole_month_is_foreseen_in_its_middle_newest_first() -> None:
    found = backtest(frame(office(DAYS, noise=0.2))["it"], "month", today=TODAY)

    assert [trial.period.label.split()[0] for trial in found.trials] == [
        *("October", "September", "August", "July", "June", "May", "April", "March", "February")
    ]
    assert [trial.made_on for trial in found.trials[:2]] == [date(2026, 10, 17), date(2026, 9, 16)]
    assert found.accuracy.forecasts == 9


def test_a_trial_says_just_what_the_forecast_of_that_midnight_said() -> None:
    daily = frame(office(600, noise=0.3).round(2))  # longer than what a forecast looks at
    found = backtest(daily["it"], "month", today=START + timedelta(days=600))

    for trial in found.trials:
        then = daily.loc[: str(trial.made_on - timedelta(days=1))]
        told = forecast_many(then, {"it": trial.period}, at(trial.made_on))["it"]
        assert (trial.low, trial.forecast, trial.high) == (told.low, told.mid, told.high)


def test_the_outcome_is_held_against_the_band_and_the_naive_run_rate() -> None:
    amounts = office(DAYS)
    found = backtest(frame(amounts)["it"], "month", today=TODAY)
    june = next(trial for trial in found.trials if trial.period == month("2026-06"))
    begin = (june.period.start - START).days

    assert june.outcome == Decimal(str(amounts[begin : begin + 30].sum())).quantize(Decimal("0.01"))
    assert june.naive == Decimal(str(amounts[begin : begin + 15].sum() * 2))
    assert june.error == june.forecast - june.outcome
    assert june.error_share == june.error / june.outcome
    assert june.inside
    assert found.accuracy.median_error is not None
    assert found.accuracy.naive_error is not None
    assert found.accuracy.median_error < found.accuracy.naive_error


def test_an_outcome_beyond_the_band_is_outside() -> None:
    amounts = office(DAYS)
    amounts[-5:] = 9000.0
    found = backtest(frame(amounts)["it"], "month", today=TODAY)

    assert not found.trials[0].inside
    assert found.trials[0].error < 0
    assert all(trial.inside for trial in found.trials[1:])
    assert found.accuracy.inside == Decimal("0.889")


def test_the_band_holds_about_four_in_five_outcomes_and_half_the_error_of_the_run_rate() -> None:
    noisy = {str(seed): office(DAYS, noise=0.4, seed=seed) for seed in range(40)}
    daily = pd.DataFrame(noisy, index=pd.date_range(START, periods=DAYS))
    found = accuracy(trials(daily, "month", today=TODAY, points=(0.5,)))

    assert found.inside is not None
    assert Decimal("0.7") <= found.inside <= Decimal("0.9")
    assert found.median_error is not None
    assert found.naive_error is not None
    assert found.median_error < found.naive_error


@settings(max_examples=20)
@given(
    st.lists(st.integers(0, 100_000), min_size=60, max_size=60),
    st.integers(0, 59),
    st.sampled_from(("week", "month")),
)
def test_days_to_come_never_change_what_was_foreseen(
    cents: list[int], from_day: int, kind: str
) -> None:
    other = [*cents[:from_day], *(each + 777 for each in cents[from_day:])]
    end = START + timedelta(days=60)
    was = trials(frame(np.array(cents) / 100), kind, today=end)  # type: ignore[arg-type]
    became = trials(frame(np.array(other) / 100), kind, today=end)  # type: ignore[arg-type]
    seen = ["start", "made_on", "point", "low", "forecast", "high", "naive"]
    foreseen = [
        tried.loc[tried["made_on"] <= START + timedelta(days=from_day), seen]
        for tried in (was, became)
    ]

    pd.testing.assert_frame_equal(*foreseen)


def test_a_young_series_is_tried_once_it_had_three_days() -> None:
    amounts = office(DAYS)
    amounts[: (date(2026, 9, 14) - START).days] = 0.0  # two days before the middle of September
    found = trials(frame(amounts), "month", today=TODAY)

    assert list(found["made_on"]) == [
        *(date(2026, 9, 24), date(2026, 10, 9), date(2026, 10, 17), date(2026, 10, 24))
    ]


@pytest.mark.parametrize("kind", PERIOD_KINDS)
def test_two_years_of_any_period_can_be_tried(kind: str) -> None:
    daily = frame(office(730, noise=0.2), start=date(2024, 1, 1))  # with 29 February
    found = backtest(daily["it"], kind, today=date(2025, 12, 31))  # type: ignore[arg-type]

    assert found.trials
    assert len(found.trials) <= 26
    assert all(trial.period.end <= date(2025, 12, 31) for trial in found.trials)
    assert found.trials[0].period.kind == kind


def test_a_day_is_foreseen_at_midnight_and_has_no_naive_run_rate() -> None:
    found = backtest(frame(office(60))["it"], "day", today=START + timedelta(days=60))

    assert found.trials[0].made_on == found.trials[0].period.start
    assert found.trials[0].naive is None
    assert found.accuracy.naive_error is None


def test_fiscal_quarters_are_those_of_the_organisation() -> None:
    daily = frame(office(DAYS))
    found = backtest(daily["it"], "quarter", today=TODAY, fiscal_start=2)

    assert [trial.period.start for trial in found.trials] == [
        *(date(2026, 8, 1), date(2026, 5, 1), date(2026, 2, 1))
    ]


def test_periods_that_cost_nothing_have_an_error_in_dollars_alone() -> None:
    amounts = office(DAYS)
    amounts[-31:] = 0.0
    found = backtest(frame(amounts)["it"], "month", today=TODAY)

    assert found.trials[0].outcome == 0
    assert found.trials[0].error > 0
    assert found.trials[0].error_share is None
    assert found.accuracy.forecasts == 9


@pytest.mark.parametrize("days", [0, 1, 5, 40])
def test_nothing_is_tried_before_a_period_is_over(days: int) -> None:
    end = START + timedelta(days=days)  # the first whole month is February
    found = backtest(frame(office(days))["it"], "month", today=end)

    assert found.trials == ()
    assert found.accuracy.forecasts == 0
    assert found.accuracy.inside is None


def test_many_budgets_are_tried_as_each_alone() -> None:
    index = pd.date_range(START, periods=DAYS)
    both = pd.DataFrame({"a": office(DAYS, noise=0.3), 7: office(DAYS, noise=0.1)}, index=index)
    together = trials(both, "month", today=TODAY)

    assert set(together["point"]) == set(POINTS)
    for key in ("a", 7):
        alone = trials(both[[key]], "month", today=TODAY)
        part = together[together["key"] == key].reset_index(drop=True)
        pd.testing.assert_frame_equal(part, alone, check_dtype=False)


def test_the_running_period_is_not_tried() -> None:
    found = backtest(frame(office(DAYS))["it"], "week", today=TODAY)

    assert found.trials[0].period == period_around("week", TODAY - timedelta(days=7))
