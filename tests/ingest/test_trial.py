"""Looking into a file before it is imported."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.source_format import ImportFailed, ReadOptions
from ingest.trial import (
    COLUMNS,
    SHOWN,
    TRIED,
    Column,
    guess,
    is_recognised,
    look,
    may_read,
    try_mapping,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OPTIONS = ReadOptions(now=NOW)
AZURE = b"TIMESTAMP,ContextTokens,GeneratedTokens,prompt,api_key\n" + b"".join(
    b"2026-11-20T10:00:%02dZ,1000,500,tell me a secret,sk-123\n" % second for second in range(8)
)
MAPPING = {
    "time": "TIMESTAMP",
    "input_tokens": "ContextTokens",
    "output_tokens": "GeneratedTokens",
    "provider": {"const": "openai"},
    "model": {"const": "gpt-4o"},
}


@pytest.fixture
def azure(tmp_path: Path) -> Path:
    return written(tmp_path, AZURE)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (AZURE, False),
        (b'{"level": "info", "msg": "started"}\n', False),
        (b'{"time": "2026-11-20T10:00:00Z", "provider": "openai", "model": "gpt-4o"}\n', True),
        (b"", True),
        (bytes(range(256)) * 40, True),
    ],
    ids=["csv", "some log", "native", "empty", "binary"],
)
def test_a_mapping_is_asked_for_only_where_it_would_help(
    data: bytes, known: bool, tmp_path: Path
) -> None:
    assert is_recognised(written(tmp_path, data)) == known


def test_what_people_said_and_secrets_are_never_shown(azure: Path) -> None:
    seen = look(azure)

    assert [column.path for column in seen.columns] == [
        "TIMESTAMP",
        "ContextTokens",
        "GeneratedTokens",
        "prompt",
        "api_key",
    ]
    assert [column.content for column in seen.columns] == [False, False, False, True, False]
    assert len(seen.rows) == SHOWN
    assert seen.rows[0] == ("2026-11-20T10:00:00Z", "1000", "500", "(withheld)", "(withheld)")
    assert "secret" not in repr(seen)
    assert "sk-123" not in repr(seen)


def test_json_is_shown_as_dotted_paths(tmp_path: Path) -> None:
    row = {
        "at": 1,
        "usage": {"in": 7, "deep": {"er": {"still": {"more": 1}}}},
        "messages": [{"a": "said"}],
    }
    seen = look(written(tmp_path, json.dumps(row).encode()))

    assert [column.path for column in seen.columns] == [
        "at",
        "usage.in",
        "usage.deep.er.still",
        "messages",
    ]
    assert seen.rows == (("1", "7", '{"more":1}', "(withheld)"),)


def test_very_wide_and_very_long_rows_are_cut(tmp_path: Path) -> None:
    wide = {f"column {n}": "x" * 1_000 for n in range(1_000)}

    seen = look(written(tmp_path, json.dumps(wide).encode()))

    assert len(seen.columns) == COLUMNS
    assert max(map(len, seen.rows[0])) == 81


def test_rows_that_are_no_rows_are_passed_over(tmp_path: Path) -> None:
    assert look(written(tmp_path, b'{"a": 1}\nnot json\n[1, 2]\n')).rows == (("1",),)


def test_a_file_that_is_no_text_cannot_be_looked_into(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="not a text file"):
        look(written(tmp_path, bytes(range(256)) * 40))


def test_what_names_suggest_is_filled_in(azure: Path) -> None:
    assert guess(look(azure).columns) == {
        "time": "TIMESTAMP",
        "input_tokens": "ContextTokens",
        "output_tokens": "GeneratedTokens",
    }


def test_content_is_never_suggested_for_a_name() -> None:
    assert guess([Column("response", "", True), Column("Model Name", "", False)]) == {
        "model": "Model Name"
    }
    assert may_read("input_tokens", Column("input", "", True))
    assert not may_read("feature", Column("input", "", True))


@pytest.mark.django_db
def test_a_mapping_is_tried_on_the_first_rows_and_priced(azure: Path) -> None:
    trial = try_mapping(azure, MAPPING, OPTIONS)

    assert (trial.rows, trial.calls, trial.skipped, trial.rejected) == (8, 8, 0, [])
    assert len(trial.shown) == SHOWN
    first = trial.shown[0]
    assert (first.line, first.record.input_tokens, first.valuation.model) == (2, 1000, "gpt-4o")
    assert first.valuation.computed_cost == Decimal("0.0075")


@pytest.mark.django_db
def test_every_row_that_is_tried_has_one_fate(tmp_path: Path) -> None:
    rows = [
        *(["2026-11-20T10:00:00Z", "1", "1", "chat"] for _ in range(50)),
        *(["yesterday", "1", "1", "chat"] for _ in range(30)),
        *(["2026-11-20T10:00:00Z", "1", "1", "other"] for _ in range(40)),
        ["one", "cell"],
    ]
    lines = [["TIMESTAMP", "ContextTokens", "GeneratedTokens", "kind"], *rows]
    path = written(tmp_path, "\n".join(",".join(line) for line in lines).encode())

    trial = try_mapping(path, MAPPING | {"where": {"kind": "chat"}}, OPTIONS)

    assert trial.rows == TRIED
    assert trial.rows == trial.calls + trial.skipped + len(trial.rejected)
    assert (trial.calls, trial.skipped, len(trial.rejected)) == (50, 20, 30)
    assert trial.rejected[0][0] == 52
    assert "time" in trial.rejected[0][1]


def test_a_mapping_that_cannot_be_used_says_why(azure: Path) -> None:
    with pytest.raises(ValueError, match="prompt or answer text"):
        try_mapping(azure, MAPPING | {"feature": "prompt"}, OPTIONS)
    with pytest.raises(ValueError, match="lacks model"):
        try_mapping(azure, {name: MAPPING[name] for name in ("time", "provider")}, OPTIONS)
