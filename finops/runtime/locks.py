"""File locks that the kernel frees when their last holder dies (``flock``)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_lock(path: Path) -> int:
    """Open the lock file at ``path`` (made with mode 0600); the descriptor is closed by exec."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def share(lock: int) -> None:
    """Wait for a shared hold on the open lock."""
    fcntl.flock(lock, fcntl.LOCK_SH)


def try_share(lock: int) -> bool:
    """Take a shared hold unless somebody holds it alone. A hold we had before may be lost."""
    return _try(lock, fcntl.LOCK_SH)


def try_alone(lock: int) -> bool:
    """Take the lock alone unless somebody else holds it. A hold we had before may be lost."""
    return _try(lock, fcntl.LOCK_EX)


def _try(lock: int, mode: int) -> bool:
    try:
        fcntl.flock(lock, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def claim(path: Path) -> int | None:
    """Return a descriptor that holds the lock alone, or None when somebody has it."""
    lock = open_lock(path)
    if try_alone(lock):
        return lock
    os.close(lock)
    return None


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock alone for the block, after waiting for it."""
    lock = open_lock(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
