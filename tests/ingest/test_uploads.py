"""Files that people send: written under names of ours, kept as long as they serve, never longer."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from ingest import uploads
from ingest.deletion import cancel_import
from ingest.models import Import
from ingest.pipeline import run_import
from ingest.tasks import take_up_imports
from ingest.uploads import (
    DiskFull,
    Part,
    TooLarge,
    can_be_tried_again,
    clean_label,
    queue_again,
    queue_upload,
    release,
    size_label,
    sweep,
    upload_folder,
)
from tests.finops.ledger.usage import call, json_lines

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROWS = json_lines([call(id="1"), call(id="2")])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An upload folder of the test's own."""
    own = tmp_path / "uploads"
    monkeypatch.setattr(uploads, "paths", SimpleNamespace(sub_dir=lambda name: own))
    own.mkdir()
    return upload_folder()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def arrived(data: bytes = ROWS) -> Part:
    part = Part()
    part.write(data)
    return part


def queued(data: bytes = ROWS, *, waits: bool = False, **options: Any) -> Import:
    return queue_upload(arrived(data), options, label="calls.jsonl", now=NOW, by="Eve", waits=waits)


# --- a file while it arrives ----------------------------------------------------------------


def test_a_part_is_closed_to_others_and_gone_unless_somebody_keeps_it(folder: Path) -> None:
    part = arrived(b"abc")

    assert (part.size, part.path.read_bytes(), part.path.suffix) == (3, b"abc", ".part")
    assert (part.path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    part.close()
    part.close()
    assert files(folder) == []


def test_a_part_stops_at_the_limit(settings: Settings) -> None:
    settings.UPLOAD_LIMIT = 10
    part = arrived(b"0123456789")

    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        part.write(b"x")

    part.close()


def test_nothing_begins_on_a_full_disk(settings: Settings, folder: Path) -> None:
    settings.UPLOAD_RESERVE = 10**18

    with pytest.raises(DiskFull):
        Part()

    assert files(folder) == []


def test_the_disk_is_looked_at_again_while_a_file_arrives(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_LOOK_EVERY", 4)
    part = arrived(b"abc")
    settings.UPLOAD_RESERVE = 10**18

    with pytest.raises(DiskFull):
        part.write(b"defg")

    part.close()


def test_a_disk_that_refuses_to_write_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            pass

    part = arrived(b"abc")
    part._file.close()
    monkeypatch.setattr(part, "_file", Full())

    with pytest.raises(DiskFull):
        part.write(b"d")

    part.close()


def test_a_short_write_is_written_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    part = Part()
    whole = part._file.write

    class Slow:
        def write(self, data: memoryview) -> int:
            return whole(data[:2])

        def close(self) -> None:
            pass

    monkeypatch.setattr(part, "_file", Slow())
    part.write(b"abcdefg")

    assert part.path.read_bytes() == b"abcdefg"


# --- labels ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("calls.jsonl", "calls.jsonl"),
        ("../../etc/passwd", "passwd"),
        ("C:\\logs\\calls.csv", "calls.csv"),
        ("<script>alert(1)<script>.csv", "<script>alert(1)<script>.csv"),
        ("evil\u202egnp.csv", "evilgnp.csv"),
        ("a\x00b\nc\x1b[31m.csv", "abc[31m.csv"),
        ("  spaced   out .csv ", "spaced out .csv"),
        ("\u202e\u0007", "upload"),
        ("", "upload"),
        ("dir/", "upload"),
        ("\N{MONEY BAG}.csv", "\N{MONEY BAG}.csv"),
        ("n" * 500, "n" * 200),
    ],
)
def test_a_label_is_fit_to_be_shown(name: str, label: str) -> None:
    assert clean_label(name) == label


