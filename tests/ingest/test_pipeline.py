"""From a file to the ledger and its rollups."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from finops.rollups.queries import Scope, costs
from finops.rollups.refresh import refresh
from ingest.models import Import
from ingest.pipeline import queue_import, run_import

pytestmark = pytest.mark.usefixtures("ledger")


def call(**fields: object) -> dict[str, object]:
    return {
        "time": "2026-11-01T10:00:00Z",
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 1000,
        "output_tokens": 500,
        **fields,
    }


def import_rows(tmp_path: Path, *rows: dict[str, object], **options: object) -> Import:
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    job = run_import(queue_import(str(path), dict(options), now=datetime.now(UTC)))
    refresh()
    return job


def test_a_call_is_priced_and_found_again(tmp_path: Path) -> None:
    job = import_rows(tmp_path, call(id="1", feature="search"))

    answer = costs(Scope(by=("feature",)))

    assert (job.status, job.accepted) == ("done", 1)
    assert [(row.values, row.measures.cost) for row in answer.rows] == [
        (("search",), Decimal("0.0075"))
    ]


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    rows = [call(id="1"), call(), call()]
    import_rows(tmp_path, *rows)
    before = costs(Scope(by=("model",)))

    again = import_rows(tmp_path, *rows)

    assert (again.accepted, again.duplicates) == (0, 3)
    assert costs(Scope(by=("model",))) == before
