"""Deliveries: manifests, parts in any order, and everything that may be wrong with them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.deliveries import DeliverySource, open_delivery
from ingest.folders import Entry, one_delivery, spelled_out
from ingest.manifests import read_manifest
from ingest.readers import RejectedRow
from ingest.source_format import ImportFailed, Row

HEADER = (
    "line_item_line_item_type,line_item_usage_start_date,line_item_unblended_cost,"
    "line_item_currency_code\n"
)
CALL = '{"time":"2026-10-05T00:00:00Z","provider":"openai","model":"gpt-4o"}\n'


def cells(*costs: object) -> bytes:
    rows = (f"Usage,2026-10-05T00:00:00Z,{cost},USD\n" for cost in costs)
    return (HEADER + "".join(rows)).encode()


def part(folder: Path, name: str, *costs: object) -> Path:
    """Write a part: compressed when its name says so."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = cells(*costs)
    path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    return path


def aws(folder: Path, *keys: str, **more: Any) -> Path:
    content = {"reportName": "report", "reportKeys": list(keys), **more}
    return written(folder / "report-Manifest.json", content)


def azure(folder: Path, *blobs: dict[str, Any], **more: Any) -> Path:
    return written(folder / "manifest.json", {"blobs": list(blobs), **more})


def written(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def costs(path: Path | str, parts: tuple[str, ...] = (), after: int = 0) -> list[str]:
    """Read a delivery to its end: the cost of every row, in order."""
    with open_delivery(path, parts) as opened:
        return [cost_of(row) for row in opened.rows(after)]


def cost_of(row: Row | RejectedRow) -> str:
    assert isinstance(row, Row)
    assert row.fields
    return row.fields["line_item_unblended_cost"]


# --- parts ----------------------------------------------------------------------------------


def test_parts_are_read_in_the_order_of_the_manifest(tmp_path: Path) -> None:
    part(tmp_path, "run/part-1.csv.gz", 1, 2)
    part(tmp_path, "run/part-2.csv", 3)
    manifest = aws(tmp_path, "prefix/report/run/part-2.csv", "prefix/report/run/part-1.csv.gz")

    assert costs(manifest) == ["3", "1", "2"]


def test_a_part_counts_once_however_often_it_is_there(tmp_path: Path) -> None:
    part(tmp_path, "a.csv", 1)
    part(tmp_path, "copy.csv", 1)
    part(tmp_path, "b.csv", 2)

    assert costs(aws(tmp_path, "a.csv", "b.csv", "a.csv", "copy.csv")) == ["1", "2"]


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    part(tmp_path, "a.csv", 1)
    manifest = aws(tmp_path, "a.csv", "x/b.csv", "c.csv", "d.csv", "e.csv")

    with pytest.raises(ImportFailed, match=r"incomplete: x/b.csv, c.csv, d.csv and 1 more missing"):
        open_delivery(manifest)


def test_a_part_that_goes_away_on_the_way_is_named(tmp_path: Path) -> None:
    part(tmp_path, "a.csv", 1)
    gone = part(tmp_path, "b.csv", 2)

    with open_delivery(aws(tmp_path, "a.csv", "b.csv")) as opened:
        rows = opened.rows()
        next(rows)
        gone.unlink()
        with pytest.raises(ImportFailed, match=r"b.csv missing"):
            list(rows)


def test_bytes_and_rows_are_those_that_azure_counted(tmp_path: Path) -> None:
    path = part(tmp_path, "part_0.csv", 1, 2)
    size = path.stat().st_size
    whole = {"blobName": "root/export/part_0.csv", "byteCount": size, "dataRowCount": 2}

    assert costs(azure(tmp_path, whole)) == ["1", "2"]
    with pytest.raises(ImportFailed, match=r"part_0.csv has \d+ bytes, its manifest says \d+"):
        costs(azure(tmp_path, whole | {"byteCount": size + 1}))
    with pytest.raises(ImportFailed, match=r"part_0.csv: it has 2 rows, its manifest says 3"):
        costs(azure(tmp_path, whole | {"dataRowCount": 3}))


def test_a_part_of_another_kind_is_refused(tmp_path: Path) -> None:
    part(tmp_path, "a.csv", 1)
    (tmp_path / "b.csv").write_text("Date,Cost\n1,2\n")
    (tmp_path / "c.json").write_text(CALL)

    for other in ("b.csv", "c.json"):
        with pytest.raises(ImportFailed, match=rf"part {other}: its columns are not those"):
            costs(aws(tmp_path, "a.csv", other))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04zip", "a zip archive"),
        (gzip.compress(cells(*range(9999)))[:-20], "cut off"),
        (b"%PDF-1.7", "a PDF document"),
    ],
)
def test_a_part_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    part(tmp_path, "a.csv", 1)
    (tmp_path / "b.csv").write_bytes(content)

    with pytest.raises(ImportFailed, match=rf"part b.csv: .*{reason}"):
        costs(aws(tmp_path, "a.csv", "b.csv"))


