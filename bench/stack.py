"""The running product, for as long as a figure needs it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psutil

from bench.ground import REPOSITORY

START_LIMIT: Final = 60.0


class Stack:
    """A running ``manage.py serve``."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process = process
        self.url = url

    def pss_mb(self) -> dict[str, float]:
        """Give the proportional share of memory of all its processes, by program."""
        shares: Counter[str] = Counter()
        for process in _tree(psutil.Process(self.process.pid)):
            shares[_program(process)] += process.memory_full_info().pss
        for process in _database():
            shares["database"] += process.memory_full_info().pss
        return {name: share / 2**20 for name, share in shares.most_common()}


def _program(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    known = ("gunicorn", "celery worker", "celery beat", "redis", "supervisord")
    words = {"celery worker": " worker ", "celery beat": " beat "}
    return next((name for name in known if words.get(name, name) in line), "serve")


@contextmanager
def running() -> Iterator[Stack]:
    """Run the stack on a free port until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
    )
    stack = Stack(process, f"http://127.0.0.1:{port}")
    try:
        _wait_ready(stack)
        yield stack
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def _wait_ready(stack: Stack) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and stack.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{stack.url}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the stack did not become ready")


def _tree(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _database() -> list[psutil.Process]:
    """The server, its backends, and the keeper that watches it."""
    from finops.runtime import cluster, paths

    server = cluster.running_postmaster(paths.sub_dir("postgres") / "cluster")
    if server is None:
        return []
    keeper = psutil.Process(server).parent()
    return [*([keeper] if keeper else []), *_tree(psutil.Process(server))]
