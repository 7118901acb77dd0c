"""Every sample file of every format gives exactly the outcomes written beside it.

``tests/samples/formats/<name>/<case>.input.*`` is read as that format (``<case>.mapping.json`` is
its mapping, where there is one); ``expected.json`` holds one outcome per row under ``<case>``.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from finops.domain.charge import ChargeRecord
from finops.domain.usage import UsageRecord
from ingest.content import excerpt
from ingest.formats import FORMATS, format_named, recognise
from ingest.readers import RejectedRow, open_source
from ingest.source_format import Decoded, ReadOptions, RowRejected

SAMPLES = Path(__file__).parents[2] / "samples" / "formats"
INPUTS = sorted(SAMPLES.glob("*/*.input.*"))
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def outcomes(path: Path) -> list[dict[str, Any]]:
    """Read one sample: what became of each row, in order."""
    mapping_file = path.parent / f"{case(path)}.mapping.json"
    mapping = json.loads(mapping_file.read_text()) if mapping_file.exists() else None
    source_format = format_named(path.parent.name)
    found: list[dict[str, Any]] = []
    with open_source(path) as source:
        options = ReadOptions(now=NOW, mapping=mapping, source="bill", first=source.head.first)
        decode = source_format.decoder(options)
        for row in source.rows():
            if isinstance(row, RejectedRow):
                found.append({"line": row.line, "reason": row.reason, "raw": row.raw})
                continue
            try:
                record = decode(row)
            except RowRejected as rejected:
                found.append(
                    {
                        "line": row.line,
                        "reason": rejected.reason,
                        "field": rejected.field,
                        "raw": excerpt(row.raw, row.fields),
                    }
                )
            else:
                found.append({"line": row.line, "record": told(record)})
    return found


def told(decoded: Decoded) -> Any:
    """Give what a row became: fields of a call, or of each of its charges, beyond the default."""
    if decoded is None:
        return None
    if isinstance(decoded, UsageRecord):
        return told_call(decoded)
    return [told_charge(charge) for charge in decoded]


def told_call(record: UsageRecord) -> dict[str, Any]:
    silent = UsageRecord(started_at=record.started_at, provider="", model="")
    values = {
        name: value
        for name in record.__struct_fields__
        if (value := getattr(record, name)) != getattr(silent, name) or name == "started_at"
    }
    if record.identity is not None:
        values["identity"] = record.identity.decode()
    told_values: dict[str, Any] = json.loads(msgspec.json.encode(values))
    return told_values


def told_charge(record: ChargeRecord) -> dict[str, Any]:
    values = {
        name: value
        for name in record.__struct_fields__
        if (value := getattr(record, name)) is not None
    }
    told_values: dict[str, Any] = json.loads(msgspec.json.encode(values))
    return told_values


def case(path: Path) -> str:
    return path.name.partition(".input.")[0]


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_sample_gives_what_is_expected(path: Path) -> None:
    expected = json.loads((path.parent / "expected.json").read_text())

    assert outcomes(path) == expected[case(path)]


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_sample_is_recognised_as_its_own_format(path: Path) -> None:
    if path.parent.name in ("mapped", "mapped-bill"):
        pytest.skip("it takes a mapping to read it")

    with open_source(path) as source:
        assert recognise(source.head).name == path.parent.name


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_nothing_private_is_kept(path: Path) -> None:
    assert "never" not in json.dumps(outcomes(path))


def test_every_format_has_samples() -> None:
    assert {path.parent.name for path in INPUTS} == {each.name for each in FORMATS}
