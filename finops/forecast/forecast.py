"""What a budget's period will end at: spent so far, plus what its days have cost lately.

The door of the package: a frame of daily spend goes in, Decimals come out. The method is in
``rate.py``, its band in ``band.py``, how wrong it was in ``backtest.py``. A budget's forecast
depends on its own days alone, never on which other budgets are asked for, and never on a day after
the one that it is made on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal
from typing import Final, Literal, TypeVar

import pandas as pd

from finops.domain.budget_periods import BudgetPeriod
from finops.domain.money import exact_sum
from finops.forecast.history import DailySpend, History, read
from finops.forecast.outlook import Outlook, outlook
from finops.forecast.rate import RunRate
from finops.forecast.timing import Known, days_needed, known_until

Key = TypeVar("Key", bound=Hashable)
State = Literal["computed", "too_early", "no_history", "ended"]

_DAY: Final = timedelta(days=1)
_CENT: Final = Decimal("0.01")
#: Room for the largest amounts in cents; the usual 28 digits would raise an error.
_WIDE: Final = Context(prec=1000)


@dataclass(frozen=True, slots=True)
class PathDay:
    """What will have been spent by the end of a day, in the reporting currency."""

    day: date
    low: Decimal
    mid: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one period is expected to end at, in cents of the reporting currency.

    ``low`` to ``high`` is where it ends four times in five. All three are None unless ``state`` is
    ``computed``; ``days_needed`` says after how many more days of data there will be a forecast.
    ``course`` is the share of what is still to come that will be spent by the end of each day from
    ``running`` on.
    """

    state: State
    spent: Decimal
    low: Decimal | None = None
    mid: Decimal | None = None
    high: Decimal | None = None
    days_needed: int = 0
    running: date | None = None
    course: tuple[float, ...] = field(default=(), repr=False)

    @property
    def path(self) -> list[PathDay]:
        """Each day still to come, the running one first; the last has the forecast's amounts."""
        if self.running is None or self.low is None or self.mid is None or self.high is None:
            return []
        amounts = (self.low, self.mid, self.high)
        return [
            PathDay(self.running + ahead * _DAY, *(self._by(amount, share) for amount in amounts))
            for ahead, share in enumerate(self.course)
        ]

    def _by(self, amount: Decimal, share: float) -> Decimal:
        return _cents(self.spent + (amount - self.spent) * Decimal(share)) if share < 1 else amount


def forecast_many(
    daily: pd.DataFrame,
    periods: Mapping[Key, BudgetPeriod],
    as_of: datetime,
    *,
    spent: Mapping[Key, Decimal] | None = None,
    data_to: datetime | None = None,
    day_passed: float | None = None,
) -> dict[Key, Forecast]:
    """Forecast what each budget's period will end at.

    ``daily``: one row for every calendar day of the reporting zone, oldest first without gaps
    (index: dates or a zoneless DatetimeIndex), from the first of the history to the running day or
    the one before; one column per budget key, Decimal or float dollars; days without spend are 0,
    never NaN. ``periods``: each key's running period. ``as_of``: now, with the reporting zone as
    its zone. ``spent``: what the period cost so far, exactly (otherwise the sum of its rows, which
    must then all be there). ``data_to``: up to when the *organization's* data has come in, if that
    is before now: later days are forecast, not read as free. ``day_passed``: the share of the
    running day's usual spend that is behind by then (``hours.usual_share``); otherwise the share
    of its time.

    Raises ValueError for a column that is missing, NaN or infinite amounts, days that are missing
    or out of order, and an ``as_of`` without a zone; KeyError for a key that ``spent`` lacks.
    """
    known = known_until(as_of, data_to)
    passed = known.passed if day_passed is None else min(max(day_passed, 0.0), 1.0)
    frame = _columns(daily, list(periods))
    history = read(frame, running=known.day).recent()
    if spent is None:
        spent = _sums(frame, periods, until=known.day)
    found: dict[Key, Forecast] = {}
    by_end: defaultdict[date, list[Key]] = defaultdict(list)
    for column, (key, period) in enumerate(periods.items()):
        state, needed = _state(period, as_of.date(), known, history.days_of(column))
        found[key] = Forecast(state, spent[key], days_needed=needed)
        if state == "computed":
            by_end[period.end].append(key)
    columns = {key: column for column, key in enumerate(periods)}
    for end, keys in by_end.items():
        ahead = _ahead(history, [columns[key] for key in keys], (end - known.day).days, passed)
        for row, key in enumerate(keys):
            found[key] = _forecast(ahead, row, spent[key], known.day)
    return found


