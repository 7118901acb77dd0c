"""Files that people send: where they wait for their import, and when they go.

A file is written straight to disk under a name of ours, ``<random>.part``, and is gone unless it
is kept; then it is called by the number of its import. The client's own name is only a label.
"""

from __future__ import annotations

import errno
import os
import shutil
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from finops.models import Source
from finops.runtime import paths
from ingest.models import Import
from ingest.pipeline import queue_import

#: Longest label that is kept of a client's file name.
LABEL_LIMIT: Final = 200
#: How long a file stays for another try after its import failed, and a part after its last byte.
RETRY_FOR: Final = timedelta(days=1)
ORPHAN_AFTER: Final = timedelta(hours=1)
#: How long a file waits for somebody to say what its columns mean.
WAITS_FOR: Final = timedelta(days=1)

_PART: Final = ".part"
#: The disk is looked at again after so many bytes.
_LOOK_EVERY: Final = 64 * 1024 * 1024
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


class UploadRefused(Exception):
    """An upload that cannot be taken; the message says why, for whoever sent it."""


class TooLarge(UploadRefused):
    """The file is larger than this installation takes."""

    def __init__(self) -> None:
        super().__init__(
            f"The file is larger than {size_label(settings.UPLOAD_LIMIT)}, the most that is taken."
        )


class DiskFull(UploadRefused):
    """The disk would run full."""

    def __init__(self) -> None:
        super().__init__("There is no room for this file on the server's disk.")


def upload_folder() -> Path:
    """Give the folder of uploads, closed to others; made when absent."""
    folder = paths.sub_dir("uploads")
    folder.chmod(0o700)
    return folder


def check_size(size: int) -> None:
    """Refuse what is too large or has no room. Raises TooLarge or DiskFull; ``size`` in bytes."""
    if size > settings.UPLOAD_LIMIT:
        raise TooLarge
    if shutil.disk_usage(upload_folder()).free - size < settings.UPLOAD_RESERVE:
        raise DiskFull


class Part:
    """A file while it arrives. Close it: unless somebody kept it, it is gone then."""

    def __init__(self) -> None:
        """Begin an empty file. Raises DiskFull."""
        check_size(0)
        self.path = upload_folder() / f"{uuid4().hex}{_PART}"
        self.size = 0
        self._looked_at = 0
        self._kept = False
        # Closed by close(); nobody else may read what may hold prompts.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=0)

    def write(self, data: bytes) -> None:
        """Append bytes. Raises TooLarge or DiskFull."""
        self.size += len(data)
        if self.size > settings.UPLOAD_LIMIT:
            raise TooLarge
        if self.size - self._looked_at >= _LOOK_EVERY:
            self._looked_at = self.size
            check_size(0)
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise DiskFull from error
            raise

    def keep_as(self, path: Path) -> None:
        """Give the whole file its lasting name, durably."""
        os.fsync(self._file.fileno())
        self.path = self.path.rename(path)
        self._kept = True

    def close(self) -> None:
        """End writing; throw the file away when nobody kept it. Safe to call again."""
        self._file.close()
        if not self._kept:
            self.path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Throw the file away, kept or not."""
        self._kept = False
        self.close()


def queue_upload(
    part: Part,
    options: dict[str, Any],
    *,
    label: str,
    now: datetime,
    by: str,
    waits: bool,
    kind: str = Source.USAGE,
) -> Import:
    """Write down that a whole upload is to be imported, and keep its file.

    One that ``waits`` is left alone for a day, until somebody has said how to read it; then it
    is tried as it is, so that it cannot be forgotten. Raises database errors, with nothing kept.
    """
    try:
        with transaction.atomic():
            told = {"label": clean_label(label), "size": part.size}
            job = queue_import(str(part.path), options | told, now=now, by=by)
            if waits:
                hold(job, now)
            job.kind = kind
            job.path = str(upload_folder() / str(job.pk))
            part.keep_as(Path(job.path))
            job.save()
    except BaseException:
        part.discard()
        raise
    return job


def hold(job: Import, now: datetime) -> None:
    """Keep an import that is about to be saved from workers until somebody says how to read it."""
    job.reserve(now)
    job.lease_until = now + WAITS_FOR
    job.options = job.options | {"waits": True}


def release(job: Import, options: dict[str, Any]) -> bool:
    """Let workers have an import that waited, with what was said; False when it waits no longer."""
    with transaction.atomic():
        held = Import.objects.select_for_update().filter(pk=job.pk, status=Import.QUEUED).first()
        if held is None or not held.waits:
            return False
        held.lease_token = held.lease_until = None
        held.options = {**held.options, **options, "waits": False}
        held.save(update_fields=["lease_token", "lease_until", "options"])
    return True


def queue_again(job: Import, options: dict[str, Any], *, now: datetime, by: str) -> Import:
    """Import the file of a failed upload once more, as an import of its own.

    Raises FileNotFoundError when the file is gone.
    """
    with transaction.atomic():
        again = queue_import(job.path, job.told_options | options, now=now, by=by)
        again.path = str(upload_folder() / str(again.pk))
        again.save()
        os.link(job.path, again.path)
    return again


def can_be_tried_again(job: Import) -> bool:
    """Say whether a failed upload still has its file."""
    return job.status == Import.FAILED and job.is_upload and Path(job.path).is_file()


def clean_label(name: str) -> str:
    """Make a client's file name fit to be shown: no path, no control or direction marks, short."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    return " ".join(shown.split())[:LABEL_LIMIT] or "upload"


def size_label(size: int) -> str:
    """Write a size: ``512 bytes``, ``3.4 MB``, ``5 GB``; a kilobyte has 1,024 bytes."""
    if size < 1024:
        return f"{size} bytes" if size != 1 else "1 byte"
    tenths, unit = size * 10 // 1024, "KB"
    for larger in ("MB", "GB", "TB"):
        if tenths < 10_240:
            break
        tenths, unit = tenths // 1024, larger
    whole, tenth = divmod(tenths, 10)
    return f"{whole:,}.{tenth} {unit}" if tenth else f"{whole:,} {unit}"


def sweep(now: datetime) -> None:
    """Delete the files of imports that have ended, and parts whose upload broke off."""
    files = [path for path in upload_folder().iterdir() if path.is_file()]
    numbers = [int(path.name) for path in files if path.name.isdecimal()]
    jobs = {str(job.pk): job for job in Import.objects.filter(pk__in=numbers)}
    for path in files:
        if _has_served(path, jobs.get(path.name), now):
            path.unlink(missing_ok=True)


def _has_served(path: Path, job: Import | None, now: datetime) -> bool:
    if job is None:
        try:
            touched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:  # kept under another name meanwhile
            return False
        return now - touched > ORPHAN_AFTER
    if job.finished_at is None:
        return False
    kept = timedelta(days=settings.UPLOADS_KEPT_DAYS)
    return now - job.finished_at >= max(kept, RETRY_FOR if job.status == Import.FAILED else kept)
