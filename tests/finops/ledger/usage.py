"""Small files of usage, their import, and the ledger's state without the numbers it gave out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from django.db import connection, transaction

from finops.domain.measures import Measures
from finops.ledger.delete import Deleted, delete_import
from finops.rollups.parity import parity
from finops.rollups.queries import Scope, costs
from finops.rollups.refresh import refresh
from ingest.formats import format_named
from ingest.models import Import
from ingest.pipeline import queue_import, run_import

Row = Mapping[str, object]

CALL = {
    "time": "2026-11-01T10:00:00Z",
    "provider": "openai",
    "model": "gpt-4o",
    "input_tokens": 1000,
    "output_tokens": 500,
}
#: What `CALL` costs on the seeded price book: 1,000 at $2.50 and 500 at $10 per million.
PRICE = Decimal("0.0075")

PROJECTIONS = (
    "cost_by_hour",
    "cost_by_day",
    "cost_by_day_full",
    "runs",
    "run_workflows",
    "run_cost_sketch",
)
_NUMBERS = "{id,import_id,line,source_id,url_id,call_id,refreshed_at}"


def call(**fields: object) -> dict[str, object]:
    """A call of the native format; None takes a field out."""
    return {name: value for name, value in (CALL | fields).items() if value is not None}


def json_lines(rows: Iterable[Row]) -> bytes:
    """The rows as a file of JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def queued(path: Path | str, **options: object) -> Import:
    """An import that waits to be run."""
    return queue_import(str(path), dict(options), now=datetime.now(UTC))


def import_bytes(data: bytes, *, name: str = "calls.jsonl", **options: object) -> Import:
    """Import a file that holds ``data``; the rollups are left as they are."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return run_import(queued(path, **options))


def import_rows(*rows: Row, **options: object) -> Import:
    """Import the rows as one file and bring the rollups up to date."""
    job = import_bytes(json_lines(rows), **options)
    refresh()
    return job


def forget(job: Import) -> Deleted:
    """Delete an import, and bring the rollups up to date."""
    job.refresh_from_db()
    with transaction.atomic():
        deleted = delete_import(job.pk, keep=format_named(job.format).keep)
    refresh()
    return deleted


def total() -> Measures:
    """Everything that is counted, from the rollups."""
    return costs(Scope()).total


def read(query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def state() -> dict[str, list[str]]:
    """The calls and their projections, without numbers that depend on who came first, or when."""
    return {
        table: [
            text
            for (text,) in read(
                f"SELECT ((to_jsonb(told) - '{_NUMBERS}'::text[])"
                " || jsonb_build_object('source', source.name))::text"
                f" FROM {table} AS told LEFT JOIN finops_source AS source"
                f" ON {'source.id = told.source_id' if _has_source(table) else 'false'} ORDER BY 1"
            )
        ]
        for table in ("calls", *PROJECTIONS)
    }


def _has_source(table: str) -> bool:
    return table in {"calls", "cost_by_day_full", "runs"}


def assert_whole(job: Import) -> None:
    """Every row of a file has exactly one fate."""
    fates = job.accepted + job.duplicates + job.superseded + job.rejected + job.skipped
    assert job.rows == fates


def assert_parity() -> None:
    """Every rollup agrees with the calls, and nothing waits."""
    found = parity()
    assert (found.differences, found.marks) == ((), 0)


def another_connection() -> psycopg.Connection[Any]:
    """A second session of the same database, for what another process would do."""
    parameters = connection.get_connection_params()
    return psycopg.connect(
        **{
            name: parameters[name]
            for name in ("host", "port", "user", "password", "dbname")
            if parameters.get(name)
        }
    )
