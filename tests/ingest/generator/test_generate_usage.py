"""``manage.py generate_usage``: the same rows in every wrapping, and a polite end."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from django.core.management import call_command
from django.core.management.base import CommandError

from ingest.generator import usage_rows
from ingest.management.commands.generate_usage import Command

END = datetime(2026, 9, 15, tzinfo=UTC)
EXPECTED = b"".join(usage_rows(seed=4, calls=300, start=END - timedelta(days=3), end=END))


def generate(*arguments: str) -> None:
    call_command(Command(), "--calls=300", "--days=3", "--until=2026-09-15", "--seed=4", *arguments)


def test_it_writes_a_file(tmp_path: Path) -> None:
    generate("--out", str(tmp_path / "calls.jsonl"))
    assert (tmp_path / "calls.jsonl").read_bytes() == EXPECTED


def test_it_compresses_as_the_name_says(tmp_path: Path) -> None:
    generate("--out", str(tmp_path / "calls.jsonl.gz"))
    generate("--out", str(tmp_path / "calls.jsonl.zst"))
    assert gzip.decompress((tmp_path / "calls.jsonl.gz").read_bytes()) == EXPECTED
    packed = io.BytesIO((tmp_path / "calls.jsonl.zst").read_bytes())
    assert zstandard.ZstdDecompressor().stream_reader(packed).read() == EXPECTED


def test_compressed_files_are_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("one.gz", "two.gz"):
        generate("--out", str(tmp_path / name))
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()


def test_without_a_file_it_writes_to_standard_output(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    generate()
    captured = capfdbinary.readouterr()
    assert captured.out == EXPECTED
    assert captured.err == b""


def test_a_folder_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        generate("--out", str(tmp_path / "nowhere" / "calls.jsonl"))


@pytest.mark.parametrize("wrong", ["--calls=-1", "--days=0", "--until=soon", "--reported-cost=101"])
def test_senseless_arguments_are_refused(wrong: str) -> None:
    with pytest.raises(CommandError):
        generate(wrong)
