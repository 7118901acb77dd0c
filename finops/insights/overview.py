"""Everything that the overview says, read in one snapshot, so that its parts sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from finops.attribution.values import labels
from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.domain.money import exact_difference, exact_sum
from finops.domain.windows import Window
from finops.insights.news import Newcomer, first_day, newcomers
from finops.rollups.queries import complete_to
from finops.rollups.question import Question
from finops.rollups.spend import spend, total
from finops.sql import snapshot

#: How many workflows are told apart; the few that make up most of the spend.
TOP: Final = 5
#: How many of those that moved are named.
MOVERS: Final = 3
#: Weeks behind a row's sparkline.
SPARK_WEEKS: Final = 12
#: The dimensions whose coverage is stated, and whose dearest values are listed.
COVERED: Final = ("workflow", "feature", "team", "customer")
LISTED: Final = ("team", "feature", "model")


class Part(NamedTuple):
    """One value's share of the spend, now and in the period before; ``weeks`` oldest first."""

    value: str
    name: str
    now: Measures
    before: Measures
    weeks: tuple[Decimal, ...] = ()

    @property
    def change(self) -> Decimal:
        """How many dollars it moved."""
        return exact_difference(self.now.cost, self.before.cost)


@dataclass(frozen=True)
class Overview:
    """What the period cost, against what, where it went, and how sure that is.

    ``top`` + ``others`` + ``unattributed`` sum exactly to ``now``, and so do their parts before.
    """

    now: Measures
    before: Measures
    top: tuple[Part, ...]
    others: Part
    other_count: int
    unattributed: Part
    movers: tuple[Part, ...]
    parts: Mapping[str, tuple[Part, ...]]
    unallocated: Mapping[str, Measures]
    news: tuple[Newcomer, ...]
    complete_to: datetime | None
    first_day: date | None

    @property
    def top_cost(self) -> Decimal:
        """What the top workflows cost together."""
        return exact_sum(part.now.cost for part in self.top)


def overview(question: Question) -> Overview:
    """Read the overview for a question, all in one snapshot."""
    with snapshot() as cursor:
        by = {"workflow": _parts(question, "workflow")}
        by |= {name: _parts(question, name, compare=False) for name in LISTED}
        workflows = [part for part in by["workflow"] if part.value != UNALLOCATED]
        top = _with_weeks(question, workflows[:TOP])
        rest = workflows[TOP:]
        return Overview(
            now=Measures.sum_of(part.now for part in by["workflow"]),
            before=Measures.sum_of(part.before for part in by["workflow"]),
            top=top,
            others=_together("others", rest),
            other_count=sum(1 for part in rest if part.now.calls),
            unattributed=_together(
                UNALLOCATED, [part for part in by["workflow"] if part.value == UNALLOCATED]
            ),
            movers=tuple(sorted(workflows, key=lambda part: -abs(part.change))[:MOVERS]),
            parts={name: tuple(by[name]) for name in LISTED},
            unallocated={name: _unallocated(question, name) for name in COVERED},
            news=tuple(newcomers(question.period.window)) if not question.filters else (),
            complete_to=complete_to(cursor),
            first_day=first_day(),
        )


def parts_of(question: Question, dimension: str) -> list[Part]:
    """Give every value of a dimension, now and before, dearest now first. They sum to the whole."""
    with snapshot():
        return _parts(question, dimension)


def with_weeks(question: Question, dimension: str, parts: list[Part]) -> tuple[Part, ...]:
    """Give the same parts with their spend in each of the last weeks."""
    return _with_weeks(question, parts, dimension)


def _parts(question: Question, dimension: str, *, compare: bool = True) -> list[Part]:
    now = spend(question.period.window, by=(dimension,), filters=question.filters)
    before = (
        spend(question.period.before, by=(dimension,), filters=question.filters) if compare else {}
    )
    names = labels(dimension)
    nothing = Measures()
    keys = [*now, *(key for key in before if key not in now)]
    return [
        Part(key[0], names.get(key[0], key[0]), now.get(key, nothing), before.get(key, nothing))
        for key in keys
    ]


def _with_weeks(
    question: Question, parts: list[Part], dimension: str = "workflow"
) -> tuple[Part, ...]:
    if not parts:
        return ()
    until = question.period.window.until
    reach = Window(until - timedelta(weeks=SPARK_WEEKS), until)
    filters = {**question.filters, dimension: [part.value for part in parts]}
    daily = spend(reach, by=(dimension,), filters=filters, daily=True)
    weeks = {part.value: [Decimal(0)] * SPARK_WEEKS for part in parts}
    for (value, day), measures in daily.items():
        place = (date.fromisoformat(day) - reach.since).days // 7
        weeks[value][place] = exact_sum((weeks[value][place], measures.cost))
    return tuple(part._replace(weeks=tuple(weeks[part.value])) for part in parts)


def _together(name: str, parts: list[Part]) -> Part:
    return Part(
        name,
        name,
        Measures.sum_of(part.now for part in parts),
        Measures.sum_of(part.before for part in parts),
    )


def _unallocated(question: Question, dimension: str) -> Measures:
    """Read what has no value of a dimension: one place of its index, however many values it has."""
    if UNALLOCATED not in question.filters.get(dimension, (UNALLOCATED,)):
        return Measures()
    return total(question.period.window, filters={**question.filters, dimension: [UNALLOCATED]})
