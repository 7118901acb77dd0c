"""``manage.py ingest``: what it takes, what it says, and how it ends."""

from __future__ import annotations

import io
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import Mock, patch

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from finops.models import LeaseLost
from ingest import foreground
from ingest.models import Import
from tests.finops.ledger.usage import PRICE, assert_whole, call, json_lines, queued, read, total

pytestmark = pytest.mark.usefixtures("ledger")

BAD = call(time="yesterday")


class Told(NamedTuple):
    """The exit status of a command, and the imports that it told of."""

    status: int
    imports: list[dict[str, Any]]

    @property
    def fates(self) -> list[tuple[str, int]]:
        """Status and accepted calls of each import."""
        return [(each["status"], each["accepted"]) for each in self.imports]


def ingest(*words: object) -> Told:
    """Run the command as a shell would, with ``--json``."""
    out = io.StringIO()
    try:
        call_command("ingest", *map(str, words), "--json", stdout=out)
    except SystemExit as end:
        return Told(int(end.code or 0), json.loads(out.getvalue())["imports"])
    except CommandError as error:
        return Told(error.returncode, [])
    return Told(0, json.loads(out.getvalue())["imports"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files that end in every way."""
    (tmp_path / "deeper").mkdir()
    for name, data in {
        "a-good.jsonl": json_lines([call(id="a")]),
        "b-empty.jsonl": b"",
        "c-some-bad.jsonl": json_lines([call(id="c"), BAD]),
        "deeper/d-good.jsonl": json_lines([call(id="d")]),
        "deeper/.hidden": b"\x00",
    }.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


# --- the exit status ------------------------------------------------------------------------

ENDS: dict[str, tuple[bytes, str, int]] = {
    "good": (json_lines([call()]), "done", 0),
    "empty": (b"", "done", 0),
    "some bad rows": (json_lines([call(), BAD]), "partial", 0),
    "only bad rows": (json_lines([BAD]), "failed", 1),
    "binary": (bytes(500), "failed", 1),
    "unknown format": (b'{"a":1}\n', "failed", 1),
    "cut gzip": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "failed", 1),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_exit_status_says_how_it_ended(end: str, tmp_path: Path) -> None:
    data, status, code = ENDS[end]
    path = tmp_path / "calls.jsonl"
    path.write_bytes(data)

    told = ingest(path)

    assert (told.status, [each["status"] for each in told.imports]) == (code, [status])


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-file.jsonl"],
        ["{good}", "no-such-file.jsonl"],
        ["{good}", "--format", "no-such-format"],
        ["{good}", "--set", "feature"],
        ["{good}", "--set", "=search"],
        ["{good}", "--mapping", "no-such-file.json"],
        ["{good}", "--mapping", "{good}/../c-some-bad.jsonl"],
    ],
    ids=" ".join,
)
def test_unusable_arguments_end_with_2_and_import_nothing(words: list[str], folder: Path) -> None:
    good = folder / "a-good.jsonl"

    assert ingest(*(word.format(good=good) for word in words)).status == 2
    assert read("SELECT * FROM ingest_import") == []


def test_the_worst_of_several_paths_is_the_exit_status(folder: Path) -> None:
    (folder / "b-broken.jsonl").write_bytes(bytes(500))

    told = ingest(folder / "b-broken.jsonl", folder / "a-good.jsonl", folder / "c-some-bad.jsonl")

    assert (told.status, told.fates) == (1, [("failed", 0), ("done", 1), ("partial", 1)])
    assert total().calls == 2


def test_a_crash_takes_nothing_from_the_other_paths(folder: Path) -> None:
    crash = Mock(side_effect=[RuntimeError("a bug"), None])
    original = foreground.run_import

    def crashing(job: Import, **named: Any) -> Import:
        with patch("ingest.pipeline.recognise", crash):
            return original(job, **named)

    with patch.object(
        foreground,
        "run_import",
        lambda job, **named: (crashing if job.path.endswith("a-good.jsonl") else original)(
            job, **named
        ),
    ):
        told = ingest(folder / "a-good.jsonl", folder / "deeper" / "d-good.jsonl")

    assert (told.status, told.fates) == (1, [("failed", 0), ("done", 1)])
    assert told.imports[0]["error"] == "RuntimeError: a bug"


# --- what it takes --------------------------------------------------------------------------


def test_a_folder_is_all_its_visible_files_in_order(folder: Path) -> None:
    told = ingest(folder)

    assert told.fates == [("done", 1), ("done", 0), ("partial", 1), ("done", 1)]
    assert [Path(each["path"]).name[0] for each in told.imports] == ["a", "b", "c", "d"]


def test_standard_input_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO(json_lines([call(), call()]))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data))

    told = ingest("-")

    assert (told.status, told.fates, told.imports[0]["path"]) == (0, [("done", 2)], "-")


def test_set_gives_a_dimension_to_rows_that_lack_it(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(json_lines([call(), call(feature="chat")]))

    ingest(path, "--set", "feature=search", "--set", "team=a=b")

    assert read("SELECT feature, team FROM calls ORDER BY line") == [
        ("search", "a=b"),
        ("chat", "a=b"),
    ]


def test_set_of_what_is_no_dimension_is_unusable(folder: Path) -> None:
    assert ingest(folder / "a-good.jsonl", "--set", "colour=red").status == 2


def test_a_mapping_reads_any_columns(tmp_path: Path) -> None:
    csv = tmp_path / "odd.csv"
    csv.write_text("when,in,out,event\n2026-11-01 10:00:00+00:00,1000,500,sent\n,,,opened\n")
    mapping = tmp_path / "mapping.json"
    columns = {"time": "when", "input_tokens": "in", "output_tokens": "out"}
    constants = {"provider": {"const": "openai"}, "model": {"const": "gpt-4o"}}
    mapping.write_text(json.dumps(columns | constants | {"where": {"event": "sent"}}))

    (told,) = ingest(csv, "--mapping", mapping).imports

    assert (told["format"], told["source"], told["status"]) == ("mapped", "mapped", "done")
    assert (told["rows"], told["accepted"], told["skipped"]) == (2, 1, 1)
    assert told["cost"] == str(PRICE)


def test_the_source_is_the_formats_name_unless_said(folder: Path) -> None:
    (plain,) = ingest(folder / "a-good.jsonl").imports
    (named,) = ingest(folder / "a-good.jsonl", "--source", "gateway").imports

    assert (plain["source"], named["source"]) == ("costline", "gateway")
    assert total().calls == 2


def test_what_is_told_of_an_import_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(json_lines([call(), call(model="nobody-knows-it"), BAD]))

    (told,) = ingest(path).imports

    assert told | {"id": 0, "error": ""} == {
        "id": 0,
        "path": str(path),
        "format": "costline",
        "source": "costline",
        "kind": "usage",
        "status": "partial",
        "rows": 3,
        "accepted": 2,
        "duplicates": 0,
        "superseded": 0,
        "rejected": 1,
        "skipped": 0,
        "unpriced": 1,
        "cost": "0.0075",
        "currency": "USD",
        "from": "2026-11-01T10:00:00+00:00",
        "to": "2026-11-01T10:00:00+00:00",
        "error": "",
    }


# --- patience -------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only sleeping and the test itself move."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def test_patience_begins_anew_whenever_the_database_was_there(
    tmp_path: Path, clock: list[float]
) -> None:
    job = queued(tmp_path / "calls.jsonl")

    def lost_every_hour(job: Import, **_: Any) -> Import:
        job.take(datetime.now(UTC))
        clock[0] += 3600
        if job.attempts < 4:
            raise OperationalError("the server went away")
        return job

    with patch.object(foreground, "run_import", lost_every_hour):
        assert foreground._run(job, None).attempts == 4


def test_patience_with_a_database_that_stays_away_ends(tmp_path: Path, clock: list[float]) -> None:
    job = queued(tmp_path / "calls.jsonl")
    away = Mock(side_effect=OperationalError("the server went away"))

    with patch.object(foreground, "run_import", away), pytest.raises(OperationalError):
        foreground._run(job, None)

    assert 120 < clock[0] < 130


def test_a_living_worker_is_left_alone(tmp_path: Path, clock: list[float]) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(json_lines([call()]))
    job = queued(path)
    worker = Import.objects.get(pk=job.pk)
    worker.take(datetime.now(UTC))
    turns: list[float] = []

    def refused(job: Import, **_: Any) -> Import:
        turns.append(clock[0])
        if len(turns) == 2:
            raise OperationalError("the server went away")
        if len(turns) == 4:
            worker.end(datetime.now(UTC), status=Import.DONE)
        with pytest.raises(LeaseLost):
            job.take(datetime.now(UTC))
        raise LeaseLost

    with patch.object(foreground, "run_import", refused):
        ended = foreground._run(job, None)

    assert (ended.status, len(turns)) == ("done", 4)
    assert_whole(ended)
