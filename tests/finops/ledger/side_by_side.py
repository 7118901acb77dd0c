"""Two things at once, each on a connection of its own, stopped where a test wants them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from unittest.mock import patch

from django.db import connection

from tests.finops.ledger.usage import read

Result = TypeVar("Result")
LIMIT = 30.0


def at_once(*works: Callable[[], Result]) -> list[Result]:
    """Run all works, each in a thread and on a connection of its own; give their results."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(LIMIT) for future in [pool.submit(_own, work) for work in works]]


@contextmanager
def under_way(work: Callable[[], Result]) -> Iterator[Future[Result]]:
    """Run a work beside the test."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(_own, work)


def _own(work: Callable[[], Result]) -> Result:
    try:
        return work()
    finally:
        connection.close()


@contextmanager
def held_after(owner: Any, name: str) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Stop the first call of a function when it is done; gives (it is there, it may go on)."""
    arrived, may_go = threading.Event(), threading.Event()
    original = getattr(owner, name)
    first = threading.Lock()

    def stopping(*args: Any, **named: Any) -> Any:
        result = original(*args, **named)
        if first.acquire(blocking=False):
            arrived.set()
            assert may_go.wait(LIMIT), "nobody let it go on"
        return result

    with patch.object(owner, name, stopping):
        try:
            yield arrived, may_go
        finally:
            may_go.set()


def wait_for(check: Callable[[], object], *, seconds: float = LIMIT) -> None:
    """Wait until ``check`` holds. Fails when it never does."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def somebody_waits_for_a_lock() -> bool:
    """Say whether a session of this database waits for another one."""
    return bool(
        read(
            "SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )
