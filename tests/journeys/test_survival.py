"""Whatever is killed, and whenever: the totals are the file's, once.

Real processes on an installation of their own. They are killed at points that are seen to be
reached, never after a guessed time.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from finops.ledger.identity import call_ref_keyer
from finops.runtime import paths
from finops.runtime.cluster import DATABASE, USER
from tests.conftest import LEDGER_TABLES
from tests.finops.runtime.conftest import Home

LIMIT = 60.0
#: More than one batch, so that there is something between the first and the last.
MANY = 25_000
REFRESH_LOCK = 7_310_003


class Installation:
    """A data folder, its running database, and the processes started for it."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "data")
        self.files = folder
        self.processes: list[subprocess.Popen[str]] = []
        self.home.client().ready()  # holds the server while tests kill others
        self.manage("migrate")

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start ``manage.py`` in a process group of its own."""
        inherited = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        process = subprocess.Popen(
            [sys.executable, str(paths.REPOSITORY / "manage.py"), *words],
            env=inherited | {"COSTLINE_DATA_DIR": str(self.home.data)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A shell's background jobs, and so what runs below them, ignore Ctrl-C.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        self.processes.append(process)
        return process

    def manage(self, *words: str) -> str:
        """Run ``manage.py`` to its good end; give what it printed."""
        return finished(self.start(*words))

    def ingest(self, *paths: Path) -> subprocess.Popen[str]:
        return self.start("ingest", "--json", *map(str, paths))

    def work(self) -> None:
        """Do what a worker does when beat wakes it."""
        self.manage(
            "shell", "-v0", "-c", "from ingest.tasks import take_up_imports; take_up_imports()"
        )

    def connect(self) -> psycopg.Connection[Any]:
        state = self.home.state()
        password = (self.home.data / "secrets/database-password").read_text().strip()
        return psycopg.connect(
            host=state["host"],
            port=state["port"],
            user=USER,
            password=password,
            dbname=DATABASE,
            autocommit=True,
        )

    def read(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query).fetchall()

    def file(self, name: str, ids: range) -> Path:
        """A file of calls that cost $0.00001 each."""
        row = (
            '{"id":"%d","time":"2026-11-01T%02d:00:00Z","provider":"openai","model":"gpt-4o",'
            '"output_tokens":1,"run":"r%d"}\n'
        )
        path = self.files / name
        path.write_text("".join(row % (n, n % 24, n % 50) for n in ids))
        return path

    def let_leases_expire(self) -> None:
        with self.connect() as connection:
            connection.execute("UPDATE ingest_import SET lease_until = '2026-01-01Z'")

    def counts(self) -> dict[str, tuple[int, str]]:
        """Calls and cost, from the calls and from three projections of them."""
        queries = {
            "calls": "SELECT count(*), sum(cost) FROM calls",
            "days": "SELECT sum(calls), sum(cost) FROM cost_by_day WHERE dimension = 'total'",
            "hours": "SELECT sum(calls), sum(cost) FROM cost_by_hour WHERE dimension = 'team'",
            "runs": "SELECT sum(calls), sum(cost) FROM runs",
        }
        return {name: self.read(query)[0] for name, query in queries.items()}

    def assert_holds(self, calls: int) -> None:
        """Every call is there once, everywhere, and nothing waits."""
        counts = {
            name: (int(n or 0), float(cost or 0)) for name, (n, cost) in self.counts().items()
        }
        assert counts == dict.fromkeys(counts, (calls, calls / 100_000))
        assert self.read("SELECT count(DISTINCT call_id) FROM call_keys") == [(calls,)]
        assert self.read("SELECT count(*) FROM stale_hours") == [(0,)]

    def empty(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        self.processes.clear()
        with self.connect() as connection:
            for table in LEDGER_TABLES:
                connection.execute(f"DELETE FROM {table}")
            connection.execute("DROP SCHEMA staging CASCADE")
            connection.execute("CREATE SCHEMA staging")


def finished(process: subprocess.Popen[str], *, status: int = 0) -> str:
    """Wait for a process and check how it ended; give what it printed."""
    out, error = process.communicate(timeout=LIMIT)
    assert process.returncode == status, error
    return out


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def reached(check: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait until a point is reached. Fails when the process ends before."""
    deadline = time.monotonic() + LIMIT
    while not check():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def house() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="costline-test-"))
    folder.chmod(0o755)
    made = Installation(folder)
    yield made
    made.home.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def installation(house: Installation) -> Iterator[Installation]:
    """An installation with an empty ledger."""
    yield house
    house.empty()


def has_staged(house: Installation) -> Callable[[], object]:
    return lambda: house.read(
        "SELECT FROM ingest_import WHERE resume_point > 0 AND status = 'running'"
    )


def is_waiting(house: Installation) -> Callable[[], object]:
    return lambda: house.read(
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND state = 'active'"
    )


@contextmanager
def publication_held_up(house: Installation) -> Iterator[None]:
    """Whoever publishes the call "7" waits, in the middle of its transaction."""
    with house.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute(
            "INSERT INTO call_keys VALUES (%s, 0, now())", [call_ref_keyer("costline")(b"7")]
        )
        yield


@contextmanager
def refresh_held_up(house: Installation) -> Iterator[None]:
    with house.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [REFRESH_LOCK])
        yield


