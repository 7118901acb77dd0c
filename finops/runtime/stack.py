"""Everything that runs for one data folder: broker, web, worker, scheduler, and the database.

This process holds the stack lock and the database's user lock, and watches supervisord, which
watches the rest. It runs with the standard library alone (``manage.py serve`` turns into it), so
that it costs no second copy of Django.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import http.client
import os
import pwd
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TextIO

from finops.runtime import locks, paths, postgres, processes, start_token

HOST: Final = "127.0.0.1"

#: Seconds that the programs have to finish their work, and that all of it may take to be gone.
WEB_GRACE, WORKER_GRACE, STOP_LIMIT = 5, 6, 11

#: Seconds that a stack whose ``serve`` was killed has to end by itself, and then is ended.
TAKEOVER_LIMIT: Final = 20.0

#: Seconds until the pages answer, after which we say that something is wrong.
READY_LIMIT: Final = 60.0

#: Paths are relative to its folder or come by the environment: here ``%``, ``;`` and ``#`` would
#: have a meaning, the first one even twice.
CONFIGURATION: Final = """\
; Written at each start by "manage.py serve".
[supervisord]
nodaemon = true
logfile = ../log/supervisord.log
logfile_maxbytes = 5MB
logfile_backups = 1
pidfile = supervisord.pid
childlogdir = ../log
identifier = costline
"""

PROGRAM: Final = """
[program:{name}]
command = %(ENV_COSTLINE_COMMAND_{variable})s
priority = {priority}
autorestart = true
startsecs = 2
startretries = 100000
stopsignal = TERM
stopwaitsecs = {grace}
killasgroup = true
redirect_stderr = true
stdout_logfile = ../log/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 2
"""


class StackError(RuntimeError):
    """The stack cannot run; the message says why and what to do."""


def main(port: str, broker: str = "", notice: str = "") -> None:
    """Run the stack on ``port`` until a signal; ``broker`` is the command line of our Redis.

    ``notice`` names a file whose text is printed once the pages answer. Exits with status 1 and
    one clear line when it cannot run.
    """
    try:
        Stack(int(port), shlex.split(broker), notice).run()
    except (StackError, postgres.PostgresUnavailableError) as error:
        _say(str(error), sys.stderr)
        raise SystemExit(1) from None


class Stack:
    """One stack: its supervisord, and the signals that end it."""

    def __init__(self, port: int, broker: Sequence[str], notice: str = "") -> None:
        """Prepare to run on ``port`` with the Redis that the words of ``broker`` start."""
        self._port = port
        self._notice = notice
        self._broker = list(broker)
        self._run_dir = paths.sub_dir("run")
        self._stopping = False
        self._lock = -1
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_soon)

    def _stop_soon(self, *_: object) -> None:
        self._stopping = True

    def run(self) -> None:
        """Start everything, stay until a signal or a failure, stop everything."""
        self._lock = self._take_place()
        try:
            refuse_taken_port(self._port)
            _join_database(seconds=postgres.JOIN_LIMIT)
            self._supervise()
        finally:
            _end_leftovers()
            postgres.leave()

    def _take_place(self) -> int:
        """Take the stack lock and clear away what a killed one left. Raises ``StackError``."""
        path = self._run_dir / "stack.lock"
        lock = locks.claim(path)
        if lock is None:
            raise StackError(
                f"Costline already runs for the data folder {paths.data_dir()}. "
                "Stop it first, or set COSTLINE_DATA_DIR to another folder."
            )
        if _leftovers():
            _say("Ending what a killed stack left behind…")
            # Its supervisord was told by the kernel and is stopping; give it the time it needs.
            processes.wait_gone(_leftovers, seconds=TAKEOVER_LIMIT)
            _end_leftovers()
        return lock

    def _supervise(self) -> None:
        """Run supervisord; start it again, after a clean-up, when somebody kills it."""
        starts: list[float] = []
        announced = False
        while not self._stopping:
            starts = [start for start in starts if start > time.monotonic() - 60]
            if len(starts) == 3:
                log = paths.sub_dir("log") / "supervisord.log"
                raise StackError(f"The supervisor keeps dying; see {log}")
            starts.append(time.monotonic())
            child = self._start_supervisor()
            try:
                announced = announced or self._announce(child)
                self._watch(child)
            finally:
                self._stop(child)
            if not self._stopping:
                _say("The supervisor died; starting it again.")
                _end_leftovers()

    def _watch(self, child: subprocess.Popen[bytes]) -> None:
        """Wait for a signal or the supervisor's end; see to it that the database has a keeper."""
        looks = 0
        while not self._stopping and child.poll() is None:
            time.sleep(0.2)
            looks += 1
            if looks % 10 == 0:
                with contextlib.suppress(postgres.PostgresUnavailableError):
                    _join_database(seconds=5)

    def _start_supervisor(self) -> subprocess.Popen[bytes]:
        commands = programs(port=self._port, broker=self._broker)
        configuration = self._run_dir / "supervisord.conf"
        paths.replace_file(configuration, configuration_text(list(commands)))
        output = paths.sub_dir("log") / "supervisord.out"
        library = ctypes.CDLL(None, use_errno=True)

        def die_with_serve() -> None:
            # PR_SET_PDEATHSIG: when we are killed, supervisord gets SIGTERM and stops the rest.
            if sys.platform == "linux":
                library.prctl(1, signal.SIGTERM, 0, 0, 0)

        with output.open("wb") as log:
            return subprocess.Popen(  # noqa: S603
                [
                    sys.executable,
                    "-m",
                    "supervisor.supervisord",
                    "-n",
                    "-s",
                    "-c",
                    str(configuration),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._run_dir,
                env=environment(commands) | {"PORT": str(self._port)},  # for links in mails
                start_new_session=True,
                preexec_fn=die_with_serve,  # noqa: PLW1509 (this process has one thread)
            )

    def _announce(self, child: subprocess.Popen[bytes]) -> bool:
        """Print the address once the pages answer; say so when they don't."""
        url = f"http://{HOST}:{self._port}"
        deadline = time.monotonic() + READY_LIMIT
        answer = ""
        while not self._stopping and child.poll() is None:
            answer = ask(f"{url}/readyz")
            if answer == "200":
                _say(f"Costline is ready at {url}  (Ctrl-C stops it; logs in {_log_dir()})")
                self._say_what_next(url)
                return True
            if time.monotonic() > deadline:
                _say(f"{url}/readyz says: {answer}. See the logs in {_log_dir()}", sys.stderr)
                return True
            time.sleep(0.15)
        return False

    def _say_what_next(self, url: str) -> None:
        """Print the notice; without one, how the first admin comes in."""
        if self._notice:
            _say(Path(self._notice).expanduser().read_text(encoding="utf-8").rstrip())
        elif token := start_token.read():
            _say(f"Set it up at {url}/start/ with the token {token}")

    def _stop(self, child: subprocess.Popen[bytes]) -> None:
        if child.poll() is not None:
            return
        _say("Stopping…")
        child.terminate()
        try:
            child.wait(timeout=STOP_LIMIT)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def programs(*, port: int, broker: Sequence[str]) -> dict[str, list[str]]:
    """Return the command of each program, by name."""
    home = str(paths.REPOSITORY)
    celery = [sys.executable, "-m", "celery", "--workdir", home, "-A"]
    schedule = paths.sub_dir("run") / "beat-schedule"
    web = [sys.executable, "-m", "gunicorn", "finops.wsgi", "--preload", "--workers", "2"]
    # Threads: an upload of any length holds one of them, and the others go on answering.
    web += ["--worker-class", "gthread", "--threads", "4"]
    web += ["--chdir", home, "--bind", f"{HOST}:{port}", "--graceful-timeout", str(WEB_GRACE - 1)]
    # Its control socket would lie in the home folder, the same for every checkout.
    web += ["--timeout", "120", "--no-control-socket", "--error-logfile", "-"]
    worker = [
        *celery,
        "finops.celery",
        "worker",
        "--pool",
        "prefork",
        "--concurrency",
        "2",
        "--loglevel",
        "INFO",
    ]
    worker += ["--without-gossip", "--without-mingle", "--hostname", "worker@localhost"]
    beat = [*celery, "finops.celery:scheduler", "beat", "--loglevel", "INFO", "--pidfile="]
    beat += ["--schedule", str(schedule)]
    own = {"broker": list(broker)} if broker else {}
    return {**own, "web": web, "worker": worker, "beat": beat}


def configuration_text(names: Sequence[str]) -> str:
    """Return supervisord's configuration for the programs called ``names``.

    The broker starts first and stops last; the others stop at the same time, as one group.
    """
    text = CONFIGURATION
    if os.geteuid() == 0:
        text += f"user = {pwd.getpwuid(0).pw_name}\n"
    for name in names:
        grace = {"worker": WORKER_GRACE, "web": WEB_GRACE}.get(name, 3)
        priority = 10 if name == "broker" else 20
        text += PROGRAM.format(name=name, variable=name.upper(), priority=priority, grace=grace)
    members = ",".join(name for name in names if name != "broker")
    return text + f"\n[group:costline]\nprograms = {members}\npriority = 20\n"


def environment(commands: dict[str, list[str]]) -> dict[str, str]:
    """Return supervisord's environment: ours, the commands, the folders, and the stack's mark."""
    own = {
        f"COSTLINE_COMMAND_{name.upper()}": shlex.join(words) for name, words in commands.items()
    }
    own["COSTLINE_DATA_DIR"] = str(paths.data_dir())
    own["PYTHONUNBUFFERED"] = "1"
    mark, _, value = _mark().partition("=")
    return {**os.environ, **own, mark: value}


def refuse_taken_port(port: int) -> None:
    """Raise ``StackError`` when ``port`` of this machine cannot be listened on."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
            trial.listen()
        except (OSError, OverflowError) as error:
            raise StackError(
                f"Port {port} on {HOST} cannot be used: {getattr(error, 'strerror', error)}. "
                "Choose another with PORT= or --port."
            ) from None


def ask(url: str) -> str:
    """Return the status that ``url`` answers within 5 seconds (and why), or the error."""
    # No proxy: this is our own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            return str(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code} {error.read(300).decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as error:
        return str(error)


def _join_database(*, seconds: float) -> None:
    if not os.environ.get("DATABASE_URL"):
        postgres.join(seconds=seconds)


def _mark() -> str:
    """Return the environment variable that marks the processes of this data folder's stack."""
    place = os.fsencode(os.path.realpath(paths.data_dir()))
    return f"COSTLINE_STACK={hashlib.sha256(place).hexdigest()[:16]}"


def _leftovers() -> list[int]:
    return processes.with_variable(_mark())


def _end_leftovers() -> None:
    processes.send(_leftovers(), signal.SIGTERM)
    if not processes.wait_gone(_leftovers, seconds=3):
        processes.send(_leftovers(), signal.SIGKILL)
        processes.wait_gone(_leftovers, seconds=2)


def _log_dir() -> Path:
    return paths.sub_dir("log")


def _say(words: str, stream: TextIO | None = None) -> None:
    print(words, file=stream or sys.stdout, flush=True)
