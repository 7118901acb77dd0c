"""Taking imports up, taking them back, and clearing away what ended work left behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from finops.access.keys import count_request, create_key
from finops.ledger.sources import source_named
from finops.ledger.stage import import_stage
from finops.models import ApiKeyMinute, LeaseLost, Source
from finops.rollups.queries import Scope, costs
from ingest import tasks
from ingest.housekeeping import sweep
from ingest.models import Import
from ingest.pipeline import queue_import, run_import

pytestmark = pytest.mark.usefixtures("ledger")

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "calls.jsonl"
    row = {
        "id": "1",
        "time": "2026-11-01T10:00:00Z",
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 1000,
        "output_tokens": 500,
    }
    path.write_text(json.dumps(row) + "\n")
    return path


def calls() -> int:
    return costs(Scope()).total.calls


def test_a_queued_import_is_taken_up_by_a_worker(file: Path) -> None:
    queue_import(str(file), {}, now=datetime.now(UTC))

    assert tasks.take_up_imports() == 1
    assert calls() == 1


def test_an_import_whose_worker_fell_silent_is_taken_up_and_ends_once(file: Path) -> None:
    job = queue_import(str(file), {}, now=datetime.now(UTC))
    job.take(datetime.now(UTC) - timedelta(minutes=5))

    assert (tasks.take_up_imports(), tasks.take_up_imports()) == (1, 0)
    assert Import.objects.get().status == "done"


def test_an_import_under_way_is_left_to_its_worker(file: Path) -> None:
    queue_import(str(file), {}, now=datetime.now(UTC)).take(datetime.now(UTC))

    assert tasks.take_up_imports() == 0


def test_a_reserved_import_is_left_to_its_maker(file: Path) -> None:
    job = queue_import(str(file), {}, now=datetime.now(UTC), reserved=True)

    assert tasks.take_up_imports() == 0
    assert run_import(job).status == "done"


def test_nobody_can_take_an_import_twice(file: Path) -> None:
    job = queue_import(str(file), {}, now=datetime.now(UTC))
    job.take(datetime.now(UTC))

    with pytest.raises(LeaseLost):
        Import.objects.get().take(datetime.now(UTC))


def test_standard_input_cannot_be_taken_up_by_another_process() -> None:
    queue_import("-", {}, now=datetime.now(UTC))

    tasks.take_up_imports()

    job = Import.objects.get()
    assert job.status == "failed"
    assert "standard input" in job.error


def test_an_import_that_keeps_losing_its_worker_is_given_up(file: Path) -> None:
    job = queue_import(str(file), {}, now=datetime.now(UTC))
    Import.objects.update(attempts=50)

    assert run_import(job).status == "failed"


def test_a_deleted_import_takes_its_calls_along_and_stays_on_record(file: Path) -> None:
    number = run_import(queue_import(str(file), {}, now=datetime.now(UTC))).pk

    call_command("imports", "delete", str(number))

    job = Import.objects.get(pk=number)
    assert (job.status, job.deleted_by, calls()) == ("deleted", "command line", 0)
    with pytest.raises(CommandError, match="deleted already"):
        call_command("imports", "delete", str(number))


def test_only_an_import_under_way_can_be_cancelled(file: Path) -> None:
    number = run_import(queue_import(str(file), {}, now=datetime.now(UTC))).pk

    with pytest.raises(CommandError, match="under way"):
        call_command("imports", "cancel", str(number))


def test_a_source_that_becomes_evidence_no_longer_counts(file: Path) -> None:
    run_import(queue_import(str(file), {"source": "reports"}, now=datetime.now(UTC)))

    call_command("source", "set", "reports", "--role", "evidence")

    assert Source.objects.get(name="reports").role == "evidence"
    assert calls() == 0


def test_sweeping_drops_stages_that_nobody_needs_any_more() -> None:
    ended = Import.objects.create(path="a", status="failed", created_at=NOW)
    alive = Import.objects.create(path="b", status="running", created_at=NOW, options={"stage": 2})
    with connection.cursor() as cursor:
        for job, start in ((ended, 1), (alive, 1), (alive, 2)):
            import_stage(job.pk, start).create(cursor)
        sweep(NOW)
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'staging'")
        left = {name for (name,) in cursor.fetchall()}
        import_stage(alive.pk, 2).drop(cursor)

    assert left == {f"import_{alive.pk}_2", f"import_{alive.pk}_2_contexts"}


def test_sweeping_forgets_request_counts_of_the_past() -> None:
    key, _ = create_key(name="k", source=source_named("s"), scope="write")
    count_request(key, NOW - timedelta(hours=2))
    count_request(key, NOW)

    sweep(NOW)

    assert [count.minute for count in ApiKeyMinute.objects.all()] == [NOW]
