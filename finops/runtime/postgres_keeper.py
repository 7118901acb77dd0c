"""The keeper: the small process that owns the embedded database server.

It starts the server, starts it again when it dies, and stops it as soon as no process holds the
user lock. It is born with the keeper lock in its hands (see ``postgres.join``), so there is never
a second one, and whoever finds the lock free knows that no keeper is left.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from finops.runtime import accounts, cluster, locks, paths, processes

#: Seconds between two looks at the server and at the user lock.
LOOK_EVERY: Final = 0.2

#: Seconds that a start may take; a server that recovers from a crash says so and is waited for.
START_LIMIT: Final = 900.0

#: Seconds for the fast shutdown. Then the server quits without its last checkpoint, and the next
#: start recovers: nothing is lost, and the terminal is not held up.
STOP_LIMIT: Final = 8.0

#: More unexpected deaths of the server than this within a minute, and the keeper gives up.
DEATHS_LIMIT: Final = 5


class Server:
    """The running server: our child, or one that a killed keeper left behind."""

    def __init__(self, pid: int, name: str, child: subprocess.Popen[bytes] | None) -> None:
        """Look after process ``pid`` of the cluster called ``name``."""
        self.pid = pid
        self._name = name
        self._child = child

    def is_running(self) -> bool:
        """Tell whether the server process still runs."""
        if self._child is not None:
            return self._child.poll() is None
        return cluster.is_server(self.pid, self._name)

    def stop(self) -> None:
        """Stop the server: fast, then at once, then by force."""
        for number, seconds in (
            (signal.SIGINT, STOP_LIMIT),
            (signal.SIGQUIT, 3.0),
            (signal.SIGKILL, 5.0),
        ):
            processes.send([self.pid] if self.is_running() else [], number)
            if processes.wait_gone(
                lambda: [self.pid] if self.is_running() else [], seconds=seconds
            ):
                return


class Keeper:
    """Looks after one cluster for as long as somebody uses it."""

    def __init__(self, home: Path, binaries: Path) -> None:
        """Prepare to keep the cluster below ``home`` with the programs in ``binaries``."""
        self._home = home
        self._binaries = binaries
        self._users_path = home / "users.lock"
        self._users = locks.open_lock(self._users_path)
        self._log = paths.sub_dir("log") / "postgres.log"
        self._log_start = 0
        self._wakeup = _wake_on_signals()
        self._told_to_stop = False
        signal.signal(signal.SIGTERM, self._stop_soon)
        signal.signal(signal.SIGINT, self._stop_soon)

    def _stop_soon(self, *_: object) -> None:
        self._told_to_stop = True

    def run(self) -> None:
        """Serve until nobody needs the server. Raises ``ClusterError`` or ``AccountError``."""
        self._tell("starting")
        _rotate(self._log)
        place = cluster.open_cluster(self._home, self._binaries)
        server = self._start(place)
        deaths: list[float] = []
        while not self._is_over():
            if not server.is_running():
                deaths = [died for died in deaths if died > time.monotonic() - 60] + [
                    time.monotonic()
                ]
                if len(deaths) > DEATHS_LIMIT:
                    raise cluster.ClusterError(f"the server keeps dying; see {self._log}")
                _say(f"server {server.pid} died, starting it again")
                self._tell("starting")
                server = self._start(place)
            select.select([self._wakeup], [], [], LOOK_EVERY)
            _drain(self._wakeup)
        self._tell("stopping")
        server.stop()
        self._tell("stopped")

    def _is_over(self) -> bool:
        # A lock gained here is kept to the end: who comes now waits, and then starts anew.
        return self._told_to_stop or self._data_is_gone() or locks.try_alone(self._users)

    def _data_is_gone(self) -> bool:
        try:
            return not os.path.samestat(self._users_path.stat(), os.fstat(self._users))
        except FileNotFoundError:
            return True

    def _start(self, place: cluster.Cluster) -> Server:
        """Start the server, or take over the one that runs, and wait until it answers."""
        found = cluster.running_postmaster(place.folder)
        if found is not None:
            _say(f"taking over server {found}")
            server = Server(found, place.name, None)
        else:
            cluster.end_orphans(place)
            cluster.drop_stale_lock_files(place)
            server = self._launch(place)
        self._await(server, place)
        return server

    def _launch(self, place: cluster.Cluster) -> Server:
        self._log.touch()
        self._log_start = self._log.stat().st_size
        child = cluster.start(place, self._log)
        _say(f"started server {child.pid}")
        return Server(child.pid, place.name, child)

    def _await(self, server: Server, place: cluster.Cluster) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            known = cluster.postmaster(place.folder)
            if known and known.pid == server.pid and known.status == "ready":
                self._tell("ready", host=known.host, port=known.port, server=server.pid)
                return
            if not server.is_running():
                words = cluster.last_words(self._log, self._log_start)
                raise cluster.ClusterError(f"PostgreSQL did not start:\n{words}")
            time.sleep(0.01)
        server.stop()
        raise cluster.ClusterError(f"PostgreSQL was not ready after {START_LIMIT:.0f} s")

    def _tell(self, status: str, **more: object) -> None:
        tell(self._home, status, **more)


def tell(home: Path, status: str, **more: object) -> None:
    """Publish how the server is doing, for the processes that wait for it."""
    if home.is_dir():
        state = {"status": status, "keeper": os.getpid(), **more}
        paths.replace_file(home / "server.json", json.dumps(state))


def _wake_on_signals() -> int:
    """Return a descriptor that becomes readable when a signal comes, a child's death included."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return reader


def _drain(pipe: int) -> None:
    with contextlib.suppress(BlockingIOError):
        os.read(pipe, 4096)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(log.with_suffix(".log.1"))


def _say(words: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {words}\n")
    sys.stderr.flush()


def main(binaries: str, lock: str) -> None:
    """Keep the server of ``COSTLINE_DATA_DIR``; ``lock`` is the inherited keeper lock's number."""
    os.set_inheritable(int(lock), False)
    home = paths.sub_dir("postgres")
    try:
        Keeper(home, Path(binaries)).run()
    except (cluster.ClusterError, accounts.AccountError, OSError) as error:
        _say(str(error))
        tell(home, "failed", message=str(error))
        raise SystemExit(1) from None
