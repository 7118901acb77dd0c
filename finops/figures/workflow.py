"""A workflow's spend a day, each day leading to its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from finops.domain import display
from finops.domain.money import exact_sum
from finops.domain.shifts import find_shift
from finops.figures.figure import Figure
from finops.figures.spend import daily_spend
from finops.rollups.question import Question


def workflow_days(question: Question) -> Figure:
    """Show each day's spend, the period before it first.

    Rows: day, spend, and which period the day belongs to. When the question is about one workflow,
    a bar, and its row in the table, leads to the runs of its day.
    """
    figure = daily_spend(question)
    figure = replace(figure, title=_title(question, figure))
    workflows = question.filters.get("workflow", ())
    if len(workflows) != 1:
        return figure
    links = tuple(_runs_of_day(question, workflows[0], row[0]) for row in figure.rows)
    return replace(figure, data=[{**figure.data[0], "customdata": list(links)}], links=links)


def _runs_of_day(question: Question, workflow: str, day: date) -> str:
    """Give the address of the workflow's page with one day's runs."""
    asked = [("period", question.period.key), ("against", question.period.against)]
    query = urlencode([*asked, ("day", day.isoformat())])
    return f"{reverse('workflow', args=[workflow])}?{query}#h-runs"


def _title(question: Question, figure: Figure) -> str:
    """Say since when a day costs more or less, or else what it costs now against before."""
    currency = figure.currency
    days = {
        which: [(day, amount) for day, amount, of in figure.rows if of == which]
        for which in ("before", "now")
    }
    whole = days["now"][:-1] if question.period.running else days["now"]
    shift = find_shift([*days["before"], *whole])
    if shift and shift.day > question.period.window.since:
        return (
            f"A day costs {display.money(shift.after, currency)}"
            f" since {display.day(shift.day, year=False)},"
            f" {display.money(shift.before, currency)} before"
        )
    before, now = _mean(days["before"]), _mean(whole)
    if not before:
        return f"A day costs {display.money(now, currency)}"
    return f"A day costs {display.money(now, currency)}, {display.money(before, currency)} before"


def _mean(days: Sequence[tuple[date, Decimal]]) -> Decimal:
    return exact_sum(amount for _, amount in days) / max(len(days), 1)
