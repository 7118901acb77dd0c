"""Which workflows of a list are wanted: by name, by how their budget stands, by who owns them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Self

from django.http import QueryDict

from finops.insights.standings import STALE, Standing
from finops.insights.workflows import Ranked, Workflows
from finops.models.budgets import GREEN, NONE, RED, YELLOW

HEADING: Final = "heading"
#: What a list can be narrowed to, with the words of the choice.
STATUSES: Final = {
    RED: "Red",
    HEADING: "Heading for a line",
    YELLOW: "Yellow",
    GREEN: "Green",
    STALE: "Stale",
    NONE: "No budget",
}
NOBODY: Final = "Nobody"
_LONGEST: Final = 200


class Narrowing(NamedTuple):
    """What was asked for besides a period; empty texts keep everything."""

    words: str
    status: str
    owner: str

    @classmethod
    def read(cls, given: QueryDict) -> Self:
        """Read it from an address; a status that does not exist is none."""
        words, status, owner = (
            given.get(name, "").replace("\0", "").strip()[:_LONGEST]
            for name in ("q", "status", "owner")
        )
        return cls(words, status if status in STATUSES else "", owner)

    def keep(self, seen: Workflows, own: Mapping[str, Standing]) -> list[Ranked]:
        """Give the workflows that are wanted; ``own`` are the standings of their budgets."""
        return [
            each
            for each in seen.named(self.words)
            if (not self.status or stands(own.get(each.part.value), self.status))
            and (not self.owner or (each.owner or NOBODY) == self.owner)
        ]

    def choices(self, seen: Workflows, *, any_budget: bool) -> list[dict[str, Any]]:
        """Give the selects of the filter bar, where there is something to choose from."""
        found = []
        if any_budget or self.status:
            values = list(STATUSES.items())
            found.append(_choice("status", "Budget", "Any status", values, self.status))
        owners = {each.owner or NOBODY for each in seen.ranked}
        if owners - {NOBODY} or self.owner:
            names = sorted(owners | {self.owner} - {""}, key=str.casefold)
            values = [(name, name) for name in names]
            found.append(_choice("owner", "Owner", "All owners", values, self.owner))
        return found


def stands(own: Standing | None, status: str) -> bool:
    """Say whether a budget stands so; stale and heading stand beside the colour."""
    if own is None:
        return status == NONE
    if status == STALE:
        return own.stale
    return bool(own.heading_for) if status == HEADING else own.status == status


def _choice(
    name: str, label: str, everything: str, values: list[tuple[str, str]], chosen: str
) -> dict[str, Any]:
    return {"name": name, "label": label, "all": everything, "values": values, "chosen": chosen}
