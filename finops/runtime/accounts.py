"""Which system account the database runs as, and how it reaches its files.

PostgreSQL refuses to run as root. As root we step down to an account that exists already. That
account may be unable to enter the folders above ours (a checkout under ``/root``, or below
``mktemp -d``); we never open them up, we start the server with the one capability it lacks.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Accounts to step down to, best first.
UNPRIVILEGED: Final = ("postgres", "nobody")

#: Capabilities that let a process enter closed folders, weakest first, with their bit numbers.
ENTERING: Final = (("dac_read_search", 2), ("dac_override", 1))


class AccountError(RuntimeError):
    """The database server cannot run as any account here; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """The account of the database server; ``steps_down`` when it is not our own."""

    uid: int
    gid: int
    steps_down: bool


def service_account(cluster: Path) -> Account:
    """Return the account that runs the server of ``cluster``. Raises ``AccountError``.

    An existing cluster keeps its owner, because the server only starts as that.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), steps_down=False)
    try:
        owner = cluster.stat()
    except FileNotFoundError:
        owner = None
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, steps_down=True)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, steps_down=True)
    raise AccountError(
        "PostgreSQL does not run as root, and there is no account 'postgres' or 'nobody' to step "
        "down to. Run Costline as an ordinary user, or set DATABASE_URL."
    )


def trusted_owners(cluster: Path) -> set[int]:
    """Return the user ids that may own our socket folder: ourselves, and the server's account."""
    owners = {os.geteuid()}
    if os.geteuid() == 0:
        with contextlib.suppress(AccountError):
            owners.add(service_account(cluster).uid)
    return owners


def give(folder: Path, account: Account) -> None:
    """Hand ``folder`` and what is in it to ``account``; links are changed, never followed."""
    if not account.steps_down:
        return
    os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(Path(parent, name), account.uid, account.gid, follow_symlinks=False)


def prefix(account: Account, *, readable: Sequence[Path]) -> list[str]:
    """Return the words to put before a command so that it runs as ``account``.

    ``readable`` are the files and folders that the command must reach. Raises ``AccountError``
    when no way is left to reach them.
    """
    if not account.steps_down:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise AccountError(
            "Running as root needs the program setpriv (package util-linux), to run PostgreSQL as "
            "another account. Install it, run as an ordinary user, or set DATABASE_URL."
        )
    words = [setpriv, f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    blocked = _unreachable(account, readable)
    if blocked is None:
        return [*words, "--inh-caps=-all"]
    capability = _entering_capability()
    if capability is None:
        name = pwd.getpwuid(account.uid).pw_name
        raise AccountError(
            f"PostgreSQL does not run as root, and the account '{name}' cannot read {blocked}. "
            "Move the checkout and COSTLINE_DATA_DIR to a folder that it can enter, run Costline "
            "as an ordinary user, or set DATABASE_URL."
        )
    grant = f"-all,+{capability}"
    # access(2) ignores the capabilities of ordinary users unless this bit is set, and initdb looks
    # for its programs with it.
    words.append("--securebits=+no_setuid_fixup")
    return [*words, f"--inh-caps={grant}", f"--ambient-caps={grant}"]


def _entering_capability() -> str | None:
    """Return the weakest capability we may pass on that opens closed folders (Linux)."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    sets = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Cap"))
    ours = int(sets.get("CapBnd", "0"), 16) & int(sets.get("CapPrm", "0"), 16)
    return next((name for name, bit in ENTERING if ours >> bit & 1), None)


def _unreachable(account: Account, readable: Sequence[Path]) -> Path | None:
    """Return the first path that ``account`` cannot read, tried by a child that becomes it."""
    for path in readable:
        child = os.fork()
        if child == 0:
            _exit_readable(account, path)
        if os.waitpid(child, 0)[1] != 0:
            return path
    return None


def _exit_readable(account: Account, path: Path) -> None:
    status = 1
    try:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
        wanted = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
        status = 0 if os.access(path, wanted) else 1
    finally:
        os._exit(status)
