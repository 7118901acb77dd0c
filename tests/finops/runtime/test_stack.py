"""``serve`` runs everything, says where, and takes everything along when it ends, however."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from finops.runtime import processes, stack

from .conftest import eventually
from .shim import checkout


class Served:
    """``manage.py serve`` in a checkout of its own."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        """Start it on ``port``."""
        self.folder, self.port = folder, port
        dropped = (
            "COSTLINE_DATA_DIR",
            "DATABASE_URL",
            "CELERY_BROKER_URL",
            "DJANGO_SETTINGS_MODULE",
        )
        self.process = subprocess.Popen(
            [sys.executable, str(folder / "manage.py"), "serve", "--port", str(port), *options],
            env={name: value for name, value in os.environ.items() if name not in dropped},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
        )

    def say(self) -> str:
        """Return the next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def is_ready(self) -> bool:
        """Tell whether the pages answer."""
        return stack.ask(f"http://127.0.0.1:{self.port}/readyz") == "200"

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status, within the 20 s that we promise."""
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode

    def left(self) -> list[int]:
        """Return every process whose command or environment names the folder."""
        return [pid for pid in left_in(self.folder) if pid != self.process.pid]


def left_in(folder: Path) -> list[int]:
    """Return every living process that has to do with ``folder``."""
    from finops.runtime import cluster

    database = cluster.cluster_name(folder / "var" / "postgres" / "cluster")
    named = processes.with_command(lambda line: str(folder) in line or database in line)
    keepers = processes.with_variable(f"COSTLINE_DATA_DIR={folder / 'var'}")
    return [pid for pid in {*named, *keepers} if processes.is_alive(pid)]


@pytest.fixture
def folder(open_folder: Path) -> Iterator[Path]:
    """A checkout whose path has all that ini files and shells stumble over."""
    made = checkout(open_folder / "my check%s;out #1")
    yield made
    if not processes.wait_gone(lambda: left_in(made), seconds=5):
        processes.send(left_in(made), signal.SIGKILL)
    memory = made / "var" / "socket-dir"
    if memory.exists():
        shutil.rmtree(memory.read_text().strip(), ignore_errors=True)


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        number: int = found.getsockname()[1]
        return number


@pytest.mark.slow
def test_the_stack_serves_heals_and_leaves_nothing(folder: Path, port: int) -> None:
    notice = folder / "sign-ins.txt"
    notice.write_text("Sign in as\n  viewer@demo.example\n")
    served = Served(folder, port, "--notice", str(notice))
    assert f"http://127.0.0.1:{port}" in served.say()
    assert [served.say(), served.say()] == ["Sign in as\n", "  viewer@demo.example\n"]
    assert eventually(lambda: (folder / "var" / "touched").exists())

    again = Served(folder, port)
    assert "already runs" in again.say()
    assert again.process.wait(timeout=20) == 1

    gunicorns = processes.with_command(lambda line: "gunicorn" in line and str(folder) in line)
    processes.send(gunicorns, signal.SIGKILL)
    assert eventually(lambda: not any(map(processes.is_alive, gunicorns)) and served.is_ready())

    assert served.end(signal.SIGINT) == 0
    assert served.left() == []


@pytest.mark.slow
def test_a_killed_stack_makes_room_for_the_next(folder: Path, port: int) -> None:
    served = Served(folder, port)
    assert "ready" in served.say()
    served.process.kill()
    served.process.communicate()
    again = Served(folder, port)
    assert eventually(lambda: "ready" in again.say())
    (supervisor,) = processes.with_command(
        lambda line: "supervisord.conf" in line and str(folder) in line
    )
    os.kill(supervisor, signal.SIGKILL)
    assert "supervisor died" in again.say()
    assert eventually(again.is_ready)
    assert again.end() == 0
    assert again.left() == []


def test_a_taken_port_is_refused_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(stack.StackError, match=f"Port {port}"):
            stack.refuse_taken_port(port)


def test_a_port_that_is_no_port_is_refused() -> None:
    with pytest.raises(stack.StackError, match="Port 99999"):
        stack.refuse_taken_port(99999)


def test_the_broker_starts_first_and_the_rest_stops_together() -> None:
    text = stack.configuration_text(["broker", "web", "worker", "beat"])
    assert "programs = web,worker,beat" in text
    assert text.index("priority = 10") < text.index("[program:web]")
