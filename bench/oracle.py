"""An independent engine: DuckDB over the same calls, exact to the last digit."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from finops.rollups.queries import Scope

#: Decimals of an amount; 18 digits are left before the point.
SCALE: Final = 20
INPUT: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "input_image_tokens",
)
OUTPUT: Final = ("output_tokens", "reasoning_tokens", "output_audio_tokens")
COLUMNS: Final = {
    "started_at": "TIMESTAMP",
    "source": "VARCHAR",
    **dict.fromkeys(("requests", *INPUT, *OUTPUT), "BIGINT"),
    **dict.fromkeys(("cost", "reported_cost"), f"DECIMAL(38, {SCALE})"),
    **dict.fromkeys(("cost_source", "currency", "provider", "model", "status"), "VARCHAR"),
    **dict.fromkeys(("environment", "feature", "team", "customer"), "VARCHAR"),
    **dict.fromkeys(("user", "workflow", "step"), "VARCHAR"),
}
_SPELLINGS: Final = {
    "started_at": "calls.started_at AT TIME ZONE 'UTC'",
    "source": "source.name",
    "user": "calls.end_user",
}
Answer = dict[tuple[str | None, ...], Measures]


def _sum(*columns: str, where: str = "true") -> str:
    added = " + ".join(f"coalesce({column}, 0)" for column in columns)
    return f"coalesce(sum({added}) FILTER (WHERE {where}), 0)"


_SAID: Final = "reported_cost IS NOT NULL AND currency = 'USD'"
#: The measures, written down a second time on purpose.
MEASURES: Final = {
    "calls": _sum("requests"),
    "unpriced_calls": _sum("requests", where="cost IS NULL"),
    "reported_calls": _sum("requests", where=_SAID),
    "input_tokens": _sum(*INPUT),
    "cache_read_tokens": _sum("cache_read_tokens"),
    "cache_write_tokens": _sum("cache_write_tokens", "cache_write_1h_tokens"),
    "cache_write_1h_tokens": _sum("cache_write_1h_tokens"),
    "output_tokens": _sum(*OUTPUT),
    "reasoning_tokens": _sum("reasoning_tokens"),
    "cost": _sum("cost"),
    "counted_reported": _sum("cost", where="cost_source = 'reported'"),
    "reported_cost": _sum("reported_cost", where=_SAID),
}


def export(cursor: CursorWrapper, path: Path) -> None:
    """Write the calls of meters as CSV. Raises ValueError for an amount with too many decimals."""
    cursor.execute("SELECT max(greatest(scale(trim_scale(cost)), scale(reported_cost))) FROM calls")
    (decimals,) = cursor.fetchone()
    if decimals is not None and decimals > SCALE:
        raise ValueError(f"an amount has {decimals} decimals; the oracle holds {SCALE}")
    columns = ", ".join(_SPELLINGS.get(name, f"calls.{name}") for name in COLUMNS)
    query = (
        f"COPY (SELECT {columns} FROM calls JOIN finops_source AS source"
        " ON source.id = calls.source_id WHERE source.role = 'meter') TO STDOUT (FORMAT csv)"
    )
    with cursor.copy(query) as rows, path.open("wb") as out:
        for block in rows:
            out.write(block)


class Oracle:
    """Answers scopes from the exported calls. The zone's offset must be the same all the time."""

    def __init__(
        self, engine: duckdb.DuckDBPyConnection, *, offset: timedelta = timedelta(0)
    ) -> None:
        self._engine = engine
        minutes = int(offset.total_seconds() // 60)
        self._local = f"(started_at + INTERVAL ({minutes}) MINUTE)"
        sign, minutes = ("+", minutes) if minutes >= 0 else ("-", -minutes)
        zone = f"{sign}{minutes // 60:02}:{minutes % 60:02}"
        self._periods = {
            "total": "NULL",
            "hour": f"strftime(date_trunc('hour', {self._local}), '%Y-%m-%dT%H:%M:%S{zone}')",
            "day": f"strftime({self._local}, '%Y-%m-%d')",
            "month": f"strftime({self._local}, '%Y-%m')",
        }

    def load(self, path: Path) -> None:
        """Take in an export."""
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
        self._engine.execute(
            "CREATE TABLE calls AS SELECT * FROM"
            f" read_csv(?, header = false, nullstr = '', columns = {{{types}}})",
            [str(path)],
        )

    def answer(self, scope: Scope) -> Answer:
        """Give the measures per group, keyed by its values and its period."""
        groups = [f"coalesce(\"{name}\", '{UNALLOCATED}')" for name in scope.by]
        groups.append(self._periods[scope.grain])
        conditions = ["true"]
        if scope.since:
            conditions.append(f"{self._local} >= DATE '{scope.since}'")
        if scope.until:
            conditions.append(f"{self._local} < DATE '{scope.until}'")
        rows = self._engine.execute(
            f"SELECT {', '.join((*groups, *MEASURES.values()))} FROM calls"
            f" WHERE {' AND '.join(conditions)} GROUP BY ALL"
        ).fetchall()
        return {row[: len(groups)]: _measures(row[len(groups) :]) for row in rows}


def answer_of(scope: Scope) -> Answer:
    """Give Costline's own answer in the same shape. Raises ValueError when a group comes twice."""
    from finops.rollups.queries import costs

    rows = costs(scope).rows
    answer: Answer = {(*row.values, row.period): row.measures for row in rows}
    if len(answer) != len(rows):
        raise ValueError(f"a group is told twice: {scope}")
    return answer


def _measures(sums: tuple[Any, ...]) -> Measures:
    named = dict(zip(MEASURES, sums, strict=True))
    # DuckDB gives sums of integers as HUGEINT, which arrives as int, and of decimals as Decimal.
    return Measures(**named)
