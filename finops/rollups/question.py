"""What a page or figure was asked: the period, what to compare it with, and filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from finops.domain.windows import Period, period
from finops.models import Organization

#: Dimensions that any page may be narrowed to; the rollups answer each of them at once.
FILTERS: Final = ("team", "feature", "customer", "workflow", "model", "provider", "environment")
#: How long a value in an address may be; the ledger's own limit.
_LONGEST: Final = 500


@dataclass(frozen=True)
class Question:
    """A period with filters, as of an instant; ``query`` spells it as an address does."""

    period: Period
    organization: Organization
    now: datetime
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The reporting zone, in which days are cut."""
        return self.organization.zone

    @property
    def currency(self) -> str:
        """The reporting currency."""
        return self.organization.currency

    @property
    def query(self) -> str:
        """The query string that asks this again, without its ``?``."""
        pairs = [("period", self.period.key), ("against", self.period.against)]
        pairs += [(name, value) for name, values in self.filters.items() for value in values]
        return urlencode(pairs)

    def narrowed(self, **filters: str) -> Self:
        """Ask the same with these filters besides."""
        return replace(self, filters={**self.filters, **{k: (v,) for k, v in filters.items()}})


def read_question(
    asked: Mapping[str, Sequence[str]],
    *,
    now: datetime,
    organization: Organization,
    filters: Iterable[str] = FILTERS,
) -> Question:
    """Read a query string (each name with all its values). Raises ValueError saying what is wrong.

    Unknown names are left alone: a page may have parameters of its own.
    """
    found = {
        name: tuple(value for value in asked.get(name, ()) if value)
        for name in filters
        if any(asked.get(name, ()))
    }
    if any(len(value) > _LONGEST or "\0" in value for values in found.values() for value in values):
        raise ValueError(f"a filter has at most {_LONGEST} characters")
    wanted = period(
        _last(asked, "period", ""),
        now,
        organization.zone,
        against=_last(asked, "against", "previous"),
    )
    return Question(wanted, organization, now, found)


def _last(asked: Mapping[str, Sequence[str]], name: str, otherwise: str) -> str:
    values = asked.get(name) or (otherwise,)
    return values[-1] or otherwise
