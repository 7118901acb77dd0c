"""What is said of a forecast, to three significant digits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.forecast.backtest import Accuracy
from finops.forecast.words import accuracy_sentences, forecast_sentence

ENDS = {"low": Decimal("68699.50"), "mid": Decimal("71948.12"), "high": Decimal("75449.99")}


def test_a_forecast_is_said_with_its_band_and_the_day_it_crosses() -> None:
    said = forecast_sentence("computed", **ENDS, crosses_red_on=date(2026, 11, 27))

    assert said == "Heading for $71,900, likely $68,700 to $75,400. Crosses red on 27 November."


def test_both_lines_are_named_in_order() -> None:
    said = forecast_sentence(
        "computed",
        **ENDS,
        crosses_yellow_on=date(2026, 11, 21),
        crosses_red_on=date(2026, 11, 27),
        currency="EUR",
    )

    assert said.endswith(
        "likely €68,700 to €75,400. Crosses yellow on 21 November and red on 27 November."
    )


def test_a_band_of_nothing_is_not_said() -> None:
    nothing = Decimal(0)

    assert (
        forecast_sentence("computed", low=nothing, mid=nothing, high=nothing) == "Heading for $0."
    )


def test_what_a_person_expects_has_no_band() -> None:
    said = forecast_sentence("override", mid=Decimal("65000.00"))

    assert said == "Expected to end at $65,000, set by hand."


@pytest.mark.parametrize(
    ("state", "days", "said"),
    [
        ("too_early", 2, "Too early to forecast: 2 more days of data needed."),
        ("too_early", 1, "Too early to forecast: 1 more day of data needed."),
        ("too_early", 0, "Too early to forecast."),
        ("no_history", 3, "No history to forecast from: 3 more days of data needed."),
        ("ended", 0, "The period has ended."),
    ],
)
def test_without_a_forecast_it_says_why(state: str, days: int, said: str) -> None:
    assert forecast_sentence(state, days_needed=days) == said


def test_the_record_is_said_beside_the_plain_run_rate() -> None:
    found = Accuracy(9, Decimal("0.022"), Decimal("0.037"), Decimal("0.889"))

    assert accuracy_sentences(found) == [
        "Made half-way, half of the forecasts were within 2.2%.",
        "A plain run rate: 3.7%.",
        "8 of 9 outcomes lay in the band.",
    ]


def test_no_record_is_said_too() -> None:
    assert accuracy_sentences(Accuracy(0, None, None, None)) == [
        "No past period to judge forecasts by yet."
    ]
    assert accuracy_sentences(Accuracy(1, None, None, Decimal(1))) == [
        "1 of 1 outcome lay in the band."
    ]
