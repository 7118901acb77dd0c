"""A workflow's spend a day, each day leading to its runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from finops.domain import display
from finops.domain.money import exact_sum
from finops.figures.figure import Figure
from finops.figures.spend import daily_spend
from finops.rollups.question import Question


def workflow_days(question: Question) -> Figure:
    """Show each day's spend of the workflow that is asked about, the period before it first.

    Rows: day, spend, and which period the day belongs to. A bar, and its row in the table, leads
    to the runs of its day. Raises ValueError unless the question names one workflow.
    """
    workflow = question.filters.get("workflow", ())
    if len(workflow) != 1:
        raise ValueError("this figure shows one workflow: add workflow=NAME")
    figure = daily_spend(question)
    links = tuple(_runs_of_day(question, workflow[0], row[0]) for row in figure.rows)
    bars = {**figure.data[0], "customdata": list(links)}
    return replace(figure, title=_title(figure), data=[bars], links=links)


def _runs_of_day(question: Question, workflow: str, day: date) -> str:
    """Give the address of the workflow's page with one day's runs."""
    asked = [("period", question.period.key), ("against", question.period.against)]
    query = urlencode([*asked, ("day", day.isoformat())])
    return f"{reverse('workflow', args=[workflow])}?{query}#h-runs"


def _title(figure: Figure) -> str:
    """Say what a day costs now against before."""
    days = {
        which: [amount for _, amount, of in figure.rows if of == which]
        for which in ("now", "before")
    }
    now, before = (exact_sum(amounts) / max(len(amounts), 1) for amounts in days.values())
    amount = display.money(now, figure.currency)
    if not before:
        return f"A day costs {amount}"
    return f"A day costs {amount}, {display.money(before, figure.currency)} in the period before"