def test_a_part_that_expands_without_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.readers.EXPANSION_GRACE", 2**16)
    monkeypatch.setattr("ingest.readers.EXPANSION_LIMIT", 100)
    part(tmp_path, "a.csv", 1)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(HEADER.encode() + b"x" * 2**20))

    with pytest.raises(ImportFailed, match=r"part b.csv.gz: .*expands"):
        costs(aws(tmp_path, "a.csv", "b.csv.gz"))


def test_parts_without_rows_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    part(tmp_path, "header.csv")
    part(tmp_path, "a.csv", 1)

    assert costs(aws(tmp_path, "empty.csv", "header.csv", "a.csv")) == ["1"]


@settings(max_examples=30)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.data())
def test_a_delivery_resumes_at_any_line(sizes: list[int], data: st.DataObject) -> None:
    """Lines are numbered through all parts, so that going on anywhere gives the rest."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        start = 0
        for number, size in enumerate(sizes):
            part(folder, f"{number}.csv", *range(start, start + size))
            start += size
        manifest = aws(folder, *(f"{number}.csv" for number in range(len(sizes))))
        with open_delivery(manifest) as opened:
            lines = [row.line for row in opened.rows()]
        after = data.draw(st.sampled_from([0, *lines]))

        assert lines == sorted(set(lines))
        assert costs(manifest, after=after) == [
            str(cost) for cost, line in enumerate(lines) if line > after
        ]


def test_the_hash_of_a_delivery_knows_no_order_and_every_byte(tmp_path: Path) -> None:
    part(tmp_path, "a.csv", 1)
    part(tmp_path, "b.csv", 2)

    def hashed(*names: str) -> str:
        with open_delivery(tmp_path, names) as opened:
            return opened.content_hash()

    before = hashed("a.csv", "b.csv")
    assert hashed("b.csv", "a.csv") == before
    part(tmp_path, "b.csv", 3)
    assert hashed("a.csv", "b.csv") != before


def test_progress_reaches_the_size_of_all_parts(tmp_path: Path) -> None:
    part(tmp_path, "a.csv.gz", *range(100))
    part(tmp_path, "b.csv", 1)

    with open_delivery(tmp_path, ("a.csv.gz", "b.csv")) as opened:
        list(opened.rows())
        assert opened.bytes_read == opened.size


# --- what a manifest may ask for ------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../secret.csv", "/etc/passwd", "a/../../secret.csv", "s3://bucket/../secret.csv", "", "a\\b"],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    part(tmp_path, "secret.csv", 1)

    with pytest.raises(ImportFailed, match="outside its folder"):
        open_delivery(aws(tmp_path / "export", name))


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    secret = part(tmp_path, "secret.csv", 1)
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "part.csv").symlink_to(secret)

    with pytest.raises(ImportFailed, match="leads outside the folder"):
        open_delivery(aws(tmp_path / "export", "part.csv"))
    with pytest.raises(ImportFailed, match="leads outside the folder"):
        open_delivery(tmp_path / "export", ("part.csv",))


def test_a_named_part_above_its_folder_is_refused(tmp_path: Path) -> None:
    part(tmp_path, "secret.csv", 1)
    (tmp_path / "export").mkdir()

    with pytest.raises(ImportFailed, match="leads outside the folder"):
        open_delivery(tmp_path / "export", ("../secret.csv",))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"reportKeys": []}, "lists no parts"),
        ({"blobs": [7]}, "without a name"),
        ({"blobs": [{"byteCount": 1}]}, "outside its folder"),
        ({"dataFiles": ["a.csv"] * 10_001}, "more than 10000 parts"),
    ],
)
def test_an_unusable_manifest_says_why(tmp_path: Path, content: Any, reason: str) -> None:
    with pytest.raises(ImportFailed, match=reason):
        open_delivery(written(tmp_path / "m.json", content))


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        '{"blobs": 1}',
        '{"tags": {"blobs": []}}',
        '{"blobs": [',
        CALL.replace("}", ',"tags":{"x":"\\"blobs\\""}}') * 2,
        "[]",
    ],
)
def test_other_json_is_no_manifest(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)

    assert read_manifest(path) is None


def test_azure_says_which_data_set_a_delivery_is(tmp_path: Path) -> None:
    part(tmp_path, "p.csv", 1)

    def told(kind: str) -> dict[str, str]:
        manifest = azure(tmp_path, {"blobName": "p.csv"}, exportConfig={"type": kind})
        with open_delivery(manifest) as opened:
            assert isinstance(opened, DeliverySource)
            return opened.settings

    assert told("AmortizedCost") == {"dataset": "amortized"}
    assert told("ActualCost") == {}


# --- folders --------------------------------------------------------------------------------


def entries(folder: Path) -> list[Entry]:
    return [
        Entry(str(Path(entry.path).relative_to(folder)), entry.parts)
        for entry in spelled_out(folder)
    ]


def test_bills_of_one_folder_and_header_are_one_delivery(tmp_path: Path) -> None:
    part(tmp_path, "oct/2.csv", 2)
    part(tmp_path, "oct/1.csv.gz", 1)
    part(tmp_path, "nov/1.csv", 3)
    part(tmp_path, "oct/15/1.csv", 4)
    (tmp_path / "oct" / "calls-1.jsonl").write_text(CALL)
    (tmp_path / "oct" / "calls-2.jsonl").write_text(CALL)
    (tmp_path / "oct" / "readme.txt").write_text("what is this")
    (tmp_path / "oct" / ".hidden.csv").write_text("x")

    assert entries(tmp_path) == [
        Entry("nov/1.csv"),
        Entry("oct", ("1.csv.gz", "2.csv")),
        Entry("oct/15/1.csv"),
        Entry("oct/calls-1.jsonl"),
        Entry("oct/calls-2.jsonl"),
        Entry("oct/readme.txt"),
    ]


def test_a_manifest_speaks_for_its_parts(tmp_path: Path) -> None:
    part(tmp_path, "data/BILLING_PERIOD=2026-10/x-1.csv", 1)
    part(tmp_path, "data/BILLING_PERIOD=2026-10/x-2.csv", 2)
    part(tmp_path, "data/BILLING_PERIOD=2026-10/stray.csv", 3)
    keys = [f"s3://b/p/x/data/BILLING_PERIOD=2026-10/x-{n}.csv" for n in (2, 1)]
    name = "metadata/BILLING_PERIOD=2026-10/x-Manifest.json"
    manifest = written(tmp_path / name, {"exportArn": "arn:x", "dataFiles": keys})

    # What the manifest does not list was left behind by an earlier run.
    assert entries(tmp_path) == [Entry(name)]
    assert costs(manifest) == ["2", "1"]


def test_of_two_runs_of_a_report_the_newest_counts(tmp_path: Path) -> None:
    for run in ("old", "new"):
        part(tmp_path, f"{run}/part.csv", run)
    same = {"billingPeriod": {"start": "20261001T000000.000Z"}}
    aws(tmp_path / "old", "r/old/part.csv", **same)
    aws(tmp_path / "new", "r/new/part.csv", **same)
    aws(tmp_path, "r/new/part.csv", **same)

    assert entries(tmp_path) == [Entry("report-Manifest.json")]
    assert costs(tmp_path / "report-Manifest.json") == ["new"]


def test_of_two_runs_of_azure_the_one_submitted_last_counts(tmp_path: Path) -> None:
    config = {"exportConfig": {"exportName": "daily", "type": "ActualCost"}}
    for run, hour in (("b", 1), ("a", 2)):
        part(tmp_path, f"{run}/p.csv", run)
        told = {"runInfo": {"submittedTime": f"2026-10-05T0{hour}:00:00Z", "startDate": "x"}}
        azure(tmp_path / run, {"blobName": "p.csv"}, **config, **told)

    assert entries(tmp_path) == [Entry("a/manifest.json")]


def test_a_broken_manifest_is_not_passed_over(tmp_path: Path) -> None:
    part(tmp_path, "a.csv", 1)
    aws(tmp_path, "../a.csv")

    assert Entry("report-Manifest.json") in entries(tmp_path)


def test_paths_told_to_be_one_delivery_keep_their_order(tmp_path: Path) -> None:
    first, second = part(tmp_path, "x/2.csv", 2), part(tmp_path, "y/1.csv", 1)

    entry = one_delivery([first, second])

    assert entry == Entry(str(tmp_path), ("x/2.csv", "y/1.csv"))
    assert costs(entry.path, entry.parts) == ["2", "1"]
    assert one_delivery([first]) == Entry(str(first))
    assert one_delivery([tmp_path]) == entry
    with pytest.raises(ValueError, match="no parts"):
        one_delivery([])
