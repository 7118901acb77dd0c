"""The table of the last forecasts and how they ended."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.template.loader import render_to_string

from finops.domain.budget_periods import period_around
from finops.forecast.backtest import Accuracy, Backtest, Trial
from finops.forecast.words import accuracy_sentences


def trial(month: int, outcome: int) -> Trial:
    return Trial(
        period=period_around("month", date(2026, month, 1)),
        made_on=date(2026, month, 16),
        low=Decimal(16_100),
        forecast=Decimal(17_728),
        high=Decimal(19_600),
        naive=None,
        outcome=Decimal(outcome),
    )


def rendered(*trials: Trial) -> str:
    accuracy = Accuracy(len(trials), Decimal("0.022"), Decimal("0.037"), Decimal("0.5"))
    html = render_to_string(
        "components/backtest.html",
        {
            "backtest": Backtest(trials, accuracy),
            "sentences": accuracy_sentences(accuracy),
            "noun": "month",
            "currency": "USD",
        },
    )
    return " ".join(html.split())


def test_each_period_is_shown_with_its_forecast_its_band_and_its_end() -> None:
    html = rendered(trial(10, 19_136), trial(9, 22_160))

    assert html.index("October 2026") < html.index("September 2026")
    assert "$17,700" in html
    assert "$16,100 to $19,600" in html
    assert "$19,136" in html
    assert "−7.4% off" in html
    assert (html.count(">Yes<"), html.count(">No<")) == (1, 1)
    assert "half of the forecasts were within 2.2%. A plain run rate: 3.7%." in html


def test_a_month_that_cost_nothing_has_no_percentage() -> None:
    assert "— off" not in rendered(trial(10, 0))


def test_a_page_shows_the_last_twelve() -> None:
    assert rendered(*[trial(10, 19_136)] * 20).count("October 2026") == 12
