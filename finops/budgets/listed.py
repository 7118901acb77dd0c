"""Where a thousand budgets stand, in as few words as sorting and narrowing them needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from finops.budgets.standings import RANKS, rank, running
from finops.models import BudgetStanding

_ASKED = (
    "pk",
    "status",
    "stale",
    "heading_for",
    "actual",
    "budget__name",
    "budget__period",
    "budget__scope__team",
    "budget__owner",
    "budget__owner__name",
    "budget__owner__email",
)


class Place(NamedTuple):
    """One budget's running period; the team is that of its scope, if any."""

    pk: int
    status: str
    stale: bool
    heading_for: str
    actual: Decimal
    name: str
    period: str
    team: str | None
    owner: int | None
    owner_name: str | None
    owner_email: str | None

    @property
    def owned_by(self) -> str:
        """What its owner is called; empty without one."""
        return self.owner_name or self.owner_email or ""


def places(now: datetime) -> list[Place]:
    """List the running periods, gravest first, then by what was spent."""
    rows = [Place(*row) for row in running(now).values_list(*_ASKED)]
    return sorted(
        rows, key=lambda row: (RANKS.index(rank(row)), -row.actual, row.name.casefold(), row.pk)
    )


def standings_at(found: Iterable[Place]) -> list[BudgetStanding]:
    """Read the standings at some places whole, in their order, with budgets and owners."""
    wanted = [place.pk for place in found]
    rows = BudgetStanding.objects.select_related("budget__owner").in_bulk(wanted)
    return [rows[pk] for pk in wanted if pk in rows]
