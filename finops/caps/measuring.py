"""What runs come to against limits, call by call: one law for checking and for suggesting.

The statements in ``sql/`` work on tables that last for one transaction. ``held_runs`` is filled by
whoever asks; from there the steps are the same for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

_TABLES: Final = (
    "held_caps",
    "held_workflows",
    "held_runs",
    "held_calls",
    "held_links",
    "held_depths",
    "held_values",
)


class Limit(NamedTuple):
    """What runs are held against: ``key`` names it in the answer.

    ``stored`` are the stored workflows that it holds for. Runs that began before ``since`` are
    left alone; all from ``again_from`` on, when there is one, are held against it anew.
    """

    key: int
    kind: str
    limit: Decimal
    set_at: datetime
    stored: Sequence[str]
    since: datetime
    again_from: datetime | None = None


def lay_out(cursor: CursorWrapper, limits: Sequence[Limit]) -> None:
    """Write the limits down where the statements find them."""
    # Dropped by the commit too, but a caller's transaction may go on.
    cursor.execute(f"DROP TABLE IF EXISTS {', '.join(_TABLES)}")
    run(
        cursor,
        "held_caps",
        caps=[each.key for each in limits],
        kinds=[each.kind for each in limits],
        limits=[each.limit for each in limits],
        set_at=[each.set_at for each in limits],
        since=[each.since for each in limits],
        again_from=[each.again_from for each in limits],
    )
    spelled = [(each.key, workflow) for each in limits for workflow in each.stored]
    run(
        cursor,
        "held_workflows",
        owners=[key for key, _ in spelled],
        workflows=[workflow for _, workflow in spelled],
    )


def measure(cursor: CursorWrapper) -> None:
    """Follow the gathered runs through their calls; ``held_values`` says what each came to."""
    cursor.execute("ANALYZE held_runs")
    run(cursor, "gather_calls")
    cursor.execute("ANALYZE held_calls")
    run(cursor, "gather_links")
    cursor.execute("CREATE INDEX ON held_links (parent_id)")
    cursor.execute("ANALYZE held_links")
    run(cursor, "measure_depth")
    run(cursor, "measure")
    cursor.execute("ANALYZE held_values")


def run(cursor: CursorWrapper, statement: str, **parameters: Any) -> None:
    """Run one of the packaged statements."""
    cursor.execute(load_sql(f"caps/{statement}.sql").format(), parameters)
