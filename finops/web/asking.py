"""From a page's address to its question, and back into the filter bar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils import timezone

from finops.domain.dimensions import UNALLOCATED
from finops.domain.periods import month_of
from finops.domain.windows import ROLLING
from finops.insights.news import first_day
from finops.models import Organization
from finops.rollups.question import Question, read_question

#: How many past months the filter bar offers.
_MONTHS = 18


def asked(request: HttpRequest, *, now: datetime | None = None) -> Question:
    """Read the question from the address. Raises BadRequest (400) for one that makes no sense."""
    try:
        return read_question(
            dict(request.GET.lists()),
            now=now or timezone.now(),
            organization=Organization.current(),
        )
    except ValueError as error:
        raise BadRequest(str(error)) from error


def filter_bar(
    question: Question, *choices: dict[str, Any], kept: tuple[tuple[str, str], ...] = ()
) -> dict[str, Any]:
    """Give what components/filters.html shows: periods that have data, and these choices."""
    offered = _periods(question)
    if question.period.key not in dict(offered):
        offered.insert(0, (question.period.key, question.period.name))
    shown = {str(choice["name"]) for choice in choices}
    others = [
        (name, value)
        for name, values in question.filters.items()
        if name not in shown
        for value in values
    ]
    return {
        "question": question,
        "periods": offered,
        "choices": choices,
        "kept": [*others, *kept],
    }


def choice(
    question: Question, name: str, everything: str, values: list[tuple[str, str]]
) -> dict[str, Any]:
    """Give one select of the filter bar; ``values`` pairs what is stored with what is read."""
    chosen = next(iter(question.filters.get(name, ())), "")
    if chosen and chosen not in dict(values):
        values = [(chosen, chosen), *values]
    readable = [
        (value, "Not attributed" if value == UNALLOCATED else label) for value, label in values
    ]
    return {
        "name": name,
        "label": name.capitalize(),
        "all": everything,
        "values": readable,
        "chosen": chosen,
    }


def _periods(question: Question) -> list[tuple[str, str]]:
    today = question.now.astimezone(question.zone).date()
    first = first_day() or today
    months: list[tuple[str, str]] = []
    month = month_of(today)
    while month >= month_of(first) and len(months) < _MONTHS:
        months.append((f"{month:%Y-%m}", f"{month:%B %Y}"))
        month = month_of(month - timedelta(days=1))
    return [*months, *((f"{days}d", f"Last {days} days") for days in ROLLING)]
