"""The record of imports, rejects by cause, cancelling and taking back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from finops.ledger.sources import source_named
from ingest import record, rejects
from ingest.deletion import cancel_import, delete_import, preview_deletion
from ingest.models import Import
from ingest.push import push_calls
from ingest.record import (
    deliveries,
    import_page,
    last_told,
    recent_files,
    running,
    used_mappings,
)
from ingest.rejects import reject_groups
from tests.finops.ledger.usage import (
    PRICE,
    another_connection,
    call,
    import_bytes,
    import_rows,
    json_lines,
    total,
)

pytestmark = pytest.mark.usefixtures("ledger")

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def push(*ids: str) -> int:
    calls = [line for line in json_lines(call(id=name) for name in ids).splitlines() if line]
    return push_calls(calls, source=source_named("service"), now=NOW, by="key").import_id


def queued() -> Import:
    return Import.objects.create(path="/nowhere", created_at=NOW)


# --- lists ----------------------------------------------------------------------------------


def test_imports_are_listed_newest_first_and_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "PAGE", 2)
    pks = [import_rows(call(id=str(n))).pk for n in range(5)]

    first = import_page()
    second = import_page(before=first.before)
    third = import_page(before=second.before)

    shown = [[job.pk for job in page.jobs] for page in (first, second, third)]
    assert shown == [[pks[4], pks[3]], [pks[2], pks[1]], [pks[0]]]
    assert third.before is None


def test_imports_are_found_by_status_source_and_way() -> None:
    pushed = push("1")
    failed = import_bytes(b"\x00" * 100).pk
    done = import_rows(call(), source="gateway").pk

    def found(**wanted: str) -> list[int]:
        return [job.pk for job in import_page(**wanted).jobs]  # type: ignore[arg-type]

    assert found(status="failed") == [failed]
    assert found(source="gateway") == [done]
    assert found(source="nobody") == []
    assert found(kind="pushes") == [pushed]
    assert found(kind="files") == [done, failed]


def test_files_are_found_among_many_pushes_and_what_runs_is_listed_apart() -> None:
    done = import_rows(call(), source="gateway").pk
    for n in range(5):
        push(str(n))
    waiting = queued().pk

    assert [job.pk for job in recent_files()] == [done]
    assert [job.pk for job in running()] == [waiting]


def test_each_source_has_its_last_import_and_its_late_rejects() -> None:
    import_rows(call(), call(time="yesterday"), source="gateway")
    last = import_rows(call(), call(model=None), source="gateway")
    source_named("silent")

    found = {source_named(name).pk: name for name in ("gateway", "silent")}
    told = {found[pk]: one for pk, one in deliveries(timezone.now() - timedelta(days=7)).items()}

    assert (told["gateway"].last, told["gateway"].rejected) == (last, 2)
    assert (told["silent"].last, told["silent"].rejected) == (None, 0)
    assert deliveries(timezone.now())[last.source_id or 0].rejected == 0


def test_the_newest_imports_say_how_far_a_source_reaches() -> None:
    job = import_rows(call(time="2026-11-01T10:00:00Z"), call(time="2026-11-03T10:00:00Z"))

    assert last_told(job.source_id or 0) == datetime(2026, 11, 3, 10, tzinfo=UTC)
    assert last_told(0) is None


def test_mappings_are_offered_again_each_once() -> None:
    mapping = {
        "time": "t",
        "provider": {"const": "openai"},
        "model": {"const": "gpt-4o"},
        "input_tokens": "n",
    }
    for n in range(2):
        import_bytes(b"t,n\n2026-11-01T10:00:00Z,%d\n" % n, mapping=mapping)
    import_bytes(b"no,rows\nx,y\n", mapping=mapping | {"time": "no"})

    ((job, offered),) = used_mappings()

    assert offered == mapping
    assert job.status == "done"


# --- rejects --------------------------------------------------------------------------------


def test_rejects_are_grouped_by_cause_with_examples() -> None:
    import_rows(call(), *(call(time="yesterday") for _ in range(5)), source="gateway")
    last = import_bytes(
        json_lines([call(output_tokens=-1), call()]) + b'{"cut\n{"much more cut\n',
        source="batch",
        format="costline",
    )

    groups = reject_groups()

    assert (groups[0].field, groups[0].rows, groups[0].imports) == ("time", 5, 1)
    assert len(groups[0].examples) == rejects.EXAMPLES
    assert groups[0].examples[0].raw.count("yesterday") == 1
    (broken,) = [group for group in groups if group.reason.startswith("not JSON")]
    assert (broken.rows, broken.examples[0].import_id) == (2, last.pk)
    assert not any(letter.isdigit() for letter in broken.reason)


def test_rejects_of_one_source() -> None:
    import_rows(call(), call(time="yesterday"), source="gateway")
    import_rows(call(), call(output_tokens=-1), source="batch")

    (group,) = reject_groups(source_named("batch").pk)

    assert (group.field, group.rows) == ("output_tokens", 1)


def test_only_the_newest_rejects_are_grouped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejects, "NEWEST", 3)
    import_rows(call(), *(call(time="yesterday") for _ in range(5)))

    assert [group.rows for group in reject_groups()] == [3]


def test_without_rejects_there_are_no_groups() -> None:
    assert reject_groups() == []


# --- cancelling -----------------------------------------------------------------------------


def test_an_import_that_waits_is_cancelled_at_once() -> None:
    job = queued()

    assert cancel_import(job.pk, now=NOW) is False

    job.refresh_from_db()
    assert (job.status, job.error, job.finished_at) == ("cancelled", "cancelled", NOW)


def test_an_import_that_runs_is_asked_to_stop() -> None:
    job = queued()
    job.take(timezone.now())

    assert cancel_import(job.pk, now=NOW) is True

    job.refresh_from_db()
    assert (job.status, job.cancel_requested) == ("running", True)


def test_what_has_ended_cannot_be_cancelled() -> None:
    job = import_rows(call())

    with pytest.raises(ValueError, match="is under way"):
        cancel_import(job.pk, now=NOW)
    with pytest.raises(ValueError, match="is under way"):
        cancel_import(0, now=NOW)
    assert total().calls == 1


def test_an_import_that_is_being_published_cannot_be_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingest.deletion._PATIENCE", "50ms")
    job = queued()
    job.take(timezone.now())
    with another_connection() as worker:
        worker.execute("SELECT 1 FROM ingest_import WHERE id = %s FOR UPDATE", [job.pk])

        with pytest.raises(ValueError, match="being published"):
            cancel_import(job.pk, now=NOW)

    job.refresh_from_db()
    assert not job.cancel_requested


# --- deleting -------------------------------------------------------------------------------


def test_the_preview_of_a_deletion_is_what_deleting_does() -> None:
    first = import_rows(call(id="a"), call(id="b"), call(id="c", model="nobody-knows"))
    import_rows(call(id="b"), call(id="d"))

    doomed = preview_deletion(first)

    assert (doomed.removed, doomed.cost, doomed.kept) == (2, PRICE, 1)
    deleted = delete_import(first.pk, now=NOW, by="Eve")
    assert (deleted.removed, deleted.kept) == (2, 1)


def test_a_preview_of_nothing_is_nothing() -> None:
    empty = import_bytes(b"")

    assert preview_deletion(empty) == (0, Decimal(0), 0)


def test_a_preview_changes_nothing() -> None:
    job = import_rows(call())

    with transaction.atomic():
        preview_deletion(job)

    assert total().calls == 1
