"""Bills through the one import path: whole or not at all, whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from finops.bills import publish as publishing
from finops.models import BillSnapshot, LeaseLost, Source
from ingest import pipeline
from ingest.housekeeping import sweep
from ingest.models import Import
from ingest.pipeline import run_import
from ingest.rejects import rejects
from ingest.report import as_json, as_sentence
from tests.finops.bills.charges import assert_agreement, billed, close
from tests.finops.ledger.side_by_side import at_once, held_after, under_way
from tests.finops.ledger.usage import (
    assert_whole,
    call,
    import_bytes,
    json_lines,
    queued,
    read,
)
from tests.ingest.bills import bill_at, bill_file, bill_row, import_bill

pytestmark = pytest.mark.usefixtures("ledger")

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def snapshots() -> list[tuple[int, str, str]]:
    rows = BillSnapshot.objects.order_by("pk")
    return list(rows.values_list("version", "status", "held_because"))


def assert_nothing_is_left() -> None:
    for table in ("charges", "charges_by_day", "finops_billsnapshot"):
        assert read(f"SELECT count(*) FROM {table}") == [(0,)]
    assert read("SELECT tablename FROM pg_tables WHERE schemaname = 'staging'") == []


class Killed(BaseException):
    """What ends a worker without a word."""


def test_a_bill_is_imported_and_says_so() -> None:
    job = import_bill(bill_row(), bill_row("2026-10-07", BilledCost="2.123456789012345678"))

    assert_whole(job)
    told = as_json(job)
    assert {
        name: told[name]
        for name in ("kind", "status", "rows", "accepted", "duplicates", "rejected", "cost")
    } == {
        "kind": "billing",
        "status": "done",
        "rows": 2,
        "accepted": 2,
        "duplicates": 0,
        "rejected": 0,
        "cost": "12.123456789012345678",
    }
    assert (told["from"], told["to"]) == ("2026-10-05T00:00:00+00:00", "2026-10-07T00:00:00+00:00")
    source = Source.objects.get()
    assert (source.name, source.kind) == ("focus", "billing")
    (bill,) = BillSnapshot.objects.all()
    assert (bill.schema, bill.import_id, bill.score["rows"]) == ("FOCUS 1.2", job.pk, 2)
    assert_agreement()


def test_the_same_file_again_changes_nothing() -> None:
    rows = [bill_row(), bill_row()]
    import_bill(*rows)

    again = import_bill(*rows)

    assert_whole(again)
    assert (again.status, again.accepted, again.duplicates, again.cost) == ("done", 0, 2, 0)
    assert snapshots() == [(1, "current", "")]
    assert billed() == 20
    assert read("SELECT tablename FROM pg_tables WHERE schemaname = 'staging'") == []


def test_the_same_file_read_otherwise_is_another_delivery() -> None:
    import_bill(bill_row())
    import_bill(bill_row(), source="elsewhere")

    assert billed() == 20


def test_an_earlier_file_after_a_later_one_is_a_version_again() -> None:
    for cost in ("10", "11", "10"):
        assert import_bill(bill_row(BilledCost=cost)).accepted == 1

    assert [status for _, status, _ in snapshots()] == ["superseded", "superseded", "current"]
    assert billed() == 10


def test_a_bill_that_waits_already_does_not_wait_twice() -> None:
    import_bill(*[bill_row()] * 4)
    first = import_bill(bill_row())

    again = import_bill(bill_row())

    assert (first.accepted, again.accepted, again.duplicates) == (1, 0, 1)
    assert snapshots() == [(1, "current", ""), (2, "held", "shrinks")]
    assert "held: shrinks" in as_sentence(first)
    assert [bill["held_because"] for bill in as_json(first)["bills"]] == ["shrinks"]  # type: ignore[attr-defined]


def test_a_stream_has_no_hash_and_is_swapped_in() -> None:
    for _ in range(2):
        job = run_import(queued("-"), stdin=BytesIO(bill_file(bill_row())))

    assert (job.status, job.accepted, billed()) == ("done", 1, 10)


def test_a_row_that_cannot_be_read_is_rejected_and_the_rest_arrives() -> None:
    job = import_bill(bill_row(), bill_row(BilledCost="ten"))

    assert_whole(job)
    assert (job.status, job.accepted, job.rejected, billed()) == ("partial", 1, 1, 10)
    assert [reject["line"] for reject in rejects(job.pk)] == [3]


def test_a_file_of_nothing_but_bad_rows_changes_nothing() -> None:
    job = import_bill(bill_row(BilledCost="ten"))

    assert (job.status, job.error) == ("failed", "every row was rejected")
    assert_nothing_is_left()


def test_a_file_of_more_months_than_there_can_be_is_not_taken() -> None:
    months = [date(2000 + month // 12, month % 12 + 1, 1) for month in range(241)]

    job = import_bill(*map(bill_row, months))

    assert (job.status, job.error) == (
        "failed",
        "the delivery tells of 241 billing periods; 240 are the most",
    )
    assert_nothing_is_left()


def test_calls_and_bills_never_share_a_source() -> None:
    import_bytes(json_lines([call()]), source="openai")
    import_bill(bill_row(), source="bills")

    bill = import_bill(bill_row(), source="openai")
    calls = import_bytes(json_lines([call(id="1")]), source="bills")

    assert (bill.status, calls.status) == ("failed", "failed")
    assert bill.error == (
        "the source openai delivers calls, and this file holds bills: give it another source"
    )
    assert billed() == 10


def test_a_source_that_has_delivered_nothing_yet_may_deliver_bills() -> None:
    Source.objects.create(name="new")

    assert import_bill(bill_row(), source="new").status == "done"
    assert Source.objects.get().kind == "billing"


def test_a_delivery_of_a_closed_month_waits() -> None:
    import_bill(bill_row())
    close("2026-10-01")

    job = import_bill(bill_row(BilledCost="11"))

    assert (job.status, job.accepted, job.cost) == ("done", 1, Decimal(11))
    assert snapshots() == [(1, "current", ""), (2, "held", "closed")]
    assert billed() == 10


# --- what happens to workers ----------------------------------------------------------------


def long_bill(folder: Path, days: int = 25) -> Path:
    rows = [bill_row(date(2026, 10, 1 + n % 28), BilledCost=str(n)) for n in range(days)]
    return bill_at(folder, *rows)


def run_until(job: Import, stop: Callable[[Import], None]) -> None:
    with suppress(Killed, OperationalError):
        run_import(job, progress=lambda job, _: stop(job))
    Import.objects.update(lease_until=LONG_AGO)


def test_an_import_goes_on_where_its_worker_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 5)
    job = queued(long_bill(tmp_path))

    def die(_: Import) -> None:
        if Import.objects.filter(resume_point__gte=10).exists():
            raise Killed

    run_until(job, die)
    assert billed() == 0
    batches: list[Import] = []
    run_import(job, progress=lambda job, _: batches.append(job))

    assert_whole(job)
    assert (job.status, job.accepted) == ("done", 25)
    assert len(batches) < 5
    assert billed() == sum(range(25))
    assert BillSnapshot.objects.get().score["unseen"] >= 10
    assert_agreement()


def test_an_import_starts_over_when_its_stage_went_with_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 5)
    job = queued(long_bill(tmp_path))

    def lose(job: Import) -> None:
        if Import.objects.filter(resume_point__gt=0).exists():
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE staging.import_{job.pk}_{job.options['stage']}")
            raise OperationalError("the server went away")

    run_until(job, lose)
    run_import(job)

    assert (job.status, job.accepted, billed()) == ("done", 25, sum(range(25)))


def test_a_crash_between_staging_and_the_swap_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_bill(*[bill_row()] * 3)
    job = queued(long_bill(tmp_path))

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(publishing.swapping, "restate", die)
        run_until(job, lambda _: None)

    assert (billed(), snapshots()) == (30, [(1, "current", "")])
    assert_agreement()
    run_import(job)
    assert (job.status, billed()) == ("done", sum(range(25)))
    assert_agreement()


def test_a_worker_that_was_taken_over_publishes_nothing(tmp_path: Path) -> None:
    first = queued(long_bill(tmp_path))
    second = Import.objects.get(pk=first.pk)
    taken: list[Import] = []

    def take_over(_: Import, __: object) -> None:
        while not taken:
            Import.objects.update(lease_until=LONG_AGO)
            with suppress(LeaseLost):
                taken.append(run_import(second))

    with pytest.raises(LeaseLost):
        run_import(first, progress=take_over)

    assert (taken[0].status, billed()) == ("done", sum(range(25)))
    assert snapshots() == [(1, "current", "")]


def test_a_cancelled_import_leaves_the_bill_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 5)

    def cancel(job: Import, _: object) -> None:
        Import.objects.filter(pk=job.pk).update(cancel_requested=True)

    job = run_import(queued(long_bill(tmp_path)), progress=cancel)

    assert job.status == "cancelled"
    assert_nothing_is_left()


def test_what_a_killed_import_staged_is_swept_away(tmp_path: Path) -> None:
    job = queued(long_bill(tmp_path))

    def die(_: Import) -> None:
        raise Killed

    run_until(job, die)
    assert read("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'") == [(1,)]
    Import.objects.update(status="failed")
    sweep(datetime(2026, 11, 21, tzinfo=UTC))

    assert_nothing_is_left()


# --- two at once ----------------------------------------------------------------------------


def test_of_two_deliveries_at_once_the_later_one_wins_and_nothing_is_doubled(
    tmp_path: Path,
) -> None:
    earlier = queued(bill_at(tmp_path, *[bill_row()] * 4, name="earlier.csv"))
    later = queued(bill_at(tmp_path, *[bill_row(BilledCost="11")] * 4, name="later.csv"))

    at_once(lambda: run_import(earlier), lambda: run_import(later))

    assert billed() == 44
    statuses = dict(BillSnapshot.objects.values_list("import_id", "status"))
    assert statuses[later.pk] == "current"
    assert statuses[earlier.pk] in {"superseded", "held"}
    assert_agreement()


def test_an_earlier_delivery_that_was_slow_waits_for_a_person(tmp_path: Path) -> None:
    slow = queued(bill_at(tmp_path, bill_row(), name="slow.csv"))
    run_import(queued(bill_at(tmp_path, bill_row(BilledCost="11"), name="quick.csv")))

    run_import(slow)

    assert snapshots() == [(1, "current", ""), (2, "held", "older")]
    assert billed() == 11


def test_a_reader_sees_the_old_bill_until_the_new_one_is_whole(tmp_path: Path) -> None:
    import_bill(bill_row())
    job = queued(bill_at(tmp_path, bill_row(BilledCost="11")))

    with (
        held_after(publishing, "publish") as (published, may_commit),
        under_way(lambda: run_import(job)) as importing,
    ):
        assert published.wait(10)
        assert billed() == 10
        may_commit.set()
        importing.result(10)

    assert billed() == 11


# --- real files -----------------------------------------------------------------------------


def test_the_sample_of_the_foundation_comes_to_what_it_says(shared_data: Path) -> None:
    path = shared_data / "billing" / "focus-1.0_finops-foundation_sample_1000.csv"

    job = run_import(queued(path))

    assert (job.status, job.rows, job.accepted) == ("done", 1000, 1000)
    assert job.cost == billed() == Decimal("20.52022672899")
    assert read("SELECT sum(effective) FROM charges_by_day") == [(Decimal("14.97651418586"),)]
    assert len(json.dumps(as_json(job))) < 20_000
    assert_agreement()


def test_owners_of_the_whole_file_fill_what_charges_do_not_say() -> None:
    tagged = bill_row(Tags='{"user:Team": "search"}')

    import_bill(bill_row(), tagged, set={"team": "growth", "environment": "production"})

    owners = read("SELECT team, environment FROM charges ORDER BY line")
    assert owners == [("growth", "production"), ("search", "production")]
