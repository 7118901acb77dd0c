"""Compare every rollup with the calls, to the last digit.

Rollups are projections, so a difference is a bug, or a table that somebody changed by hand; only
what a pending stale mark will recompute may differ, and is told apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psycopg import sql

from finops.domain.measures import COLUMNS
from finops.models import Organization
from finops.rollups import measures
from finops.rollups.registry import FULL_DAY, ROLLUPS, Narrow
from finops.sql import load_sql, snapshot

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Differing rows that are listed per rollup; all of them are counted.
LISTED: Final = 100


class Difference(NamedTuple):
    """One measure of one row. None on a side = that side has no such row, or no value.

    ``rollup`` and ``calls`` are PostgreSQL's own text: exact, whatever the type. ``pending`` = a
    stale mark will have the row recomputed.
    """

    table: str
    key: dict[str, Any]
    measure: str
    rollup: str | None
    calls: str | None
    pending: bool

    def as_json(self) -> dict[str, Any]:
        """Give the difference as plain values."""
        return self._asdict()


class Parity(NamedTuple):
    """What a comparison found.

    ``rows`` counts the differing rows of each table that has any, ``differences`` lists the first
    of them. ``marks`` stale hours wait for a refresh, from ``stale_from`` to ``stale_to``.
    """

    differences: tuple[Difference, ...]
    rows: dict[str, int]
    marks: int
    stale_from: datetime | None
    stale_to: datetime | None

    @property
    def wrong(self) -> tuple[Difference, ...]:
        """Differences that no refresh will mend."""
        return tuple(found for found in self.differences if not found.pending)

    @property
    def holds(self) -> bool:
        """Say whether every rollup agrees with the calls, but for what waits for a refresh."""
        return not self.wrong

    def as_json(self) -> dict[str, Any]:
        """Give the finding as plain values, instants in RFC 3339."""
        return {
            "holds": self.holds,
            "differing_rows": self.rows,
            "differences": [found.as_json() for found in self.differences],
            "stale": {
                "marks": self.marks,
                "from": self.stale_from.isoformat() if self.stale_from else None,
                "to": self.stale_to.isoformat() if self.stale_to else None,
            },
        }


class _Check(NamedTuple):
    """One comparison: what the rollup holds and what the calls say, by the same key.

    ``reach`` is the first and the last instant that a row depends on, as SQL over both sides.
    """

    name: str
    keys: tuple[str, ...]
    measures: tuple[str, ...]
    rollup: sql.Composable
    calls: sql.Composable
    reach: tuple[str, str]


def parity(*, listed: int = LISTED) -> Parity:
    """Compare all rollups with the calls in one snapshot; reads every call several times.

    At most ``listed`` differing rows are listed per rollup, keys in order.
    """
    with snapshot() as cursor:
        organization = Organization.current()
        parameters = {
            "zone": organization.time_zone,
            "currency": organization.currency,
            "limit": listed,
        }
        differences: list[Difference] = []
        rows: dict[str, int] = {}
        for check in _checks():
            found = _differing(cursor, check, parameters)
            if found:
                rows[check.name] = found[0][1]
                differences += [_difference(check.name, row) for row in found]
        cursor.execute(load_sql("rollups/parity_pending.sql"))
        return Parity(tuple(differences), rows, *cursor.fetchone())


def _differing(
    cursor: CursorWrapper, check: _Check, parameters: dict[str, Any]
) -> list[tuple[Any, ...]]:
    start, end = (_text(instant) for instant in check.reach)
    statement = load_sql("rollups/parity.sql").format(
        keys=_names(check.keys),
        key_pairs=sql.SQL(", ").join(
            sql.SQL("{}, {}").format(sql.Literal(name), sql.Identifier(name)) for name in check.keys
        ),
        row_start=start,
        row_end=end,
        rollup=check.rollup,
        calls=check.calls,
        rollup_measures=_names(check.measures, "held"),
        call_measures=_names(check.measures, "due"),
        pairs=sql.SQL(", ").join(map(_pair, check.measures)),
    )
    cursor.execute(statement, parameters)
    return list(cursor.fetchall())


def _difference(table: str, row: tuple[Any, ...]) -> Difference:
    _, _, key, pending, measure, rollup, calls = row
    # Django leaves jsonb as text to its own fields.
    return Difference(table, json.loads(key), measure, rollup, calls, pending)


def _pair(measure: str) -> sql.Composed:
    """Put a measure's two values side by side; compared as they are, shown as text."""
    return sql.SQL("({}, {a}::text, {b}::text, {a} IS DISTINCT FROM {b})").format(
        sql.Literal(measure),
        # Parentheses: columns of a row value, not of a table.
        a=sql.SQL("(held).{}").format(sql.Identifier(measure)),
        b=sql.SQL("(due).{}").format(sql.Identifier(measure)),
    )


