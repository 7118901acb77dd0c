"""Clients of the embedded database as separate processes, each test with its own data folder."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from finops.runtime import cluster, postgres, processes

REPOSITORY = Path(postgres.__file__).resolve().parents[2]

#: Joins, says where, answers each line of standard input with the result of that SQL, each over
#: a new connection of Django's.
CLIENT = """
import sys
sys.path.insert(0, sys.argv[1])
from django.conf import settings
from finops.runtime import postgres
from finops.runtime.database import database_settings
settings.configure(DATABASES={"default": database_settings()})
from django.db import connection
print(postgres.join().host, flush=True)
for line in sys.stdin:
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(line)
        print(cursor.fetchone()[0] if cursor.description else "ok", flush=True)
"""


class Client:
    """One process that uses the database of a data folder."""

    def __init__(self, data: Path, *, user: str | None = None, python: Path | None = None) -> None:
        """Start it, as ``user`` with that ``python``; ``ready`` waits until it has joined."""
        inherited = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "HOME")}
        inherited["PYTHONPATH"] = sysconfig.get_path("purelib")
        as_user: dict[str, Any] = {}
        if user is not None:
            entry = pwd.getpwnam(user)
            as_user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self.process = subprocess.Popen(
            [str(python or sys.executable), "-c", CLIENT, str(REPOSITORY)],
            env=inherited | {"COSTLINE_DATA_DIR": str(data)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            **as_user,
        )

    def ready(self) -> str:
        """Return the host it was given. Fails with its error when it could not join."""
        return self._answer()

    def ask(self, sql: str) -> str:
        """Run one statement over a new connection and return the first value."""
        assert self.process.stdin is not None
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.stderr.read())
        return line.strip()

    def leave(self) -> None:
        """End it in good order and wait."""
        self.process.communicate(timeout=40)
        assert self.process.returncode == 0

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.communicate()


class Home:
    """A data folder under test, and the clients started for it."""

    def __init__(self, data: Path) -> None:
        """Use ``data``, which need not exist yet."""
        self.data = data
        self.clients: list[Client] = []

    def client(self, **options: Any) -> Client:
        """Start another client."""
        self.clients.append(Client(self.data, **options))
        return self.clients[-1]

    def state(self) -> dict[str, Any]:
        """Return what the keeper published."""
        found: dict[str, Any] = json.loads((self.data / "postgres" / "server.json").read_text())
        return found

    def servers(self) -> list[int]:
        """Return the database servers (postmasters) of this data folder."""
        mark = f"cluster_name={self._name()}"
        return [pid for pid in processes.with_command(lambda line: mark in line) if _lives(pid)]

    def left(self) -> list[int]:
        """Return every database process of this data folder, and the keeper."""
        workers = processes.with_command(lambda line: f"postgres: {self._name()}: " in line)
        keepers = processes.with_variable(f"COSTLINE_DATA_DIR={self.data}")
        clients = {client.process.pid for client in self.clients}
        found = {*self.servers(), *workers, *keepers} - clients
        return [pid for pid in found if _lives(pid)]

    def _name(self) -> str:
        return cluster.cluster_name(self.data / "postgres" / "cluster")

    def close(self) -> None:
        """Kill what a failed test left."""
        for client in self.clients:
            if client.process.poll() is None:
                client.kill()
        if not processes.wait_gone(self.left, seconds=10):
            processes.send(self.left(), signal.SIGKILL)
        memory = self.data / "socket-dir"
        if memory.exists():
            shutil.rmtree(memory.read_text().strip(), ignore_errors=True)


def _lives(pid: int) -> bool:
    return processes.is_alive(pid)


def eventually(check: Callable[[], bool], *, seconds: float = 15) -> bool:
    """Wait for ``check`` to hold."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any account may enter and write to (pytest's own are closed)."""
    folder = Path(tempfile.mkdtemp(prefix="costline-test-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(open_folder: Path) -> Iterator[Home]:
    """A data folder with a space and a percent sign in its path."""
    made = Home(open_folder / "my data 100%")
    yield made
    made.close()
