"""The ground that figures are measured on: data folder, generated files, an empty ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

REPOSITORY: Final = Path(__file__).resolve().parents[1]
#: Fixed, so that the bytes are the same on every machine; late enough for the prices of its models.
UNTIL: Final = datetime(2026, 11, 1, tzinfo=UTC)

#: Whatever imports and refreshes fill; CASCADE takes the records that point to them.
LEDGER: Final = (
    "calls, call_keys, call_evidence, call_before_images, stale_hours, cost_by_hour, cost_by_day,"
    " cost_by_day_full, runs, run_workflows, run_cost_sketch, refreshed_days, charges,"
    " charges_by_day, charges_by_month, charge_before_images, finops_billsnapshot,"
    " ingest_rejectedrow, ingest_import, finops_budget"
)


class Size(NamedTuple):
    """How much is measured. ``reads`` are the sizes of the sets made inside the database."""

    name: str
    calls: int
    days: int
    rounds: int
    chunk: int  # calls per refresh, and per push round
    reads: tuple[int, ...]


SIZES: Final = {
    size.name: size
    for size in (
        Size("small", 20_000, 3, 5, 1_000, (20_000,)),
        # Files are as dense as 10 M calls in 90 days, the set that the goals were measured on.
        Size("300k", 300_000, 3, 5, 10_000, (1_000_000,)),
        Size("1m", 1_000_000, 9, 5, 10_000, (1_000_000,)),
        Size("10m", 1_000_000, 9, 5, 10_000, (1_000_000, 10_000_000)),
    )
}


def prepare(data_dir: Path) -> None:
    """Set Django up over a data folder of the benchmark's own, and migrate its database."""
    for other in ("DATABASE_URL", "CELERY_BROKER_URL", "COSTLINE_TIME_ZONE"):
        os.environ.pop(other, None)
    os.environ["COSTLINE_DATA_DIR"] = str(data_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "finops.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def folder() -> Path:
    """Give the folder of generated files."""
    from finops.runtime import paths

    return paths.sub_dir("bench-files")


def usage_file(size: Size) -> Path:
    """Give a time-ordered file of the native format; made once."""
    path = folder() / f"usage-{size.calls}-{size.days}.jsonl"
    if not path.exists():
        from ingest.generator import usage_rows

        draft = path.with_suffix(".draft")
        with draft.open("wb") as out:
            out.writelines(
                usage_rows(
                    seed=1,
                    calls=size.calls,
                    start=UNTIL - timedelta(days=size.days),
                    end=UNTIL,
                    reported_cost_share=0.1,
                )
            )
        draft.replace(path)
    return path


def cut(path: Path, lengths: list[int]) -> list[Path]:
    """Cut a file into consecutive parts of so many lines."""
    parts = []
    with path.open("rb") as lines:
        for number, length in enumerate(lengths):
            part = path.with_suffix(f".{len(lengths)}-{number}.jsonl")
            with part.open("wb") as out:
                out.writelines(islice(lines, length))
            parts.append(part)
    return parts


def empty_ledger() -> None:
    """Forget all calls and imports; prices, rules and sources stay."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {LEDGER} CASCADE")
        cursor.execute("CHECKPOINT")


@contextmanager
def database(name: str) -> Iterator[bool]:
    """Work in another database of the same server; gives whether it was there already."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        found = cursor.fetchone() is not None
        if not found:
            cursor.execute(f'CREATE DATABASE "{name}"')
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
        yield found
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


class Worker:
    """An import in a process of its own, ready before the clock starts (see ``bench.worker``)."""

    def __init__(self, path: Path, source: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", str(path), source],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._line()

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def is_running(self) -> bool:
        """Say whether it is still at work."""
        return self._process.poll() is None

    def result(self) -> dict[str, Any]:
        """Wait for the end; give what it tells of itself."""
        told: dict[str, Any] = json.loads(self._line())
        self._process.communicate()
        return told

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the import process ended with status {self._process.wait()}")
        return line


def run_workers(jobs: dict[str, Path], expect: str = "accepted") -> tuple[float, int]:
    """Import files (source → path) at once; give the seconds until all are fresh, and the rows.

    Raises RuntimeError when a row came to another end than ``expect``.
    """
    import time

    workers = [Worker(path, source) for source, path in jobs.items()]
    start = time.perf_counter()
    for worker in workers:
        worker.go()
    told = [worker.result() for worker in workers]
    seconds = time.perf_counter() - start
    rows = sum(each["rows"] for each in told)
    if any(each[expect] != each["rows"] for each in told):
        raise RuntimeError(f"not all rows were {expect}: {told}")
    return seconds, rows
