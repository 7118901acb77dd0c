"""Find and end processes by what they are, never by a bare number that may have been reused."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")


def is_alive(pid: int) -> bool:
    """Tell whether ``pid`` runs; a dead process that nobody has reaped does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return not PROC.is_dir() or (PROC / str(pid)).exists()
    return state[0] not in "ZX"


def command_line(pid: int) -> str:
    """Return the command line of ``pid``, words parted by spaces; empty when it is gone."""
    return dict(_command_lines()).get(pid, "") if not PROC.is_dir() else _read_command(pid)


def with_command(matches: Callable[[str], bool]) -> list[int]:
    """Return the processes, but this one, whose command line ``matches``."""
    return [pid for pid, line in _command_lines() if pid != os.getpid() and matches(line)]


def with_variable(assignment: str) -> list[int]:
    """Return our processes, but this one, started with ``NAME=value`` in the environment."""
    wanted = os.fsencode(assignment)
    return [
        pid
        for pid in _pids()
        if pid != os.getpid() and wanted in _read(pid, "environ").split(b"\0") and is_alive(pid)
    ]


def _command_lines() -> Iterator[tuple[int, str]]:
    if PROC.is_dir():
        yield from ((pid, _read_command(pid)) for pid in _pids())
        return
    listing = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=False
    )
    for line in listing.stdout.splitlines():
        number, _, command = line.strip().partition(" ")
        yield int(number), command


def _pids() -> list[int]:
    folders = PROC.iterdir() if PROC.is_dir() else ()
    return [int(folder.name) for folder in folders if folder.name.isdigit()]


def _read_command(pid: int) -> str:
    return os.fsdecode(_read(pid, "cmdline").replace(b"\0", b" ").strip())


def _read(pid: int, name: str) -> bytes:
    try:
        return (PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to each; those that are gone already are skipped."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def wait_gone(find: Callable[[], list[int]], *, seconds: float) -> bool:
    """Wait until ``find`` returns nothing; False when ``seconds`` pass before."""
    deadline = time.monotonic() + seconds
    while find():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