_HOUR: Final = "date_trunc('hour', calls.started_at, %(zone)s)"
_DAY: Final = "(calls.started_at AT TIME ZONE %(zone)s)::date"
_HOUR_REACH: Final = ("hour", "hour + interval '59 minutes'")
_DAY_REACH: Final = (
    "day::timestamp AT TIME ZONE %(zone)s",
    "(day + 1)::timestamp AT TIME ZONE %(zone)s - interval '1 minute'",
)
#: A part of a run does not say where the run ends.
_PART_REACH: Final = ("least(held.started_at, due.started_at)", "'infinity'::timestamptz")
_RUN_REACH: Final = (
    "least(held.started_at, due.started_at)",
    "greatest(held.ended_at, due.ended_at)",
)
#: Any mark may move a run to another day, and changes a total.
_ANY_REACH: Final = ("'-infinity'::timestamptz", "'infinity'::timestamptz")

_RUN_MEASURES: Final = (
    "url_id",
    "started_at",
    "ended_at",
    "cost",
    "calls",
    "steps",
    "failed_calls",
    "repeated_steps",
    "cost_of_failed",
)


def _checks() -> Iterator[_Check]:
    """Name all comparisons, cheap and telling ones first."""
    yield from _totals()
    for rollup in ROLLUPS:
        yield _narrow("cost_by_day", rollup, "day", _DAY, _DAY_REACH)
        yield _narrow("cost_by_hour", rollup, "hour", _HOUR, _HOUR_REACH)
    yield _full_days()
    yield from _runs()


def _totals() -> Iterator[_Check]:
    """Everything that each rollup holds, against all calls: no row may hide from its key."""
    tables = [(table, rollup) for table in ("cost_by_day", "cost_by_hour") for rollup in ROLLUPS]
    sides = [
        (f"{table} {rollup.dimension}", f"{table}_{rollup.dimension}") for table, rollup in tables
    ]
    for name, table in (*sides, ("cost_by_day_full", "cost_by_day_full")):
        # A sum over nothing is one row of nulls where the calls give zeros.
        held = sql.SQL("SELECT 'all' AS total, {} FROM {} HAVING count(*) > 0").format(
            measures.over_rollup(), sql.Identifier(table)
        )
        yield _Check(
            f"{name} in total", ("total",), COLUMNS, held, _by({"total": "'all'"}), _ANY_REACH
        )


def _narrow(
    table: str, rollup: Narrow, bucket: str, instant: str, reach: tuple[str, str]
) -> _Check:
    named = rollup.dimension != "total"
    groups = {
        "value": _COLUMNS[rollup.dimension] if named else "''::text",
        bucket: instant,
        "model": "calls.model" if rollup.by_model else "''::text",
    }
    held = sql.SQL("SELECT * FROM {}").format(sql.Identifier(f"{table}_{rollup.dimension}"))
    name = f"{table} {rollup.dimension}"
    return _Check(name, tuple(groups), COLUMNS, held, _by(groups), reach)


def _full_days() -> _Check:
    columns = ["source_id" if name == "source" else name for name in FULL_DAY]
    groups = {name: _COLUMNS.get(name, f"calls.{name}") for name in columns} | {"day": _DAY}
    # The table has no key of its own: a row that stands there twice must be seen.
    held = sql.SQL("SELECT {}, {} FROM cost_by_day_full GROUP BY {}").format(
        _names(tuple(groups)), measures.over_rollup(), _names(tuple(groups))
    )
    return _Check("cost_by_day_full", tuple(groups), COLUMNS, held, _by(groups), _DAY_REACH)


def _runs() -> Iterator[_Check]:
    parts = load_sql("rollups/parity_run_workflows.sql")
    sketch = load_sql("rollups/parity_run_cost_sketch.sql").format(run_workflows=parts)
    runs = load_sql("rollups/parity_runs.sql")
    key = ("source_id", "run")
    yield _Check("runs", key, _RUN_MEASURES, sql.SQL("SELECT * FROM runs"), runs, _RUN_REACH)
    yield _Check(
        "run_workflows",
        ("url_id", "workflow"),
        ("started_at", "cost", "calls"),
        sql.SQL("SELECT * FROM run_workflows"),
        parts,
        _PART_REACH,
    )
    yield _Check(
        "run_cost_sketch",
        ("workflow", "day", "bucket"),
        ("runs",),
        sql.SQL("SELECT * FROM run_cost_sketch"),
        sketch,
        _ANY_REACH,
    )


_COLUMNS: Final = {
    name: f"coalesce(calls.{name}, '')"
    for name in ("feature", "team", "customer", "workflow", "environment")
}


def _by(groups: dict[str, str]) -> sql.Composed:
    """Group the calls of meters; ``groups`` maps a key's name to its SQL."""
    return load_sql("rollups/parity_costs.sql").format(
        groups=sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(_text(column), sql.Identifier(name))
            for name, column in groups.items()
        ),
        measures=measures.over_calls(),
        numbers=_text(", ".join(str(place) for place in range(1, len(groups) + 1))),
    )


def _names(names: tuple[str, ...], table: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.Identifier(table, name) if table else sql.Identifier(name) for name in names
    )


def _text(fragment: str) -> sql.SQL:
    """Compose from the constants of this module alone."""
    return sql.SQL(fragment)
