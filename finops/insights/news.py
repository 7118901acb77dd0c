"""What appeared for the first time: a workflow, feature, team, customer or model never seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from psycopg import sql

from finops.attribution.values import canonical
from finops.domain.windows import Window
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.sql import load_sql, once_in_snapshot, snapshot

#: Which partition of the narrow rollups knows the values, and in which column.
_HELD_IN: Final[Mapping[str, tuple[str, str]]] = {
    "workflow": ("workflow", "value"),
    "feature": ("feature", "value"),
    "team": ("team", "value"),
    "customer": ("customer", "value"),
    "model": ("team", "model"),
}
#: Every dimension that can have news; customers come every day, so pages leave them out.
EVERY_DIMENSION: Final = tuple(_HELD_IN)
_USUAL: Final = tuple(name for name in EVERY_DIMENSION if name != "customer")
#: How many newcomers of a dimension are told apart.
_MOST: Final = 5


class Newcomer(NamedTuple):
    """A value never seen before the window, and its calls and cost within it; None: no price."""

    dimension: str
    value: str
    first_day: date
    calls: int
    unpriced_calls: int
    cost: Decimal | None


def newcomers(window: Window, dimensions: Sequence[str] = _USUAL) -> list[Newcomer]:
    """Give what is new in the window, dearest first; nothing when there was no data before it.

    Another spelling of a known value, merged into it, is not new.
    """
    first = first_day()
    if first is None or first >= window.since:
        return []
    found = [new for dimension in dimensions for new in _of(dimension, window)]
    return sorted(found, key=lambda new: -(new.cost or 0))


@once_in_snapshot
def first_day() -> date | None:
    """Give the first day that has calls; None for an empty ledger."""
    with snapshot() as cursor:
        cursor.execute(load_sql("insights/first_day.sql"))
        day: date | None = cursor.fetchone()[0]
        return day


def _of(dimension: str, window: Window) -> list[Newcomer]:
    held_in, column = _HELD_IN[dimension]
    merged = canonical(dimension) if dimension in NAMED_DIMENSIONS else {}
    with snapshot() as cursor:
        cursor.execute(
            load_sql("insights/first_seen.sql").format(value=sql.Identifier(column)),
            {
                "dimension": held_in,
                "since": window.since,
                "until": window.until,
                "limit": _MOST + len(merged),
            },
        )
        found = [Newcomer(dimension, *row) for row in cursor.fetchall()]
    return [new for new in found if new.value not in merged][:_MOST]
