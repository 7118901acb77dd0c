"""Imports that somebody waits for: with a progress bar, and patience with a restarting database."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from rich.progress import Progress, TaskID

from finops.models import LeaseLost
from finops.models.jobs import LEASE
from finops.rollups.refresh import refresh
from ingest.folders import Entry
from ingest.models import Import
from ingest.pipeline import queue_import, run_import
from ingest.readers import Source

logger = logging.getLogger(__name__)

#: How long a lost database may take to come back, in seconds.
_PATIENCE: Final = 120.0


def import_files(paths: Iterable[str], options: dict[str, Any], *, quiet: bool) -> list[Import]:
    """Import each path to its end, then bring the rollups up to date; gives their records."""
    return import_entries(map(Entry, paths), options, quiet=quiet)


def import_entries(
    entries: Iterable[Entry], options: dict[str, Any], *, quiet: bool
) -> list[Import]:
    """Import each file or delivery to its end, as ``import_files`` does."""
    return finish(
        (queue(entry.path, _options_of(entry, options)) for entry in entries), quiet=quiet
    )


def _options_of(entry: Entry, options: dict[str, Any]) -> dict[str, Any]:
    return options | {"parts": list(entry.parts)} if entry.parts else options


def finish(jobs: Iterable[Import], *, quiet: bool) -> list[Import]:
    """Bring each import to its end as it comes, then the rollups up to date; gives them back.

    One that another worker has is waited for: until it has ended, or that worker's lease has.
    """
    shown = not quiet and sys.stderr.isatty()
    with Progress(disable=not shown, transient=True) as bar:
        ended = [_import_one(job, bar) for job in jobs]
    refresh()
    return ended


def queue(path: str, options: dict[str, Any], *, by: str = "command line") -> Import:
    """Write down that a file is to be imported, at once and by this process."""
    return queue_import(path, options, now=timezone.now(), by=by, reserved=True)


def _import_one(job: Import, bar: Progress) -> Import:
    task = bar.add_task(Path(job.path).name, total=None)

    def progress(_: Import, opened: Source) -> None:
        bar.update(task, total=opened.size, completed=opened.bytes_read)

    try:
        return _run(job, progress)
    finally:
        _finish(bar, task)


def _finish(bar: Progress, task: TaskID) -> None:
    bar.update(task, total=1, completed=1)


def _run(job: Import, progress: Any) -> Import:
    """Run the import, again from its last batch whenever the database comes back."""
    deadline, lost_at = 0.0, -1
    while True:
        try:
            return run_import(job, stdin=sys.stdin.buffer, progress=progress)
        except LeaseLost:
            if _is_ended_by_another(job):
                return job
        except (OperationalError, InterfaceError):
            if job.attempts > lost_at:  # it was there since it was last missed
                deadline, lost_at = time.monotonic() + _PATIENCE, job.attempts
            if job.path == "-" or time.monotonic() > deadline:
                raise
            _give_back(job)
        except Exception:
            if job.status != Import.FAILED:
                raise
            # The other files still stand for themselves.
            logger.exception("%s failed", job)
            return job
        connection.close()
        time.sleep(1)


def _is_ended_by_another(job: Import) -> bool:
    """Say whether the worker that took the import up has finished it."""
    try:
        job.refresh_from_db()
    except (OperationalError, InterfaceError):
        return False
    job.lease_token = None  # that worker's, and not ours to give back
    return job.status not in {Import.QUEUED, Import.RUNNING}


def _give_back(job: Import) -> None:
    """Let go of a lease that this process itself still holds, as soon as the database answers."""
    connection.close()
    with suppress(OperationalError, InterfaceError):
        Import.objects.filter(pk=job.pk, lease_token=job.lease_token, status=Import.RUNNING).update(
            lease_until=timezone.now() - LEASE
        )
