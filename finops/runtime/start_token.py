"""The one-time token of the first run: whoever can read the data folder may make the first admin.

Kept as a file of mode 0600 until it is used. Standard library alone, because the stack prints it.
"""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Final

from finops.runtime import locks, paths

_NAME: Final = "start-token"
_BYTES: Final = 15  # 24 letters and digits: nothing to guess


def make() -> str:
    """Return the token, made when there is none: six groups of four letters and digits."""
    path = _path()
    with locks.held(path.with_name(".lock")):
        known = read()
        if known is None:
            letters = base64.b32encode(secrets.token_bytes(_BYTES)).decode("ascii")
            known = "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))
            paths.replace_file(path, known)
    return known


def read() -> str | None:
    """Return the token that waits for its use, if any."""
    try:
        return _path().read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def burn() -> None:
    """Forget the token; doing it again changes nothing."""
    _path().unlink(missing_ok=True)


def _path() -> Path:
    folder = paths.data_dir() / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / _NAME
