"""Laws that hold for any spend: no look-ahead, no company, no favourites, no wonders."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.domain.budget_periods import PERIOD_KINDS, period_around
from finops.forecast.forecast import Forecast, forecast_many
from tests.finops.forecast.series import START, at, frame

CENT = Decimal("0.01")
#: Cents, for sums to be exact in floats: quiet days, ordinary ones, and a runaway.
spend = st.one_of(st.just(0), st.integers(0, 10_000), st.integers(0, 5_000_000))
series = st.lists(spend, min_size=8, max_size=120)
kinds = st.sampled_from(PERIOD_KINDS)
hours = st.integers(0, 23)
laws = settings(max_examples=60)


def of(amounts: list[int], kind: str, hour: int, *, scale: int = 1) -> Forecast:
    """Forecast on the last day of some cents; the last amount is of that running day."""
    daily = frame([amount * scale / 100 for amount in amounts])
    return forecast_on_last_day(daily, kind, hour)["it"]


def forecast_on_last_day(daily: pd.DataFrame, kind: str, hour: int) -> dict[str, Forecast]:
    today = daily.index[-1].date()
    period = period_around(kind, today)  # type: ignore[arg-type]
    return forecast_many(daily, dict.fromkeys(daily.columns, period), at(today, hour))


@laws
@given(series, kinds, hours)
def test_the_band_holds_the_middle_and_all_of_it_what_was_spent(
    amounts: list[int], kind: str, hour: int
) -> None:
    found = of(amounts, kind, hour)
    if found.low is None or found.mid is None or found.high is None:
        return

    assert found.spent <= found.low <= found.mid <= found.high
    for earlier, later in pairwise(found.path):
        assert earlier.low <= later.low
        assert earlier.mid <= later.mid
        assert earlier.high <= later.high
    assert all(step.low <= step.mid <= step.high for step in found.path)


@laws
@given(series, kinds, hours)
def test_four_times_the_spend_is_four_times_the_forecast(
    amounts: list[int], kind: str, hour: int
) -> None:
    once, fourfold = of(amounts, kind, hour), of(amounts, kind, hour, scale=4)

    assert once.state == fourfold.state
    if once.mid is None or fourfold.mid is None or once.high is None or fourfold.high is None:
        return
    assert abs(once.mid * 4 - fourfold.mid) <= 4 * CENT
    assert abs(once.high * 4 - fourfold.high) <= 4 * CENT


@laws
@given(series, st.lists(spend, max_size=30), kinds, hours)
def test_what_comes_later_changes_nothing(
    amounts: list[int], later: list[int], kind: str, hour: int
) -> None:
    today = START + timedelta(days=len(amounts) - 1)
    period = {"it": period_around(kind, today)}  # type: ignore[arg-type]
    long = frame([amount / 100 for amount in [*amounts, *later]])

    assert forecast_many(long, period, at(today, hour))["it"] == of(amounts, kind, hour)


@laws
@given(st.lists(st.tuples(spend, spend, spend), min_size=8, max_size=90), kinds, hours)
def test_each_budget_is_forecast_as_if_alone_whatever_their_order(
    rows: list[tuple[int, int, int]], kind: str, hour: int
) -> None:
    index = pd.date_range(START, periods=len(rows))
    daily = pd.DataFrame(np.array(rows) / 100, index=index, columns=["a", "b", "c"])
    together = forecast_on_last_day(daily, kind, hour)

    assert forecast_on_last_day(daily[["c", "a", "b"]], kind, hour) == together
    assert forecast_on_last_day(daily[["b"]], kind, hour)["b"] == together["b"]
    assert forecast_on_last_day(daily, kind, hour) == together


@laws
@given(series.filter(any), st.integers(1, 60), st.sampled_from(("week", "month")), hours)
def test_days_before_the_first_spend_say_nothing(
    amounts: list[int], empty: int, kind: str, hour: int
) -> None:
    today = START + timedelta(days=len(amounts) - 1)
    period = {"it": period_around(kind, today)}  # type: ignore[arg-type]
    earlier = frame(
        [0.0] * empty + [each / 100 for each in amounts], start=START - timedelta(days=empty)
    )
    begun = next(place for place, amount in enumerate(amounts) if amount)
    found = forecast_many(earlier, period, at(today, hour))["it"]
    alone = forecast_many(
        frame([each / 100 for each in amounts[begun:]], start=START + timedelta(days=begun)),
        period,
        at(today, hour),
        spent={"it": found.spent},
    )["it"]

    if alone.state != "no_history":
        assert found == alone


@laws
@given(st.lists(st.integers(-50_000, 50_000), min_size=8, max_size=90), kinds, hours)
def test_credits_keep_the_band_in_order(amounts: list[int], kind: str, hour: int) -> None:
    found = of(amounts, kind, hour)
    if found.low is None or found.mid is None or found.high is None:
        return

    assert found.low <= found.mid <= found.high
