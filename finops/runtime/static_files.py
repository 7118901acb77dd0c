"""Static files under names that carry their hash, compressed once, kept by browsers for good."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: Nothing of ours shows the browsable API, or a second description of it.
LEFT_OUT: Final = ("redoc", "rest_framework")
_STAMP: Final = "collected"


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped base
    """The files as ``collect`` left them; before it has run, files under their plain names."""

    def stored_name(self, name: str) -> str:
        """Give the hashed name. Raises ValueError for a file that was not collected."""
        return str(super().stored_name(name)) if self.hashed_files else name

    def create_compressor(self, **options: Any) -> Compressor:
        """Compress with gzip alone: Brotli saves a tenth more and takes 10 s of a first start."""
        return Compressor(use_brotli=False, **options)


def collect() -> bool:
    """Bring the served copies up to date; gives whether anything had changed since."""
    stamp = Path(settings.STATIC_ROOT) / _STAMP
    state = _state()
    if stamp.exists() and stamp.read_text() == state:
        return False
    ignored = [f"--ignore={pattern}" for pattern in LEFT_OUT]
    call_command("collectstatic", "--clear", *ignored, interactive=False, verbosity=0)
    stamp.write_text(state)
    return True


def _state() -> str:
    """Digest names, sizes and times of all files that finders know."""
    found = sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            found.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return found.hexdigest()