# --- kill -9 of the import ------------------------------------------------------------------


def killed_while_staging(house: Installation, path: Path) -> None:
    process = house.ingest(path)
    reached(has_staged(house), process)
    kill(process)


def killed_while_publishing(house: Installation, path: Path) -> None:
    with publication_held_up(house):
        process = house.ingest(path)
        reached(is_waiting(house), process)
        kill(process)


def killed_before_the_refresh(house: Installation, path: Path) -> None:
    with refresh_held_up(house):
        process = house.ingest(path)
        reached(is_waiting(house), process)
        assert house.read("SELECT status FROM ingest_import") == [("done",)]
        assert house.counts()["days"] == (None, None)
        kill(process)


@pytest.mark.slow
@pytest.mark.parametrize("death", [killed_while_staging, killed_before_the_refresh])
def test_importing_again_after_a_kill_gives_the_file_once(
    installation: Installation, death: Callable[[Installation, Path], None]
) -> None:
    path = installation.file("calls.jsonl", range(MANY))
    death(installation, path)

    finished(installation.ingest(path))

    installation.assert_holds(MANY)


@pytest.mark.slow
@pytest.mark.parametrize("death", [killed_while_staging, killed_while_publishing])
def test_a_worker_ends_what_a_killed_process_began(
    installation: Installation, death: Callable[[Installation, Path], None]
) -> None:
    path = installation.file("calls.jsonl", range(MANY))
    death(installation, path)
    assert installation.read("SELECT count(*) FROM calls") == [(0,)]
    assert installation.read("SELECT resume_point > 0 FROM ingest_import") == [(True,)]

    installation.let_leases_expire()
    installation.work()

    installation.assert_holds(MANY)
    assert installation.read("SELECT status, attempts FROM ingest_import") == [("done", 2)]
    assert installation.read("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'") == [
        (0,)
    ]


@pytest.mark.slow
def test_what_runs_is_brought_to_its_end_by_the_served_worker(installation: Installation) -> None:
    path = installation.file("calls.jsonl", range(MANY))
    killed_while_staging(installation, path)
    installation.let_leases_expire()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    serving = installation.start("serve", "--port", str(port))
    reached(lambda: installation.read("SELECT FROM ingest_import WHERE status = 'done'"), serving)
    reached(lambda: installation.read("SELECT count(*) FROM stale_hours") == [(0,)], serving)
    serving.send_signal(signal.SIGINT)
    serving.communicate(timeout=LIMIT)

    installation.assert_holds(MANY)


# --- kill -9 of the database ----------------------------------------------------------------


@pytest.mark.slow
def test_an_import_outlives_the_database(installation: Installation) -> None:
    path = installation.file("calls.jsonl", range(2 * MANY))
    process = installation.ingest(path)
    reached(has_staged(installation), process)
    (found,) = (installation.home.data / "postgres").rglob("postmaster.pid")
    postmaster = int(found.read_text().split()[0])

    os.kill(postmaster, signal.SIGKILL)
    (told,) = json.loads(finished(process))["imports"]

    assert (told["status"], told["accepted"], told["duplicates"]) == ("done", 2 * MANY, 0)
    assert int(found.read_text().split()[0]) != postmaster
    installation.assert_holds(2 * MANY)


# --- at the same time -----------------------------------------------------------------------


@pytest.mark.slow
def test_one_file_in_three_processes_at_once_counts_once(installation: Installation) -> None:
    path = installation.file("calls.jsonl", range(MANY))

    processes = [installation.ingest(path) for _ in range(3)]
    told = [json.loads(finished(process))["imports"][0] for process in processes]

    assert sorted(each["accepted"] for each in told) == [0, 0, MANY]
    installation.assert_holds(MANY)


@pytest.mark.slow
def test_a_file_that_breaks_off_takes_nothing_from_one_that_overlaps(
    installation: Installation,
) -> None:
    whole = installation.file("whole.jsonl", range(10_000))
    broken = installation.file("broken.jsonl", range(5_000, MANY))
    cut = broken.with_suffix(".jsonl.gz")
    cut.write_bytes(gzip.compress(broken.read_bytes(), 1)[:-2_000])

    failing, lasting = installation.ingest(cut), installation.ingest(whole)
    (failed,) = json.loads(finished(failing, status=1))["imports"]
    (done,) = json.loads(finished(lasting))["imports"]

    assert (failed["status"], failed["accepted"], failed["cost"]) == ("failed", 0, "0")
    assert (done["status"], done["accepted"], done["duplicates"]) == ("done", 10_000, 0)
    installation.assert_holds(10_000)


@pytest.mark.slow
def test_a_process_that_slept_too_long_leaves_its_import_to_the_next(
    installation: Installation,
) -> None:
    path = installation.file("calls.jsonl", range(MANY))
    sleeping = installation.ingest(path)
    reached(has_staged(installation), sleeping)
    sleeping.send_signal(signal.SIGSTOP)

    installation.let_leases_expire()
    installation.work()
    sleeping.send_signal(signal.SIGCONT)
    (told,) = json.loads(finished(sleeping))["imports"]

    assert (told["status"], told["accepted"]) == ("done", MANY)
    assert installation.read("SELECT attempts FROM ingest_import") == [(2,)]
    installation.assert_holds(MANY)
