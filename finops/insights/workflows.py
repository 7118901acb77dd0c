"""All workflows of a period in order of their spend: which few make up most of it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.domain.money import exact_sum
from finops.insights.overview import Part, parts_of, with_weeks
from finops.models import DimensionValue
from finops.rollups.question import Question
from finops.sql import snapshot

Order = Literal["spend", "change", "calls", "name"]
ORDERS: Final[Sequence[Order]] = ("spend", "change", "calls", "name")


class Ranked(NamedTuple):
    """A workflow, its place by spend, what all down to it cost together, and who answers for it."""

    rank: int
    part: Part
    so_far: Decimal
    owner: str
    archived: bool


class Workflows(NamedTuple):
    """Every workflow of the period and of the one before, dearest first.

    ``ranked`` and ``unattributed`` sum exactly to ``now``, and so do those before.
    """

    now: Measures
    before: Measures
    ranked: tuple[Ranked, ...]
    unattributed: Part

    def named(self, words: str) -> list[Ranked]:
        """Keep those whose name or value has the words, whatever their case."""
        wanted = words.casefold()
        return [
            each
            for each in self.ranked
            if wanted in each.part.name.casefold() or wanted in each.part.value.casefold()
        ]


def workflows(question: Question) -> Workflows:
    """Read all workflows of a question; its filters narrow the calls that are counted."""
    with snapshot():
        parts = parts_of(question, "workflow")
        described = _described()
    ranked: list[Ranked] = []
    so_far = Decimal(0)
    for part in parts:
        if part.value != UNALLOCATED:
            so_far = exact_sum((so_far, part.now.cost))
            owner, archived = described.get(part.value, ("", False))
            ranked.append(Ranked(len(ranked) + 1, part, so_far, owner, archived))
    nothing = Part(UNALLOCATED, UNALLOCATED, Measures(), Measures())
    return Workflows(
        now=Measures.sum_of(part.now for part in parts),
        before=Measures.sum_of(part.before for part in parts),
        ranked=tuple(ranked),
        unattributed=next((part for part in parts if part.value == UNALLOCATED), nothing),
    )


def in_order(found: Sequence[Ranked], order: Order, *, reverse: bool = False) -> list[Ranked]:
    """Sort: amounts from the largest, names from A; ``reverse`` turns it round."""
    if order == "name":
        found = sorted(found, key=lambda each: (each.part.name.casefold(), each.part.value))
        return found[::-1] if reverse else found
    keys = {
        "spend": lambda each: -each.rank,
        "change": lambda each: each.part.change,
        "calls": lambda each: each.part.now.calls,
    }
    return sorted(found, key=keys[order], reverse=not reverse)


def drawn(question: Question, shown: Sequence[Ranked]) -> list[Ranked]:
    """Give the same workflows with their last weeks, for the sparkline beside each."""
    weekly = with_weeks(question, "workflow", [each.part for each in shown])
    return [each._replace(part=part) for each, part in zip(shown, weekly, strict=True)]


def _described() -> Mapping[str, tuple[str, bool]]:
    """Map workflows to the name of their technical owner, and whether they are archived."""
    rows = DimensionValue.objects.filter(dimension="workflow").values_list(
        "value", "technical_owner__name", "technical_owner__email", "archived_at"
    )
    return {value: (name or email or "", bool(gone)) for value, name, email, gone in rows}
