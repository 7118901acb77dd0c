"""Values of a dimension with what they cost and when they were seen, from the smallest rollup."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from psycopg import sql

from finops.models.dimensions import NAMED_DIMENSIONS
from finops.rollups.registry import ROLLUPS
from finops.sql import load_sql, snapshot

_NARROW: Final = frozenset(rollup.dimension for rollup in ROLLUPS)


class ValueRow(NamedTuple):
    """A value as it is read, with everything that was merged into it.

    ``cost`` and ``calls`` are of the period that was asked for, the days of all time; owners are
    names, empty when there is none.
    """

    value: str
    display_name: str
    calls: int
    unpriced_calls: int
    cost: Decimal
    first_seen: date | None
    last_seen: date | None
    business_owner: str
    technical_owner: str
    archived: bool
    merged_values: list[str]

    @property
    def known_cost(self) -> Decimal | None:
        """The cost, or None when not one call of it is priced: unpriced is never free."""
        return None if self.calls and self.calls == self.unpriced_calls else self.cost


class Activity(NamedTuple):
    """What stored values cost in all, and the first and last day on which a call had one."""

    first_seen: date | None
    last_seen: date | None
    calls: int
    unpriced_calls: int
    cost: Decimal

    @property
    def known_cost(self) -> Decimal | None:
        """The cost, or None when not one call of it is priced."""
        return None if self.calls and self.calls == self.unpriced_calls else self.cost


def list_values(
    dimension: str,
    *,
    since: date | None = None,
    search: str = "",
    archived: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[ValueRow], int]:
    """List values by what they cost from a day on, dearest first; gives them and how many match.

    ``search`` looks into values, display names and merged spellings. The missing value is not
    listed. Past the last one the list is empty and the count 0.
    """
    statement = load_sql("rollups/values.sql").format(
        spend=_spend(dimension),
        in_period=sql.SQL("day >= %(since)s" if since else "true"),
    )
    with snapshot() as cursor:
        cursor.execute(
            statement,
            {
                "dimension": dimension,
                "since": since,
                "search": search,
                "archived": archived,
                "limit": limit,
                "offset": offset,
            },
        )
        rows = cursor.fetchall()
    return [ValueRow(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def activity(dimension: str, stored: list[str]) -> Activity:
    """Sum up calls that carry one of the values exactly as they were sent."""
    statement = load_sql("rollups/value_activity.sql").format(spend=_spend(dimension))
    with snapshot() as cursor:
        cursor.execute(statement, {"dimension": dimension, "stored": stored})
        return Activity(*cursor.fetchone())


def _spend(dimension: str) -> sql.Composable:
    """Read value, day and sums of a dimension. Raises ValueError for one without names."""
    if dimension not in NAMED_DIMENSIONS:
        raise ValueError(f"values of {dimension} have no names")
    if dimension in _NARROW:
        return sql.SQL(
            "SELECT value, day, calls, unpriced_calls, cost FROM cost_by_day"
            " WHERE dimension = %(dimension)s"
        )
    return sql.SQL(
        "SELECT {} AS value, day, calls, unpriced_calls, cost FROM cost_by_day_full"
    ).format(sql.Identifier(dimension))
