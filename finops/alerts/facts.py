"""What an alert says, frozen when it is raised: every message is written from these facts alone.

They are stored as JSON (``Alert.facts``) in which money is a decimal string, so that a message
that is read a year later shows what was known when it went out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from finops.domain.budget_periods import BudgetPeriod, PeriodKind
from finops.domain.money import plain

#: What happened to a budget; ``workflow_share`` is one workflow taking too much of it.
What = Literal["yellow", "red", "heading", "workflow_share"]
CapKind = Literal["run_cost", "step_tokens", "steps", "retries", "depth"]

#: Runs of a cap that a message lists; the rest are counted.
RUNS_LISTED: Final = 5


class Part(msgspec.Struct, frozen=True):
    """A workflow, step or model, as people call it, and its dollars."""

    name: str
    cost: Decimal


class Run(msgspec.Struct, frozen=True):
    """The dearest run: what it cost within the budget's scope, and its address."""

    url_id: str
    run: str
    workflow: str
    cost: Decimal


class Forecast(msgspec.Struct, frozen=True):
    """What the period was expected to end at; four times in five from low to high."""

    low: Decimal | None
    mid: Decimal
    high: Decimal | None


class BudgetFacts(msgspec.Struct, frozen=True, tag_field="about", tag="budget"):
    """A line that a budget crossed, or that it is expected to cross (``heading_for``).

    ``share`` and ``limit`` are percent, for ``workflow_share``. ``folded`` names milder lines that
    were crossed at the same time and get no message of their own. ``late`` says that the period
    had ended before the calls came in.
    """

    what: What
    budget: int
    name: str
    owner: str
    scope: dict[str, str]
    period: PeriodKind
    start: date
    end: date
    currency: str
    zone: str
    crossed_at: datetime
    actual: Decimal
    line: Decimal | None = None
    yellow: Decimal | None = None
    red: Decimal | None = None
    planned: Decimal | None = None
    forecast: Forecast | None = None
    crosses_on: date | None = None
    heading_for: str = ""
    workflow: str = ""
    workflow_cost: Decimal | None = None
    limit: Decimal | None = None
    parts_are: Literal["workflow", "step", "model"] = "workflow"
    parts: tuple[Part, ...] = ()
    run: Run | None = None
    folded: tuple[str, ...] = ()
    late: bool = False

    @property
    def over(self) -> Decimal:
        """Dollars beyond the line: of what was spent, or is expected when heading for it."""
        reached = self.actual
        if self.what == "heading" and self.forecast:
            reached = self.forecast.mid
        return reached - (self.line or Decimal(0))

    @property
    def days(self) -> BudgetPeriod:
        """The period, as days."""
        return BudgetPeriod(self.period, self.start, self.end)

    @property
    def when(self) -> str:
        """The period in a word or two: ``November``; with its year when that was another one."""
        local = self.crossed_at.date()
        if self.period == "month" and abs((local - self.start).days) < 200:
            return f"{self.start:%B}"
        return self.days.label


class CapRun(msgspec.Struct, frozen=True):
    """A run beyond a cap; ``beyond`` is the dollars after it was reached, None without a price."""

    url_id: str
    run: str
    value: Decimal
    beyond: Decimal | None
    step: str


class CapFacts(msgspec.Struct, frozen=True, tag_field="about", tag="cap"):
    """A cap, and the runs of a workflow that went beyond it: dearest first, the rest counted."""

    cap: int
    kind: CapKind
    workflow: str
    address: str
    limit: Decimal
    day: date
    currency: str
    owner: str
    runs: tuple[CapRun, ...]
    count: int
    beyond: Decimal


Facts = BudgetFacts | CapFacts


def stored(facts: Facts) -> dict[str, Any]:
    """Give facts as plain JSON values; money as a decimal string without an exponent."""
    told: dict[str, Any] = _plain(msgspec.to_builtins(facts, builtin_types=(Decimal,)))
    return told


def read(told: Mapping[str, Any]) -> Facts:
    """Read stored facts. Raises msgspec.ValidationError for what are none."""
    facts: Facts = msgspec.convert(told, Facts)
    return facts


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
