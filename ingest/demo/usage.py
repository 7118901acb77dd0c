"""The sample's calls: written to files as their systems would, and imported as any other file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db.models import QuerySet

from finops.rollups.refresh import refresh
from ingest.deletion import cancel_import, delete_import
from ingest.demo.removal import Removal
from ingest.demo.story import SAMPLE, Story, folder
from ingest.demo.writing import written
from ingest.foreground import finish, queue
from ingest.generator.demo_company import Gateway
from ingest.generator.dialects import LITELLM, NATIVE, TABLE, TABLE_MAPPING, Dialect
from ingest.models import Import

#: How the files of each dialect are read; the batch system's table needs a mapping.
_OPTIONS: Final[dict[Dialect, dict[str, Any]]] = {
    NATIVE: {"format": "costline"},
    LITELLM: {"format": "litellm"},
    TABLE: {"format": "mapped", "mapping": TABLE_MAPPING},
}
_COMPLETE: Final = (Import.DONE, Import.PARTIAL)


def load(story: Story) -> None:
    """Write and import what is not there yet, one file while the next is being written.

    An import that was killed goes on. Raises ValueError when one failed.
    """
    missing = [gateway for gateway in story.gateways if not _imports(gateway, *_COMPLETE)]
    missing.sort(key=lambda gateway: gateway.calls)  # the first file is waited for
    jobs = (_job(gateway, path) for gateway, path in written(missing, story.calendar, folder()))
    for job in finish(jobs, quiet=False):
        if job.status not in _COMPLETE:
            raise ValueError(f"{job} {job.status}: {job.error}")


def is_complete(story: Story) -> bool:
    """Say whether every file has been imported."""
    return all(_imports(gateway, *_COMPLETE) for gateway in story.gateways)


def remove(story: Story, removal: Removal) -> Iterator[str]:
    """Delete every import of the sample, by the way that all imports are deleted, and its files."""
    for job in Import.objects.filter(created_by=SAMPLE).order_by("pk"):
        if job.is_under_way:
            _stop(job, removal.now)
        if job.status != Import.DELETED:
            delete_import(job.pk, now=removal.now, by=SAMPLE)
    refresh()
    Import.objects.filter(created_by=SAMPLE).delete()
    shutil.rmtree(folder())
    yield from ()


def _imports(gateway: Gateway, *statuses: str) -> QuerySet[Import]:
    return Import.objects.filter(
        created_by=SAMPLE, options__source=gateway.source, status__in=statuses
    )


def _job(gateway: Gateway, path: Path) -> Import:
    """Give the import that a killed load has left, or a new one."""
    left = _imports(gateway, Import.QUEUED, Import.RUNNING).first()
    if left is not None:
        left.lease_token = None  # the killed load's, and not ours to take
        return left
    options = _OPTIONS[gateway.dialect] | {"source": gateway.source}
    return queue(str(path), options, by=SAMPLE)


def _stop(job: Import, now: datetime) -> None:
    """Cancel an import and wait until it has ended; one that is being published will be done."""
    with suppress(ValueError):
        cancel_import(job.pk, now=now)
    finish([job], quiet=True)
    job.refresh_from_db()
