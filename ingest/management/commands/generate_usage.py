"""Write a file of invented usage: ``manage.py generate_usage --calls 100000 --out calls.jsonl``."""

from __future__ import annotations

import argparse
import gzip
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, cast

import zstandard
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingest.generator import usage_rows

PROGRESS_EVERY: Final = 50_000
BUFFER: Final = 1 << 20


class Command(BaseCommand):
    """Generate usage in the native format, to a file or to standard output."""

    help = "Write invented usage (native JSON lines): the same seed gives the same bytes."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--calls", type=_count, default=100_000, help="rows to write")
        parser.add_argument("--days", type=_days, default=90, help="length of the period")
        parser.add_argument(
            "--until",
            type=_instant,
            help="end of the period, exclusive (default: today, 00:00 UTC)",
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--reported-cost",
            type=_percent,
            default=0.0,
            metavar="PERCENT",
            help="how many of the answered calls say what they cost (default: none)",
        )
        parser.add_argument("--out", default="-", help="file (.gz and .zst compress), - is stdout")

    def handle(self, *args: object, **options: Any) -> None:
        """Write the file; a reader that has had enough ends it quietly."""
        end = options["until"] or _today()
        rows = usage_rows(
            seed=options["seed"],
            calls=options["calls"],
            start=end - timedelta(days=options["days"]),
            end=end,
            reported_cost_share=options["reported_cost"] / 100,
        )
        try:
            with _opened(options["out"]) as out:
                for row in self._with_progress(rows, options["calls"]):
                    out.write(row)
                out.flush()
        except BrokenPipeError:
            # Python flushes standard output once more at exit, and would complain then.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            raise CommandError(f"{options['out']}: {error.strerror or error}") from error

    def _with_progress(self, rows: Iterator[bytes], calls: int) -> Iterator[bytes]:
        """Pass the rows on, and count them on standard error if a person may be watching."""
        if not self.stderr.isatty():
            yield from rows
            return
        for number, row in enumerate(rows, start=1):
            yield row
            if number % PROGRESS_EVERY == 0 or number == calls:
                self.stderr.write(f"\r{number:,} of {calls:,} calls", style_func=str, ending="")
                self.stderr.flush()
        self.stderr.write("", style_func=str)


@contextmanager
def _opened(out: str) -> Iterator[IO[bytes]]:
    """Open where the rows go, compressed as the name says."""
    if out == "-":
        yield sys.stdout.buffer
        return
    with ExitStack() as stack:
        raw: IO[bytes] = stack.enter_context(Path(out).open("wb", buffering=BUFFER))
        if out.endswith(".gz"):
            # Without name and time in the header the same rows make the same file.
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0)
            raw = stack.enter_context(io.BufferedWriter(cast("io.RawIOBase", packed), BUFFER))
        elif out.endswith(".zst"):
            raw = stack.enter_context(zstandard.ZstdCompressor(level=3).stream_writer(raw))
        yield raw


def _today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _count(text: str) -> int:
    number = int(text.replace("_", ""))
    if number < 0:
        raise argparse.ArgumentTypeError("calls must not be negative")
    return number


def _days(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one day is needed")
    return number


def _percent(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError("a percentage lies between 0 and 100")
    return number


def _instant(text: str) -> datetime:
    """Read a date or an instant; without a zone it is UTC."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
