"""Burn-ups: of what a page asks for, and of one budget's period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from finops.domain.budget_periods import periods_before
from finops.domain.periods import next_month, parse_day
from finops.domain.windows import Window
from finops.figures.budgets.course import Course, course
from finops.figures.budgets.drawing import layout, traces
from finops.figures.budgets.words import finding, told
from finops.figures.figure import Figure
from finops.insights.standings import Standing, past_standings
from finops.models import Organization
from finops.rollups.question import Question, read_question
from finops.rollups.spend import Filters

COLUMNS: Final = (
    "day",
    "spend_so_far",
    "spend_so_far_before",
    "forecast_low",
    "forecast",
    "forecast_high",
    "yellow_above",
    "red_above",
)
_BAND: Final = "Forecast, 8 in 10 chance inside the band"


@dataclass(frozen=True)
class BudgetQuestion(Question):
    """A question about one budget's period: the one that holds ``on``."""

    budget: int | None = None
    on: date | None = None

    @property
    def query(self) -> str:
        """The query string that asks this again, without its ``?``."""
        return urlencode({"budget": self.budget or "", "on": self.on or ""})


def read_budget_question(
    asked: Mapping[str, Sequence[str]], *, now: datetime, organization: Organization
) -> BudgetQuestion:
    """Read ``budget=12&on=2026-10-31``; without a day it is the running period.

    Raises ValueError saying what is wrong.
    """
    plain = read_question(asked, now=now, organization=organization)
    number = next((text for text in reversed(asked.get("budget", ())) if text), "")
    if number and not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise ValueError("a budget is named by its number")
    day = next((text for text in reversed(asked.get("on", ())) if text), "")
    return BudgetQuestion(
        period=plain.period,
        organization=organization,
        now=now,
        budget=int(number) if number else None,
        on=parse_day(day) if day else None,
    )


def budget_burn_up(question: Question) -> Figure:
    """Add up a budget's period against its lines, with the period before and the forecast.

    Rows: ``COLUMNS``, in dollars, a day each. A budget that was never looked at has none.
    """
    assert isinstance(question, BudgetQuestion)  # read by ``read_budget_question``
    today = question.now.astimezone(question.zone).date()
    found = past_standings(question.budget or 0, min(question.on or today, today), 1)
    if not found:
        return _nothing(question)
    standing = found[0]
    (before,) = periods_before(
        standing.period, 1, fiscal_start=question.organization.fiscal_year_start_month
    )
    scope = {name: (value,) for name, value in standing.scope.items()}
    return burn_up(question, standing, Window(before.start, before.end), scope, before.label)


def month_burn_up(question: Question, standing: Standing) -> Figure:
    """Add up the month that a page asks for against the lines of the budget that covers it."""
    since = question.period.before.since
    before = Window(since, next_month(since))
    name = f"{since:%B}" if question.period.against == "previous" else f"{since:%B %Y}"
    return burn_up(question, standing, before, question.filters, name)


def burn_up(
    question: Question, standing: Standing, before: Window, filters: Filters, before_name: str
) -> Figure:
    """Draw a standing's period: rows ``COLUMNS``, in the reporting currency, a day each."""
    today = question.now.astimezone(question.zone).date()
    seen = course(standing, today, before, filters)
    ended = standing.end <= today
    currency = question.currency
    unit = "US dollars" if currency == "USD" else currency
    return Figure(
        title=finding(standing, seen, currency, ended=ended),
        subtitle=f"{standing.name}, added up day by day, {unit}, {standing.period.label}",
        alt=told(standing, seen, currency),
        columns=COLUMNS,
        rows=seen.rows(standing),
        data=traces(seen, standing),
        layout=layout(seen, standing, question),
        legend=_legend(seen, before_name),
        currency=currency,
        as_of=question.now,
        notes=_notes(standing, ended=ended),
    )


def _legend(seen: Course, before_name: str) -> tuple[tuple[str, str], ...]:
    forecast = (("d-fcst", _BAND),) if seen.expected else ()
    return (("d-actual", "Actual"), *forecast, ("d-prior", before_name))


def _notes(standing: Standing, *, ended: bool) -> tuple[str, ...]:
    if ended or standing.forecast_mid is not None:
        return ()
    if standing.forecast_state == "too_early":
        return ("Too early to forecast.",)
    return ("No forecast: there is no spend to go by yet.",)


def _nothing(question: Question) -> Figure:
    return Figure(
        title="Nothing to draw yet",
        subtitle="This budget has not been looked at in any period.",
        alt="An empty chart: the budget has no period with spend yet.",
        columns=COLUMNS,
        rows=(),
        data=[],
        layout={},
        currency=question.currency,
        as_of=question.now,
    )