@given(st.text())
def test_a_label_never_holds_a_path_or_what_cannot_be_seen(name: str) -> None:
    label = clean_label(name)

    assert 0 < len(label) <= uploads.LABEL_LIMIT
    assert clean_label(label) == label
    assert not {"/", "\\", "\n", "\x00", "\u202e"} & set(label)


@pytest.mark.parametrize(
    ("size", "label"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1 KB"),
        (1536, "1.5 KB"),
        (5 * 1024**3, "5 GB"),
        (1024**3 - 1, "1,023.9 MB"),
        (3 * 1024**5, "3,072 TB"),
    ],
)
def test_sizes_in_words(size: int, label: str) -> None:
    assert size_label(size) == label


# --- an upload becomes an import ------------------------------------------------------------


@pytest.mark.usefixtures("ledger")
def test_an_upload_is_called_by_its_import_and_imported_like_any_file(folder: Path) -> None:
    job = queued(source="gateway")

    assert files(folder) == [str(job.pk)]
    assert (job.label, job.created_by, job.options["size"]) == ("calls.jsonl", "Eve", len(ROWS))
    run_import(job)
    assert (job.status, job.accepted, job.percent_read) == ("done", 2, 100)


@pytest.mark.usefixtures("ledger")
def test_the_same_file_twice_is_known_already() -> None:
    run_import(queued())

    again = run_import(queued())

    assert (again.status, again.accepted, again.duplicates) == ("done", 0, 2)


