"""Read the rows that imports could not take: one import's in order, or all of them by cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection

from ingest.models import RejectedRow

#: Only so many of the newest rejected rows are grouped: one wrong file may hold millions.
NEWEST: Final = 50_000
#: Groups and examples shown at most.
GROUPS: Final = 100
EXAMPLES: Final = 3


def rejects(import_id: int) -> Iterator[Mapping[str, object]]:
    """Yield ``{"line", "reason", "field", "raw"}`` in file order, streaming."""
    rows = RejectedRow.objects.filter(parent_id=import_id).order_by("line", "pk")
    yield from rows.values("line", "reason", "field", "raw").iterator(chunk_size=2_000)


class RejectExample(NamedTuple):
    """One rejected row of a group."""

    import_id: int
    line: int
    raw: str


class RejectGroup(NamedTuple):
    """Rejected rows with one cause; ``reason`` has ``…`` where they differ in a number."""

    reason: str
    field: str
    rows: int
    imports: int
    last_seen: datetime
    examples: tuple[RejectExample, ...]


_GROUPS: Final = """
WITH newest AS (
    SELECT id, parent_id, line, reason, field FROM ingest_rejectedrow
    ORDER BY id DESC LIMIT %(newest)s
), grouped AS (
    SELECT
        regexp_replace(newest.reason, '[0-9]+', '…', 'g') AS cause,
        newest.field,
        count(*) AS rows,
        count(DISTINCT newest.parent_id) AS imports,
        max(newest.parent_id) AS last_import,
        (array_agg(newest.id ORDER BY newest.id DESC))[1:%(examples)s] AS examples
    FROM newest
    WHERE %(source)s = 0 OR newest.parent_id IN (
        SELECT id FROM ingest_import WHERE source_id = %(source)s
    )
    GROUP BY cause, newest.field
    ORDER BY rows DESC, cause, newest.field
    LIMIT %(groups)s
)
SELECT grouped.cause, grouped.field, grouped.rows, grouped.imports, ingest_import.created_at,
    grouped.examples
FROM grouped JOIN ingest_import ON ingest_import.id = grouped.last_import
ORDER BY grouped.rows DESC, grouped.cause, grouped.field
"""


def reject_groups(source_id: int = 0) -> list[RejectGroup]:
    """Group the newest rejected rows, of one source or of all, by reason and field."""
    with connection.cursor() as cursor:
        cursor.execute(
            _GROUPS,
            {"newest": NEWEST, "examples": EXAMPLES, "groups": GROUPS, "source": source_id},
        )
        found = cursor.fetchall()
    chosen = [row_id for *_, examples in found for row_id in examples]
    rows = RejectedRow.objects.in_bulk(chosen)
    return [
        RejectGroup._make((*causes, tuple(_example(rows[one]) for one in wanted if one in rows)))
        for *causes, wanted in found
    ]


def _example(row: RejectedRow) -> RejectExample:
    return RejectExample(row.parent_id, row.line, row.raw)
