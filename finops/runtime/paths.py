"""Where state lives: one data folder, and one short private folder for sockets."""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from finops.runtime import accounts, locks

REPOSITORY: Final = Path(__file__).resolve().parents[2]

#: A unix socket path holds 107 bytes; leave room for "/.s.PGSQL.65535.lock".
LONGEST_SOCKET_DIR: Final = 80
SHORT_FOLDER: Final = "/tmp"  # noqa: S108 (the folder made in it is private)


def data_dir() -> Path:
    """Return the absolute folder of all state: ``COSTLINE_DATA_DIR``, else the checkout's ``var``.

    The folder exists afterwards. Raises ``OSError`` when it cannot be made.
    """
    folder = Path(os.environ.get("COSTLINE_DATA_DIR") or REPOSITORY / "var").expanduser()
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 (links stay as given)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sub_dir(name: str) -> Path:
    """Return the folder ``name`` of the data folder, made when absent."""
    folder = data_dir() / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def random_characters() -> str:
    """Return 64 random characters."""
    return secrets.token_urlsafe(48)


def secret(name: str, make: Callable[[], str] = random_characters) -> str:
    """Return the secret called ``name``: made once, kept with mode 0600."""
    folder = data_dir() / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / name
    with locks.held(folder / ".lock"):
        if not path.exists():
            replace_file(path, make())
    return path.read_text(encoding="ascii").strip()


def replace_file(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` with mode 0600, so that readers see the old or the new file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def socket_dir() -> Path:
    """Return this data folder's private folder for unix sockets, short enough for any of them.

    It is made once and remembered in the data folder. Each call checks that it is still a real
    folder, closed to others, ours, and made for this data folder (not for the one that this was
    copied from); otherwise a new one is made.
    """
    home = data_dir()
    memory = home / "socket-dir"
    with locks.held(home / ".socket-dir.lock"):
        known = _remembered(memory)
        if known is None or not _is_private(known) or not _belongs_to(known, home):
            known = Path(tempfile.mkdtemp(prefix="costline-", dir=_short_temporary_folder()))
            (known / "owner").write_bytes(os.fsencode(os.path.realpath(home)))
            replace_file(memory, str(known))
    return known


def _remembered(memory: Path) -> Path | None:
    try:
        return Path(memory.read_text().strip())
    except FileNotFoundError:
        return None


def _is_private(folder: Path) -> bool:
    # lstat: in a shared temporary folder anybody could put a link where ours used to be.
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and stat.S_IMODE(found.st_mode) == 0o700
        and found.st_uid in accounts.trusted_owners(data_dir() / "postgres" / "cluster")
    )


def _belongs_to(folder: Path, home: Path) -> bool:
    try:
        return (folder / "owner").read_bytes() == os.fsencode(os.path.realpath(home))
    except OSError:
        return False


def _short_temporary_folder() -> str:
    usual = tempfile.gettempdir()
    too_long = len(os.fsencode(usual)) + len("/costline-12345678") > LONGEST_SOCKET_DIR
    return SHORT_FOLDER if too_long and os.access(SHORT_FOLDER, os.W_OK) else usual