@pytest.mark.usefixtures("ledger")
def test_nothing_is_kept_when_the_database_goes_away(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    part = arrived()
    monkeypatch.setattr(Import, "save", away)

    with pytest.raises(OperationalError):
        queue_upload(part, {}, label="calls", now=NOW, by="Eve", waits=False)

    assert files(folder) == []


@pytest.mark.usefixtures("ledger")
def test_nothing_is_kept_when_the_database_goes_away_after_the_file_was_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = Import.save

    def away_the_second_time(job: Import, *args: Any, **kwargs: Any) -> None:
        if job.pk:
            raise OperationalError("terminating connection")
        saved(job, *args, **kwargs)

    part = arrived()
    monkeypatch.setattr(Import, "save", away_the_second_time)

    with pytest.raises(OperationalError):
        queue_upload(part, {}, label="calls", now=NOW, by="Eve", waits=False)

    assert files(folder) == []
    assert not Import.objects.exists()


# --- one that waits for an answer -----------------------------------------------------------


@pytest.mark.usefixtures("ledger")
def test_an_upload_that_waits_is_left_alone_until_it_is_answered() -> None:
    job = queued(b"when,what\nnow,gpt\n", waits=True)

    assert job.waits
    assert take_up_imports() == 0
    assert release(job, {"format": "costline"})
    assert not Import.objects.get(pk=job.pk).waits
    assert take_up_imports() == 1


@pytest.mark.usefixtures("ledger")
def test_one_that_nobody_answers_is_tried_as_it_is_after_a_day() -> None:
    job = queued(b"when,what\nnow,gpt\n", waits=True)
    Import.objects.filter(pk=job.pk).update(lease_until=datetime.now(UTC) - timedelta(seconds=1))

    assert take_up_imports() == 1

    job.refresh_from_db()
    assert job.status == "failed"
    assert "not recognised" in job.reason


@pytest.mark.usefixtures("ledger")
def test_only_the_first_answer_counts() -> None:
    job = queued(waits=True)

    assert release(job, {"mapping": {"a": 1}})
    assert not release(job, {"mapping": {"b": 2}})
    assert Import.objects.get(pk=job.pk).options["mapping"] == {"a": 1}


@pytest.mark.usefixtures("ledger")
def test_an_upload_that_waits_is_cancelled_at_once(folder: Path) -> None:
    job = queued(waits=True)

    assert cancel_import(job.pk, now=NOW) is False

    assert Import.objects.get(pk=job.pk).status == "cancelled"
    assert not release(job, {})
    sweep(NOW)
    assert files(folder) == []


# --- another try ----------------------------------------------------------------------------


@pytest.mark.usefixtures("ledger")
def test_a_failed_upload_can_be_tried_again_with_other_options(folder: Path) -> None:
    job = run_import(queued(b"when,tokens\n2026-11-01T10:00:00Z,7\n", source="azure"))
    assert (job.status, can_be_tried_again(job)) == ("failed", True)
    mapping = {
        "time": "when",
        "input_tokens": "tokens",
        "provider": {"const": "openai"},
        "model": {"const": "gpt-4o"},
    }

    again = run_import(queue_again(job, {"mapping": mapping}, now=NOW, by="Eve"))

    assert (again.status, again.accepted, again.label) == ("done", 1, "calls.jsonl")
    assert again.source is not None
    assert again.source.name == "azure"
    assert files(folder) == sorted([str(job.pk), str(again.pk)])


@pytest.mark.usefixtures("ledger")
def test_the_reason_of_a_failure_does_not_name_the_place_on_the_server(folder: Path) -> None:
    job = run_import(queued(b"when,what\nnow,gpt\n"))

    assert str(folder) in job.error
    assert "calls.jsonl is not recognised" in job.reason
    assert str(folder) not in job.reason


@pytest.mark.usefixtures("ledger")
def test_a_file_that_is_gone_cannot_be_tried_again() -> None:
    job = run_import(queued(b"\x00" * 100))
    Path(job.path).unlink()

    assert not can_be_tried_again(job)
    with pytest.raises(FileNotFoundError):
        queue_again(job, {}, now=NOW, by="Eve")
    assert Import.objects.count() == 1


# --- sweeping -------------------------------------------------------------------------------


def ended(job: Import, *, status: str, ago: timedelta) -> Import:
    Import.objects.filter(pk=job.pk).update(status=status, finished_at=NOW - ago)
    return job


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("status", ["done", "partial", "cancelled", "deleted"])
def test_a_file_goes_when_its_import_has_ended(status: str, folder: Path) -> None:
    ended(queued(), status=status, ago=timedelta(0))

    sweep(NOW)

    assert files(folder) == []


@pytest.mark.usefixtures("ledger")
def test_files_are_kept_for_as_many_days_as_are_set(settings: Settings, folder: Path) -> None:
    settings.UPLOADS_KEPT_DAYS = 7
    kept = ended(queued(), status="done", ago=timedelta(days=6))
    ended(queued(), status="done", ago=timedelta(days=7))

    sweep(NOW)

    assert files(folder) == [str(kept.pk)]


@pytest.mark.usefixtures("ledger")
def test_the_file_of_a_failed_import_stays_for_a_day(folder: Path) -> None:
    kept = ended(queued(), status="failed", ago=timedelta(hours=23))
    ended(queued(), status="failed", ago=timedelta(hours=24))

    sweep(NOW)

    assert files(folder) == [str(kept.pk)]


@pytest.mark.usefixtures("ledger")
def test_files_of_imports_under_way_and_of_uploads_under_way_stay(folder: Path) -> None:
    waiting, running = queued(waits=True), queued()
    Import.objects.filter(pk=running.pk).update(status="running")
    part = arrived()

    sweep(datetime.now(UTC))

    assert files(folder) == sorted([str(waiting.pk), str(running.pk), part.path.name])
    part.close()


@pytest.mark.usefixtures("ledger")
def test_what_an_upload_left_behind_goes_after_an_hour(folder: Path) -> None:
    now = datetime.now(UTC)
    for name in ("abc.part", "999999"):
        (folder / name).write_bytes(b"x")
    old = (now - uploads.ORPHAN_AFTER - timedelta(seconds=5)).timestamp()
    os.utime(folder / "abc.part", (old, old))

    sweep(now)
    assert files(folder) == ["999999"]
    os.utime(folder / "999999", (old, old))
    sweep(now)
    assert files(folder) == []
