"""Which dollars have an owner, of all that there are, over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple, Self, TypeVar
from urllib.parse import urlencode

from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import BILL_BASES, Measures
from finops.domain.money import exact_difference
from finops.domain.periods import month_of
from finops.models import Organization
from finops.rollups.queries import Basis, Scope, complete_to, rows_of
from finops.rollups.question import Question, read_question
from finops.sql import snapshot

#: The dimensions that an owner can be missing in.
OWNERS: Final = ("team", "feature", "customer", "workflow")
#: What dollars are counted: those of calls, or either of those of bills.
BASES: Final[tuple[Basis, ...]] = ("metered", "billed", "effective")
GRAINS: Final = ("day", "week", "month")

_Word = TypeVar("_Word", bound=str)


@dataclass(frozen=True)
class CoverageQuestion(Question):
    """A period with filters, the dimension whose owners are asked for, the basis, and the grain."""

    dimension: str = OWNERS[0]
    basis: Basis = "metered"
    grain: str = "day"

    @property
    def of_bills(self) -> bool:
        """Say whether bills answer, and not calls."""
        return self.basis in BILL_BASES

    @property
    def query(self) -> str:
        """The query string that asks this again, without its ``?``."""
        own = [("dimension", self.dimension), ("basis", self.basis), ("grain", self.grain)]
        return f"{super().query}&{urlencode(own)}"

    def keeping(self, filters: Mapping[str, Sequence[str]]) -> Self:
        """Ask the same with these filters alone."""
        return replace(self, filters=filters)

    @property
    def whole(self) -> Scope:
        """All that is asked about."""
        window = self.period.window
        return Scope(since=window.since, until=window.until, filters=self.filters, basis=self.basis)

    @property
    def unowned(self) -> Scope:
        """The part of it that nobody owns."""
        return replace(self.whole, filters={**self.filters, self.dimension: (UNALLOCATED,)})


def read_coverage_question(
    asked: Mapping[str, Sequence[str]], *, now: datetime, organization: Organization
) -> CoverageQuestion:
    """Read a query string (each name with all its values). Raises ValueError saying what is wrong.

    A filter on the dimension itself is left aside: its owners are what is asked for.
    """
    question = read_question(asked, now=now, organization=organization)
    dimension = _one_of(asked, "dimension", OWNERS)
    return CoverageQuestion(
        question.period,
        organization,
        now,
        {name: values for name, values in question.filters.items() if name != dimension},
        dimension=dimension,
        basis=_one_of(asked, "basis", BASES),
        grain=_one_of(asked, "grain", GRAINS),
    )


class Stretch(NamedTuple):
    """A day, week (by its Monday) or month: all that it cost, and what of that nobody owns."""

    begins: date
    everything: Decimal
    unowned: Decimal

    @property
    def owned(self) -> Decimal:
        """What somebody owns."""
        return exact_difference(self.everything, self.unowned)


class Coverage(NamedTuple):
    """An answer: the whole period, what of it nobody owns, and the same over time."""

    question: CoverageQuestion
    everything: Measures
    unowned: Measures
    over_time: tuple[Stretch, ...]
    complete_to: datetime | None

    @property
    def owned(self) -> Decimal:
        """What somebody owns of the whole."""
        return exact_difference(self.everything.cost, self.unowned.cost)

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing that anybody could own."""
        return not (self.everything.calls or self.everything.charges)


def coverage(question: CoverageQuestion) -> Coverage:
    """Read how much has an owner, in one snapshot: the parts sum to what `costs` says."""
    with snapshot() as cursor:
        everything, unowned = _over_time(question.whole), _over_time(question.unowned)
        return Coverage(
            question=question,
            everything=Measures.sum_of(everything.values()),
            unowned=Measures.sum_of(unowned.values()),
            over_time=_stretches(question.grain, everything, unowned),
            complete_to=complete_to(cursor, of_bills=question.of_bills),
        )


def _over_time(scope: Scope) -> dict[date, Measures]:
    rows = rows_of(replace(scope, grain="day"))
    return {date.fromisoformat(row.period or ""): row.measures for row in rows}


def _stretches(
    grain: str, everything: Mapping[date, Measures], unowned: Mapping[date, Measures]
) -> tuple[Stretch, ...]:
    whole, part = _folded(grain, everything), _folded(grain, unowned)
    return tuple(
        Stretch(begins, measures.cost, part.get(begins, Measures()).cost)
        for begins, measures in sorted(whole.items())
    )


def _folded(grain: str, days: Mapping[date, Measures]) -> dict[date, Measures]:
    """Add days up to the weeks or months that they lie in."""
    found: defaultdict[date, list[Measures]] = defaultdict(list)
    for day, measures in days.items():
        found[_begin(grain, day)].append(measures)
    return {begins: Measures.sum_of(each) for begins, each in found.items()}


def _begin(grain: str, day: date) -> date:
    if grain == "month":
        return month_of(day)
    return day - timedelta(days=day.weekday()) if grain == "week" else day


def _one_of(asked: Mapping[str, Sequence[str]], name: str, words: Sequence[_Word]) -> _Word:
    given = next((value for value in reversed(asked.get(name, ())) if value), words[0])
    for word in words:
        if word == given:
            return word
    raise ValueError(f"{name} is one of {', '.join(words)}")
