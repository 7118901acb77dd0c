"""How wrong forecasts would have been: each past period foreseen with the days of then alone.

The method is the one of today's forecasts, asked from past days; so the table beside a forecast
judges that forecast. It is held against the naive run rate: what was spent so far, divided by the
share of the period that had passed.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from finops.domain.budget_periods import BudgetPeriod, PeriodKind, period_after, period_around
from finops.forecast.history import History, read
from finops.forecast.outlook import outlook
from finops.forecast.rate import RunRate
from finops.forecast.timing import Known, days_needed

#: The shares of a period at which it is foreseen; a page shows the middle one.
MIDDLE: Final = 0.5
POINTS: Final = (0.25, MIDDLE, 0.75)
#: As many past periods as a page has use for.
_PERIODS: Final = 26
_CENT: Final = Decimal("0.01")
_TENTH_OF_PERCENT: Final = Decimal("0.001")
_WIDE: Final = Context(prec=1000)
_AMOUNTS: Final = ("low", "forecast", "high", "outcome")
_NOTHING: Final = pd.DataFrame(
    columns=["key", "start", "end", "made_on", "point", *_AMOUNTS[:3], "naive", "outcome"]
).astype(dict.fromkeys((*_AMOUNTS, "naive", "point"), np.float64))


@dataclass(frozen=True, slots=True)
class Trial:
    """One past period as it was foreseen on a day of it, in cents, and how it ended."""

    period: BudgetPeriod
    made_on: date
    low: Decimal
    forecast: Decimal
    high: Decimal
    naive: Decimal | None
    outcome: Decimal

    @property
    def inside(self) -> bool:
        """Say whether the outcome lay in the band."""
        return self.low <= self.outcome <= self.high

    @property
    def error(self) -> Decimal:
        """By how many dollars the forecast was too high; negative when it was too low."""
        return self.forecast - self.outcome

    @property
    def error_share(self) -> Decimal | None:
        """The error as part of the outcome; None for a period that cost nothing."""
        return self.error / abs(self.outcome) if self.outcome else None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well forecasts did: medians of absolute errors as parts of the outcome (0.034 is 3.4 %).

    ``inside`` is the share of outcomes in the band. Shares are None where there is nothing to say.
    """

    forecasts: int
    median_error: Decimal | None
    naive_error: Decimal | None
    inside: Decimal | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """A budget's past periods as foreseen in their middle, newest first, and what that says."""

    trials: tuple[Trial, ...]
    accuracy: Accuracy


def backtest(
    daily: pd.Series[Any],
    kind: PeriodKind,
    *,
    today: date,
    fiscal_start: int = 1,
    point: float = MIDDLE,
) -> Backtest:
    """Foresee a budget's past periods at one point of each.

    ``daily`` is its spend by day, as a column of ``forecast_many``; the period that ``today`` lies
    in is not over and not tried. Raises ValueError as that does.
    """
    tried = trials(
        daily.to_frame(),
        kind,
        today=today,
        fiscal_start=fiscal_start,
        points=(point,),
        most=_PERIODS,
    )
    rows = [_trial(row, kind) for row in tried.to_dict("records")]
    return Backtest(tuple(rows[::-1]), accuracy(tried))


def trials(
    daily: pd.DataFrame,
    kind: PeriodKind,
    *,
    today: date,
    fiscal_start: int = 1,
    points: Sequence[float] = POINTS,
    most: int | None = None,
) -> pd.DataFrame:
    """Foresee the past periods of many budgets: one row per budget, period and point, in dollars.

    Columns: ``key, start, end, made_on, point, low, forecast, high, naive, outcome``. Points at
    which it would have been too early are left out, as are periods before a budget's first spend.
    """
    known = read(daily, running=today)
    rate = RunRate.of(History.of(known.first, known.full_days))
    tried = [
        _tried(rate, known.first, period, origin, point)
        for period in _past(kind, known.first, today, fiscal_start, most)
        for origin, point in _origins(known.first, period, points).items()
    ]
    table = pd.concat([_NOTHING, *tried], ignore_index=True)
    return table.assign(key=daily.columns.take(table["key"].to_numpy(dtype=np.intp)))


def accuracy(tried: pd.DataFrame) -> Accuracy:
    """Sum up trials of one budget or of many, of one point or of all."""
    outcome = tried["outcome"].abs().where(tried["outcome"] != 0)
    inside = (tried["low"] <= tried["outcome"]) & (tried["outcome"] <= tried["high"])
    return Accuracy(
        forecasts=len(tried),
        median_error=_rounded(((tried["forecast"] - tried["outcome"]).abs() / outcome).median()),
        naive_error=_rounded(((tried["naive"] - tried["outcome"]).abs() / outcome).median()),
        inside=_rounded(inside.mean()),
    )


def _past(
    kind: PeriodKind, first: date, today: date, fiscal_start: int, most: int | None
) -> list[BudgetPeriod]:
    """Give the whole periods between two days, oldest first; the last ones when there are more."""
    found = []
    period = period_around(kind, first, fiscal_start=fiscal_start)
    while period.end <= today:
        if period.start >= first:
            found.append(period)
        period = period_after(period, fiscal_start=fiscal_start)
    return found if most is None else found[-most:]


def _tried(
    rate: RunRate, first: date, period: BudgetPeriod, origin: int, point: float
) -> pd.DataFrame:
    """Foresee one period of all budgets at a midnight of it; ``key`` is the column's place."""
    history = rate.history
    start = (period.start - first).days
    made_on = first + timedelta(days=origin)
    # Hours are not at hand: a day is foreseen at its midnight, where it is never early enough.
    known = Known(made_on, 1.0 if period.days == 1 else 0.0)
    begun = origin - history.begun
    old_enough = (begun > 0) & [not days_needed(period, known, history=days) for days in begun]
    if not old_enough.any():
        return _NOTHING
    ahead = outlook(rate, origin, (period.end - made_on).days)
    spent = history.sums(np.array([start]), origin - start)[:, 0]
    passed = (origin - start) / period.days
    table = pd.DataFrame(
        {
            "key": np.arange(len(spent)),
            "start": period.start,
            "end": period.end,
            "made_on": made_on,
            "point": point,
            "low": spent + ahead.low,
            "forecast": spent + ahead.mid,
            "high": spent + ahead.high,
            "naive": spent / passed if passed else np.nan,
            "outcome": history.sums(np.array([start]), period.days)[:, 0],
        }
    )
    return table.iloc[np.flatnonzero(old_enough)]


def _origins(first: date, period: BudgetPeriod, points: Sequence[float]) -> dict[int, float]:
    """Give the places of the days that begin nearest to the points of a period, each once."""
    start, last = (period.start - first).days, period.days - 1
    return {start + min(int(point * period.days + 0.5), last): point for point in points}


def _trial(row: Mapping[Hashable, Any], kind: PeriodKind) -> Trial:
    """Turn a row of ``trials`` into Decimals."""
    low, forecast, high, outcome = (_cents(row[name]) for name in _AMOUNTS)
    return Trial(
        period=BudgetPeriod(kind, row["start"], row["end"]),
        made_on=row["made_on"],
        low=low,
        forecast=forecast,
        high=high,
        naive=None if np.isnan(row["naive"]) else _cents(row["naive"]),
        outcome=outcome,
    )


def _cents(amount: float) -> Decimal:
    return Decimal(amount).quantize(_CENT, ROUND_HALF_UP, _WIDE)


def _rounded(share: float) -> Decimal | None:
    if np.isnan(share):
        return None
    return Decimal(share).quantize(_TENTH_OF_PERCENT, ROUND_HALF_UP, _WIDE)
