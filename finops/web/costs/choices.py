"""What the explorer's form offers, and the filters that hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from finops.attribution.values import labels
from finops.domain.dimensions import DIMENSIONS, UNALLOCATED
from finops.insights.breakdown import PATIENCE
from finops.insights.cost_question import MOST_DIMENSIONS, CostQuestion
from finops.models import DimensionValue
from finops.rollups.long_answers import pieces
from finops.rollups.patience import patience
from finops.web.costs.asked import Asked

#: How many values of a dimension are offered; any other can be typed.
OFFERED: Final = 200

GRAINS: Final = (
    ("total", "The whole period"),
    ("hour", "Hours"),
    ("day", "Days"),
    ("month", "Months"),
)
BASES: Final = (
    ("metered", "Metered, by the price book"),
    ("reported", "As sources report it"),
    ("billed", "Billed, in cash"),
    ("effective", "Billed, as used"),
)
MEASURES: Final = (("cost", "Cost"), ("calls", "Calls"), ("unpriced", "Calls without a cost"))


class Select(NamedTuple):
    """One select of the form: its parameter, its label, what it offers, and what is chosen."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


class Chip(NamedTuple):
    """A filter that holds: what it says, and the address without it."""

    label: str
    href: str


class Narrowing(NamedTuple):
    """The values of a dimension to choose from; ``readable`` says whether they could be read."""

    dimension: str
    values: tuple[tuple[str, str], ...]
    readable: bool


def grains(question: CostQuestion) -> tuple[tuple[str, str], ...]:
    """Give the steps of time that a basis knows."""
    return tuple(each for each in GRAINS if not (question.of_bills and each[0] == "hour"))


def measures(question: CostQuestion) -> tuple[tuple[str, str], ...]:
    """Give what a chart may show on a basis; bills count no calls."""
    return MEASURES[:1] if question.of_bills else MEASURES


def groupings(question: CostQuestion) -> list[Select]:
    """Give a select for each dimension that is chosen, and one for the next."""
    selects = []
    for place in range(min(len(question.by) + 1, MOST_DIMENSIONS)):
        chosen = question.by[place] if place < len(question.by) else ""
        others = {*question.by} - {chosen}
        options = tuple((name, name.capitalize()) for name in DIMENSIONS if name not in others)
        empty = "Nothing" if place == 0 else "Nothing more"
        label = "Group by" if place == 0 else "then by"
        selects.append(Select("by", label, (("", empty), *options), chosen))
    return selects


def chips(asked: Asked) -> list[Chip]:
    """Give the filters that hold, one for each value."""
    question = asked.question
    return [
        Chip(
            f"{dimension.capitalize()}: {read_as(value, labels(dimension))}",
            asked.about(question.without(dimension, value)).address,
        )
        for dimension, values in question.filters.items()
        for value in values
    ]


def read_as(value: str, names: Mapping[str, str]) -> str:
    """Write a value for people."""
    return "Not attributed" if value == UNALLOCATED else names.get(value, value)


def narrowing(asked: Asked) -> Narrowing:
    """Offer the values of the chosen dimension, dearest first, under the other filters.

    Archived values are not offered. Raises TookTooLong when they cannot be read soon enough.
    """
    dimension = asked.narrow_by
    question = asked.question.without(dimension).grouped_by(dimension)
    if question.reaches_too_far:
        return Narrowing(dimension, (), readable=False)
    with patience(PATIENCE):
        found = [piece for piece in pieces(question.scope, keep=OFFERED) if not piece.is_folded]
    found.sort(key=lambda piece: (piece.values == (UNALLOCATED,), -piece.measures.cost))
    archived = DimensionValue.objects.filter(dimension=dimension, archived_at__isnull=False)
    gone = set(archived.values_list("value", flat=True))
    values = [value for piece in found for value in piece.values if value and value not in gone]
    names = labels(dimension)
    options = tuple((value, read_as(value, names)) for value in values)
    return Narrowing(dimension, options, readable=True)
