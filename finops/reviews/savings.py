"""What a finished action saved: the change of a unit's cost, times the volume since.

A unit is a run of the workflow, or a thousand calls where it has no runs. What a unit cost is
fixed on the day that the action is done (``baseline``); what it costs since is read anew. It is an
estimate: other things change as well, and the band says how much days differ anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from finops.attribution.values import canonical, spellings_of
from finops.domain.money import exact_difference, exact_sum, plain
from finops.domain.windows import Window
from finops.models import Action
from finops.reviews.document import Realised
from finops.rollups.spend import spend
from finops.sql import load_sql, snapshot

RUN, THOUSAND_CALLS = "run", "thousand_calls"
#: Days before an action was done that say what a unit cost: four of each weekday.
LOOK_BACK: Final = timedelta(days=28)
#: Whole days that have to pass before anything is said.
ENOUGH_DAYS: Final = 7
#: Savings are counted for a year; what came of it later has other causes.
COUNTED_FOR: Final = timedelta(days=365)
#: Standard errors to either side that hold four outcomes of five.
_FOUR_OF_FIVE: Final = Decimal("1.2816")
_DAYS_A_MONTH: Final = Decimal(365) / 12
_DAY: Final = timedelta(days=1)
_CENT: Final = Decimal("0.01")


class Day(NamedTuple):
    """What a workflow cost on a day, and how many runs began and calls were made."""

    cost: Decimal
    runs: int
    calls: int

    def volume(self, unit: str) -> Decimal:
        """How many units it had."""
        return Decimal(self.runs) if unit == RUN else Decimal(self.calls) / 1000


Days = Mapping[date, Day]


def baseline(workflow: str, done_on: date) -> dict[str, Any] | None:
    """Describe what a unit of a workflow cost in the four weeks before a day, for the record.

    Gives ``{"unit", "since", "until", "cost", "volume", "unit_cost", "spread"}``, amounts as
    decimal strings, ``spread`` the standard error of the unit's cost; None when nothing ran.
    """
    window = Window(done_on - LOOK_BACK, done_on)
    days = days_of([workflow], window).get(workflow, {}).values() if workflow else ()
    unit = RUN if any(day.runs for day in days) else THOUSAND_CALLS
    volume = exact_sum(day.volume(unit) for day in days)
    if not volume:
        return None
    cost = exact_sum(day.cost for day in days)
    unit_cost = cost / volume
    spread = _spread([day.cost - unit_cost * day.volume(unit) for day in days]) / volume
    amounts = {"cost": cost, "volume": volume, "unit_cost": unit_cost, "spread": spread}
    return {
        "unit": unit,
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
        **{name: plain(amount) for name, amount in amounts.items()},
    }


def realised(actions: Sequence[Action], today: date) -> dict[int, Realised]:
    """Estimate what each finished action saved up to yesterday, by its number; two reads in all."""
    done = [action for action in actions if action.state == Action.DONE and action.done_on]
    counted = [action for action in done if action.baseline and _since(action, today)]
    if not counted:
        return {action.pk: _realised(action, {}, today) for action in done}
    window = Window(min(action.done_on + _DAY for action in counted if action.done_on), today)
    days = days_of({action.workflow for action in counted}, window)
    return {action.pk: _realised(action, days.get(_final(action), {}), today) for action in done}


def days_of(workflows: Iterable[str], window: Window) -> dict[str, dict[date, Day]]:
    """Read workflows day by day, each under its final name; days without calls are left out."""
    merged = canonical("workflow")
    names = sorted({merged.get(workflow, workflow) for workflow in workflows})
    runs: defaultdict[tuple[str, date], int] = defaultdict(int)
    with snapshot() as cursor:
        cursor.execute(
            load_sql("reviews/runs_by_day.sql"),
            {
                "workflows": spellings_of(names, merged),
                "since": window.since,
                "until": window.until,
            },
        )
        for workflow, day, count in cursor.fetchall():
            runs[merged.get(workflow, workflow), day] += count
        daily = spend(window, by=("workflow",), filters={"workflow": names}, daily=True)
    found: dict[str, dict[date, Day]] = {name: {} for name in names}
    for (workflow, text), measures in daily.items():
        day = date.fromisoformat(text)
        found[workflow][day] = Day(measures.cost, runs[workflow, day], measures.calls)
    return found


def _realised(action: Action, days: Days, today: date) -> Realised:
    """Estimate one action; ``days`` are those of its workflow, and may hold earlier ones."""
    window = _since(action, today)
    length = window.length if window else 0
    if not action.baseline:
        return _nothing("unknown", length)
    if window is None or length < ENOUGH_DAYS:
        return _nothing("too_early", length, missing=ENOUGH_DAYS - length)
    unit, before = action.baseline["unit"], Decimal(action.baseline["unit_cost"])
    listed = [days[day] for day in window.days if day in days]
    volume = exact_sum(day.volume(unit) for day in listed)
    if not volume:
        return _nothing("no_volume", length)
    cost = exact_sum(day.cost for day in listed)
    saved = [before * day.volume(unit) - day.cost for day in listed]
    amount = exact_difference(before * volume, cost)
    unsure = _spread(saved) ** 2 + (Decimal(action.baseline["spread"]) * volume) ** 2
    return {
        "state": "estimate",
        "amount": _cents(amount),
        "band": _cents(unsure.sqrt() * _FOUR_OF_FIVE),
        "a_month": _cents(amount / length * _DAYS_A_MONTH),
        "days": length,
        "days_missing": 0,
        "unit": unit,
        "unit_cost_before": plain(before),
        "unit_cost_since": plain(cost / volume),
        "volume": plain(volume),
    }


def _nothing(state: str, days: int, *, missing: int = 0) -> Realised:
    return {
        "state": state,
        "amount": None,
        "band": None,
        "a_month": None,
        "days": days,
        "days_missing": missing,
        "unit": None,
        "unit_cost_before": None,
        "unit_cost_since": None,
        "volume": None,
    }


def _since(action: Action, today: date) -> Window | None:
    """Give the whole days since an action was done; None when there is none yet."""
    if action.done_on is None or action.done_on + _DAY >= today:
        return None
    first = action.done_on + _DAY
    return Window(first, min(today, first + COUNTED_FOR))


def _final(action: Action) -> str:
    return canonical("workflow").get(action.workflow, action.workflow)


def _spread(amounts: Sequence[Decimal]) -> Decimal:
    """Give the standard error of a sum of days, from how much the days differ."""
    count = len(amounts)
    if count < 2:
        return Decimal(0)
    mean = sum(amounts, Decimal(0)) / count
    variance = sum(((amount - mean) ** 2 for amount in amounts), Decimal(0)) / (count - 1)
    return (variance * count).sqrt()


def _cents(amount: Decimal) -> str:
    """Round an estimate to cents: more digits would claim to know more."""
    return plain(amount.quantize(_CENT))
