"""Made-up series of daily spend, and forecasts of them in short."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from finops.domain.budget_periods import BudgetPeriod, PeriodKind, period_around
from finops.forecast.forecast import Forecast, forecast_many

BERLIN = ZoneInfo("Europe/Berlin")
#: A Monday.
START = date(2026, 1, 5)


def frame(amounts: object, *, start: date = START) -> pd.DataFrame:
    """One budget's spend by day, in a column ``it``."""
    values = list(amounts)  # type: ignore[call-overload]
    return pd.DataFrame({"it": values}, index=pd.date_range(start, periods=len(values)))


def office(days: int, *, dollars: float = 100.0, noise: float = 0.0, seed: int = 1) -> np.ndarray:
    """Spend of an office from a Monday on: weekends cost a tenth."""
    random = np.random.default_rng(seed)
    weekend = np.arange(days) % 7 >= 5
    return dollars * np.where(weekend, 0.1, 1.0) * random.lognormal(0, noise, days)


def at(day: date, hour: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN)


def forecast(
    daily: pd.DataFrame, kind: PeriodKind = "month", *, on: date | None = None, hour: int = 0
) -> Forecast:
    """Forecast the only column on a day: the one after the last, unless said."""
    today = on or daily.index[-1].date() + timedelta(days=1)
    period = period_around(kind, today)
    return forecast_many(daily, {"it": period}, at(today, hour))["it"]


def rest(found: Forecast) -> Decimal:
    """What is still to come, by the middle of a forecast."""
    assert found.mid is not None
    return found.mid - found.spent


def month(text: str) -> BudgetPeriod:
    return period_around("month", date.fromisoformat(f"{text}-01"))