def _state(
    period: BudgetPeriod, today: date, known: Known, history: int | None
) -> tuple[State, int]:
    """Say whether a period can be forecast, and how many more days of data that needs."""
    if period.end <= today:
        return "ended", 0
    needed = days_needed(period, known, history=history or 0)
    if history is None:
        return "no_history", needed
    return ("too_early", needed) if needed else ("computed", 0)


def _ahead(history: DailySpend, columns: Sequence[int], days: int, passed: float) -> Outlook:
    past = History.of(history.first, history.full_days[columns])
    today = history.today[columns]
    return outlook(RunRate.of(past), past.days, days, today=today, passed=passed)


def _forecast(ahead: Outlook, row: int, spent: Decimal, running: date) -> Forecast:
    low, mid, high = (
        _total(spent, rest[row].item()) for rest in (ahead.low, ahead.mid, ahead.high)
    )
    course = tuple(ahead.course[row].tolist())
    return Forecast("computed", spent, low, mid, high, running=running, course=course)


def _total(spent: Decimal, rest: float) -> Decimal:
    """Add what is still to come; without credits, no rounding makes it less than was spent."""
    total = _cents(spent + Decimal(rest))
    return total if rest < 0 else max(total, spent.quantize(_CENT, ROUND_CEILING, _WIDE))


def _columns(daily: pd.DataFrame, keys: list[Key]) -> pd.DataFrame:
    """Pick the budgets' columns in order. Raises ValueError for one that is missing or doubled."""
    if not daily.columns.is_unique:
        raise ValueError("daily spend has two columns of one name")
    places = daily.columns.get_indexer(pd.Index(keys, dtype=object, tupleize_cols=False))
    if (places < 0).any():
        raise ValueError("daily spend lacks the column of a budget")
    return daily.iloc[:, places]


def _sums(
    frame: pd.DataFrame, periods: Mapping[Key, BudgetPeriod], *, until: date
) -> dict[Key, Decimal]:
    """Add up each period's days so far, the running one included, exactly."""
    days = pd.DatetimeIndex(frame.index)
    found = {}
    for column, (key, period) in enumerate(periods.items()):
        begin, end = days.searchsorted([pd.Timestamp(period.start), pd.Timestamp(until + _DAY)])
        found[key] = exact_sum(Decimal(str(paid)) for paid in frame.iloc[begin:end, column])
    return found


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP, _WIDE)


def crosses_on(forecast: Forecast, line: Decimal | None) -> date | None:
    """Give the day on which the middle of the forecast goes beyond a line.

    None when it does not, when there is no line or forecast, and when it is behind already.
    """
    if line is None or forecast.mid is None or forecast.spent > line or forecast.mid <= line:
        return None
    return next(step.day for step in forecast.path if step.mid > line)


def heading_for(
    *, actual: Decimal, mid: Decimal | None, yellow: Decimal | None, red: Decimal | None
) -> Literal["yellow", "red", ""]:
    """Say which line, not yet crossed, the middle of a forecast (or an override) goes beyond."""
    if mid is None:
        return ""
    if red is not None and actual <= red < mid:
        return "red"
    return "yellow" if yellow is not None and actual <= yellow < mid else ""
