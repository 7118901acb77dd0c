"""Deliveries of several parts are one import: one bill, or nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from finops.models import BillSnapshot, Source
from ingest import pipeline
from ingest.models import Import
from ingest.pipeline import run_import
from tests.finops.bills.charges import assert_agreement, billed
from tests.finops.ledger.usage import call, json_lines, queued
from tests.ingest.bills import bill_at, bill_row

pytestmark = pytest.mark.usefixtures("ledger")


def parts_at(folder: Path, *sizes: int) -> list[str]:
    """Write part files of rows of $10 each."""
    names = []
    for number, size in enumerate(sizes):
        rows = [bill_row(ChargeDescription=f"{number}-{row}") for row in range(size)]
        names.append(bill_at(folder, *rows, name=f"part-{number}.csv").name)
    return names


def manifest_at(folder: Path, names: list[str]) -> Path:
    path = folder / "Manifest.json"
    path.write_text(json.dumps({"reportKeys": [f"bucket/prefix/{name}" for name in names]}))
    return path


def ingest(*arguments: object) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("ingest", *map(str, arguments), "--json", stdout=out)
    imports: list[dict[str, Any]] = json.loads(out.getvalue())["imports"]
    return imports


def test_all_parts_become_one_snapshot_whatever_their_order(tmp_path: Path) -> None:
    names = parts_at(tmp_path, 3, 2, 4)
    manifest = manifest_at(tmp_path, [names[2], names[0], names[1], names[0]])

    job = run_import(queued(manifest))

    assert (job.status, job.rows, job.accepted) == ("done", 9, 9)
    assert billed() == Decimal(90)
    assert BillSnapshot.objects.count() == 1
    assert_agreement()

    manifest_at(tmp_path, names)
    again = run_import(queued(manifest))

    assert (again.status, again.duplicates) == ("done", 9)
    assert BillSnapshot.objects.count() == 1


def test_a_delivery_that_lacks_a_part_publishes_nothing(tmp_path: Path) -> None:
    names = parts_at(tmp_path, 3, 2)
    run_import(queued(manifest_at(tmp_path, names)))
    (tmp_path / names[1]).unlink()

    job = run_import(queued(tmp_path / "Manifest.json"))

    assert (job.status, job.rows) == ("failed", 0)
    assert names[1] in job.error
    assert billed() == Decimal(50)


def test_a_delivery_goes_on_in_the_part_where_its_worker_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 4)
    job = queued(manifest_at(tmp_path, parts_at(tmp_path, 5, 5, 5)))

    class Killed(BaseException):
        pass

    def die(_: Import, __: object) -> None:
        if Import.objects.filter(resume_point__gt=6).exists():
            raise Killed

    with pytest.raises(Killed):
        run_import(job, progress=die)
    staged = Import.objects.get().rows
    Import.objects.update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))
    batches: list[Import] = []
    run_import(job, progress=lambda job, _: batches.append(job))

    assert 4 < staged < 15
    assert len(batches) < 4
    assert (job.status, job.rows, job.accepted) == ("done", 15, 15)
    assert billed() == Decimal(150)
    assert_agreement()


def test_the_command_tells_deliveries_from_files(tmp_path: Path) -> None:
    (tmp_path / "bill").mkdir()
    parts_at(tmp_path / "bill", 2, 1)
    (tmp_path / "calls.jsonl").write_bytes(json_lines([call()]))

    told = ingest(tmp_path)

    assert [(one["kind"], one["rows"]) for one in told] == [("billing", 3), ("usage", 1)]
    assert told[0]["path"] == str(tmp_path / "bill")
    assert billed() == Decimal(30)

    files = [tmp_path / "bill" / "part-1.csv", tmp_path / "bill" / "part-0.csv"]
    (again,) = ingest("--delivery", *files, "--source", "again")

    assert (again["rows"], again["accepted"]) == (3, 3)
    assert set(Source.objects.values_list("name", flat=True)) == {"focus", "again", "costline"}
