"""Every rollup equals the calls; whatever does not is found, named, and told to the last digit."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from finops.models import Organization
from finops.rollups.parity import Parity, parity
from finops.rollups.refresh import refresh
from ingest.foreground import import_files
from ingest.generator import usage_rows
from ingest.pipeline import queue_import, run_import

pytestmark = pytest.mark.usefixtures("ledger")


@pytest.fixture
def imported(ledger: None, tmp_path: Path) -> None:
    """A fresh ledger of two days, in a zone whose hours and days cut across those of UTC."""
    Organization.objects.update(time_zone="Asia/Kolkata")
    end = datetime(2026, 11, 3, tzinfo=UTC)
    lines = usage_rows(
        seed=3, calls=600, start=end - timedelta(days=2), end=end, reported_cost_share=0.2
    )
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"".join(lines))
    import_files([str(path)], {}, quiet=True)


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount == 1


def tables(found: Parity) -> set[str]:
    return {each.table for each in found.differences}


def test_an_empty_ledger_agrees_with_its_rollups() -> None:
    assert parity() == Parity((), {}, 0, None, None)


def test_a_fresh_ledger_agrees_with_its_rollups(imported: None) -> None:
    assert parity() == Parity((), {}, 0, None, None)


NARROW = [
    (table, dimension)
    for table in ("cost_by_hour", "cost_by_day")
    for dimension in ("total", "feature", "team", "customer", "workflow")
]


@pytest.mark.parametrize(("table", "dimension"), NARROW)
def test_the_last_digit_of_a_narrow_rollup_counts(
    imported: None, table: str, dimension: str
) -> None:
    partition = f"{table}_{dimension}"
    run_sql(
        f"UPDATE {partition} SET cost = cost + 1e-20"
        f" WHERE ctid = (SELECT ctid FROM {partition} WHERE cost > 0 LIMIT 1)"
    )

    found = parity()

    name = f"{table} {dimension}"
    assert found.rows == {f"{name} in total": 1, name: 1}
    (row,) = [each for each in found.differences if each.table == name]
    assert row.measure == "cost"
    assert row.rollup is not None
    assert row.rollup.endswith("1")
    assert not row.pending
    assert set(row.key) == {"value", table.removeprefix("cost_by_"), "model"}


PLANTED = [
    ("UPDATE cost_by_day_full SET reasoning_tokens = reasoning_tokens + 1", "cost_by_day_full"),
    ("UPDATE runs SET repeated_steps = repeated_steps + 1", "runs"),
    ("UPDATE runs SET ended_at = ended_at + interval '1 microsecond'", "runs"),
    ("UPDATE run_workflows SET calls = calls + 1", "run_workflows"),
    ("UPDATE run_cost_sketch SET runs = runs + 1", "run_cost_sketch"),
]


@pytest.mark.parametrize(("statement", "table"), PLANTED)
def test_a_changed_row_is_found(imported: None, statement: str, table: str) -> None:
    run_sql(f"{statement} WHERE ctid = (SELECT ctid FROM {table} LIMIT 1)")

    found = parity()

    assert tables(found) - {f"{table} in total"} == {table}
    assert found.rows[table] == 1
    assert not found.holds


@pytest.mark.parametrize(
    "table",
    [
        *(f"{table}_{dimension}" for table, dimension in NARROW),
        "cost_by_day_full",
        "runs",
        "run_workflows",
        "run_cost_sketch",
    ],
)
def test_a_missing_row_is_found(imported: None, table: str) -> None:
    run_sql(f"DELETE FROM {table} WHERE ctid = (SELECT ctid FROM {table} LIMIT 1)")

    found = parity()

    missing = [each for each in found.differences if not each.table.endswith("in total")]
    assert {each.rollup for each in missing} == {None}
    assert not found.holds


def test_a_row_that_stands_there_twice_is_found(imported: None) -> None:
    run_sql("INSERT INTO cost_by_day_full SELECT * FROM cost_by_day_full LIMIT 1")

    found = parity()

    assert "calls" in {each.measure for each in found.differences}
    assert found.rows["cost_by_day_full"] == 1


def test_what_a_refresh_will_mend_is_pending_and_not_wrong(imported: None, tmp_path: Path) -> None:
    path = tmp_path / "more.jsonl"
    path.write_text(
        '{"id":"late","time":"2026-11-02T10:10:00Z","provider":"openai","model":"gpt-4o",'
        '"input_tokens":10,"run":"late-run","workflow":"late"}\n'
    )
    run_import(queue_import(str(path), {}, now=datetime(2026, 11, 4, tzinfo=UTC)))

    found = parity()

    assert {"runs", "run_workflows", "run_cost_sketch", "cost_by_hour workflow"} <= tables(found)
    assert all(each.pending for each in found.differences)
    assert (found.holds, found.marks) == (True, 1)
    assert found.stale_from == datetime(2026, 11, 2, 10, tzinfo=UTC)
    refresh()
    assert parity() == Parity((), {}, 0, None, None)


def test_the_command_lists_differences_and_fails(imported: None) -> None:
    run_sql("UPDATE cost_by_day_total SET calls = calls + 1 WHERE day = DATE '2026-11-02'")
    out = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("parity", json=True, stdout=out)

    answer = json.loads(out.getvalue())
    assert ended.value.code == 1
    assert answer["holds"] is False
    assert answer["differing_rows"] == {
        "cost_by_day total in total": 1,
        "cost_by_day total": 1,
    }
    (row,) = [each for each in answer["differences"] if each["table"] == "cost_by_day total"]
    assert row["key"] == {"value": "", "day": "2026-11-02", "model": ""}
    assert int(row["rollup"]) == int(row["calls"]) + 1


def test_the_command_is_content_with_a_fresh_ledger(imported: None) -> None:
    out = io.StringIO()

    call_command("parity", stdout=out)

    assert "the rollups agree with the calls" in out.getvalue()
