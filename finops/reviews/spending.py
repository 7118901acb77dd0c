"""Section 1 of a review: what the week and its month cost, in figures, words and a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.domain.money import exact_difference, plain
from finops.domain.windows import Period, Window
from finops.figures.registry import FIGURES
from finops.insights.overview import Part
from finops.reviews.document import BudgetRow, Days, FigureRow, Numbers, Stand, Tally
from finops.reviews.words import story
from finops.rollups.question import Question
from finops.rollups.spend import total

_FIGURE = "spend-so-far"


def stand(
    week: Question, month: Period, workflows: Sequence[Part], budgets: Sequence[BudgetRow]
) -> Stand:
    """Say where we stand; ``workflows`` are all parts of the week, those without one included."""
    numbers = _numbers(week, week.period, workflows)
    counted = tally(budgets)
    named = [part for part in workflows if part.value != UNALLOCATED]
    movers = sorted(named, key=lambda part: -abs(part.change))
    of_month = replace(week, period=month)
    cost, before = Decimal(numbers["cost"]), Decimal(numbers["cost_before"])
    return {
        "story": story(cost, before, movers, week.period, counted, week.currency),
        "week": numbers,
        "month": _numbers(of_month, month),
        "figure": figure_row(of_month),
        "tally": counted,
    }


def tally(budgets: Sequence[BudgetRow]) -> Tally:
    """Count budgets once each, at their worst; stale ones are counted besides."""

    def count(status: str) -> int:
        return sum(1 for row in budgets if row["status"] == status and not _heads_for_red(row))

    return {
        "red": sum(1 for row in budgets if row["status"] == "red"),
        "heading_for_red": sum(1 for row in budgets if _heads_for_red(row)),
        "yellow": count("yellow"),
        "none": count("none"),
        "green": count("green"),
        "stale": sum(1 for row in budgets if row["stale"]),
    }


def days_row(window: Window) -> Days:
    """Write down which days were read."""
    return {
        "first": window.since.isoformat(),
        "last": window.last.isoformat(),
        "until": window.cut.isoformat() if window.cut else None,
    }


def figure_row(question: Question) -> FigureRow:
    """Draw the chart of spend so far, with exact numbers in place of those for a screen."""
    drawn = _exact(FIGURES[_FIGURE](question).as_json())
    return {
        "name": _FIGURE,
        "data": drawn["data"],
        "layout": drawn["layout"],
        "meta": drawn["meta"],
    }


def _heads_for_red(row: BudgetRow) -> bool:
    return row["heading_for"] == "red" and row["status"] != "red"


def _numbers(question: Question, period: Period, parts: Sequence[Part] | None = None) -> Numbers:
    """Read the figures of a period; ``parts`` are its workflows, when they are known already."""
    if parts is None:
        now, before = total(period.window), total(period.before)
        without = total(period.window, filters={"workflow": [UNALLOCATED]}).cost
    else:
        now = Measures.sum_of(part.now for part in parts)
        before = Measures.sum_of(part.before for part in parts)
        without = next((part.now.cost for part in parts if part.value == UNALLOCATED), Decimal(0))
    return {
        "days": days_row(period.window),
        "days_before": days_row(period.before),
        "cost": plain(now.cost),
        "cost_before": plain(before.cost),
        "calls": now.calls,
        "calls_before": before.calls,
        "unpriced_calls": now.unpriced_calls,
        "cost_of_thousand": maybe(now.cost_of_thousand),
        "cost_of_thousand_before": maybe(before.cost_of_thousand),
        "attributed": plain(exact_difference(now.cost, without)),
        "unattributed": plain(without),
    }


def maybe(amount: Decimal | None) -> str | None:
    """Write an amount, or None for one that nobody knows."""
    return None if amount is None else plain(amount)


def _exact(value: Any) -> Any:
    """Write floats, which are for screens, as the shortest decimals that mean the same."""
    if isinstance(value, float):
        return plain(Decimal(repr(value)))
    if isinstance(value, dict):
        return {key: _exact(each) for key, each in value.items()}
    return [_exact(each) for each in value] if isinstance(value, list | tuple) else value
