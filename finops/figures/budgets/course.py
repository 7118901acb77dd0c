"""The numbers of a burn-up: spend added up, the period before, and the way to the forecast.

A standing keeps what a period is expected to end at. The way there is laid out here as weekdays
have been lately, and the band widens with the root of what is still to come, as chances do; it
ends at just what the standing says, so that no figure and no sentence disagree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Final, NamedTuple, cast

from finops.domain.measures import BILL_BASES, Measures
from finops.domain.money import exact_sum
from finops.domain.windows import Window
from finops.insights.standings import Standing
from finops.rollups.queries import Basis
from finops.rollups.spend import Filters, spend

Series = Mapping[date, Decimal]

_DAY: Final = timedelta(days=1)
_CENT: Final = Decimal("0.01")


class Expected(NamedTuple):
    """What is likely to have been spent by the end of a day, in dollars."""

    day: date
    low: Decimal
    mid: Decimal
    high: Decimal


@dataclass(frozen=True)
class Course:
    """A period's spend added up by day, up to today; the period before at the same places.

    ``expected`` begins with the last day of ``so_far``; it is empty without a forecast.
    """

    days: Sequence[date]
    so_far: Sequence[Decimal]
    before: Sequence[Decimal]
    expected: Sequence[Expected]

    @property
    def total(self) -> Decimal:
        """What was spent so far."""
        return self.so_far[-1] if self.so_far else Decimal(0)

    @property
    def last(self) -> date:
        """The last day of which something is known."""
        return self.days[max(len(self.so_far), 1) - 1]

    def passed_on(self, line: Decimal) -> date | None:
        """Give the day on which spend went beyond a line, for good."""
        above = [amount > line for amount in self.so_far]
        if not above or not above[-1]:
            return None
        below = [place for place, over in enumerate(above) if not over]
        return self.days[below[-1] + 1 if below else 0]

    def rows(self, standing: Standing) -> tuple[tuple[object, ...], ...]:
        """Give a row for each day: what was and may be spent, and the lines."""
        expected = {each.day: each[1:] for each in self.expected}
        return tuple(
            (
                day,
                _at(self.so_far, place),
                _at(self.before, place),
                *expected.get(day, (None, None, None)),
                standing.yellow,
                standing.red,
            )
            for place, day in enumerate(self.days)
        )


def course(standing: Standing, today: date, before: Window, filters: Filters) -> Course:
    """Read the course of a standing's period up to a day; ``before`` is what it is held beside."""
    whole = Window(standing.start, standing.end)
    seen = Window(standing.start, _known_until(standing, today))
    now, earlier = (_daily(window, filters, standing.basis) for window in (seen, before))
    so_far = _added_up(now)
    return Course(
        days=whole.days,
        so_far=so_far,
        before=_added_up(earlier),
        expected=_expected(standing, seen.last, so_far[-1], {**earlier, **now}),
    )


def _known_until(standing: Standing, today: date) -> date:
    """Give the day after the last of which something is known; bills may end long before today."""
    until = min(standing.end, today + _DAY)
    if standing.basis not in BILL_BASES:
        return until
    reached = standing.data_to.date() if standing.data_to else standing.start
    return max(standing.start + _DAY, min(until, reached))


def _expected(
    standing: Standing, last: date, so_far: Decimal, lately: Series
) -> tuple[Expected, ...]:
    low, mid, high = standing.forecast_low, standing.forecast_mid, standing.forecast_high
    if mid is None:
        return ()
    ends = (mid if low is None else low, mid, mid if high is None else high)
    return way_ahead(last, standing.end, so_far, ends, lately)


def way_ahead(
    last: date,
    end: date,
    so_far: Decimal,
    ends: tuple[Decimal, Decimal, Decimal],
    lately: Series,
) -> tuple[Expected, ...]:
    """Lay out the way from what was spent by the ``last`` day to where a period ``end``s.

    ``ends`` are low, mid and high on the day before ``end``; ``lately`` says what days have cost.
    Nothing when no day is left.
    """
    to_come = [last + _DAY * n for n in range(1, (end - last).days)]
    if not to_come:
        return ()
    low, mid, high = ends
    found = [Expected(last, so_far, so_far, so_far)]
    for day, gone in zip(to_come, _parts(to_come, lately), strict=True):
        middle, spread = so_far + (mid - so_far) * gone, gone.sqrt()
        found.append(
            Expected(
                day,
                _cents(middle - (mid - low) * spread),
                _cents(middle),
                _cents(middle + (high - mid) * spread),
            )
        )
    return (*found[:-1], Expected(to_come[-1], *ends))


def _parts(to_come: Sequence[date], lately: Series) -> list[Decimal]:
    """Give, by day, which part of what is to come is spent: as its weekday has cost on average."""
    by_weekday: defaultdict[int, list[Decimal]] = defaultdict(list)
    for day, amount in lately.items():
        by_weekday[day.weekday()].append(max(amount, Decimal(0)))
    usual = {day: exact_sum(amounts) / len(amounts) for day, amounts in by_weekday.items()}
    weights = [usual.get(day.weekday(), Decimal(0)) for day in to_come]
    if not any(weights):
        weights = [Decimal(1)] * len(to_come)
    added_up = list(accumulate(weights))
    return [part / added_up[-1] for part in added_up]


def _daily(window: Window, filters: Filters, basis: str) -> dict[date, Decimal]:
    """Give every day of the window with its spend; a day without calls cost nothing."""
    found = spend(window, daily=True, filters=filters, basis=cast("Basis", basis))
    nothing = Measures()
    return {day: found.get((day.isoformat(),), nothing).cost for day in window.days}


def _added_up(series: Series) -> list[Decimal]:
    return list(accumulate(series.values(), lambda one, other: exact_sum((one, other))))


def _at(values: Sequence[Decimal], place: int) -> Decimal | None:
    return values[place] if place < len(values) else None


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT)
