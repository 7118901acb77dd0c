"""What a forecast and its record say, in sentences."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from finops.domain import display
from finops.forecast.backtest import Accuracy


def forecast_sentence(
    state: str,
    *,
    low: Decimal | None = None,
    mid: Decimal | None = None,
    high: Decimal | None = None,
    crosses_yellow_on: date | None = None,
    crosses_red_on: date | None = None,
    days_needed: int = 0,
    currency: str = "USD",
) -> str:
    """Say what a period is heading for and when it crosses its lines, or why nobody can say.

    ``state`` and amounts are those of a forecast, or ``override`` and what somebody expects.
    """
    if mid is None:
        return _without(state, days_needed)
    said = [f"{_heading(state, low, mid, high, currency)}."]
    lines = [("yellow", crosses_yellow_on), ("red", crosses_red_on)]
    crossings = [f"{line} on {day.day} {day:%B}" for line, day in lines if day is not None]
    if crossings:
        said.append(f"Crosses {' and '.join(crossings)}.")
    return " ".join(said)


def accuracy_sentences(accuracy: Accuracy) -> list[str]:
    """Say how wrong forecasts were, how wrong a plain run rate, and how often the band held."""
    if not accuracy.forecasts:
        return ["No past period to judge forecasts by yet."]
    said = []
    if accuracy.median_error is not None:
        within = _percent(accuracy.median_error)
        said.append(f"Made half-way, half of the forecasts were within {within}.")
    if accuracy.naive_error is not None:
        said.append(f"A plain run rate: {_percent(accuracy.naive_error)}.")
    if accuracy.inside is not None:
        inside = round(accuracy.inside * accuracy.forecasts)
        outcomes = display.counted(accuracy.forecasts, "outcome")
        said.append(f"{inside} of {outcomes} lay in the band.")
    return said


def _without(state: str, days_needed: int) -> str:
    if state == "ended":
        return "The period has ended."
    reason = "No history to forecast from" if state == "no_history" else "Too early to forecast"
    if not days_needed:
        return f"{reason}."
    return f"{reason}: {display.counted(days_needed, 'more day', 'more days')} of data needed."


def _heading(
    state: str, low: Decimal | None, mid: Decimal, high: Decimal | None, currency: str
) -> str:
    amount = display.forecast_money(mid, currency)
    if state == "override":
        return f"Expected to end at {amount}, set by hand"
    if low is None or high is None:
        return f"Heading for {amount}"
    lowest, highest = (display.forecast_money(end, currency) for end in (low, high))
    if lowest == highest:
        return f"Heading for {amount}"
    return f"Heading for {amount}, likely {lowest} to {highest}"


def _percent(part: Decimal) -> str:
    return display.share(part, Decimal(1))
