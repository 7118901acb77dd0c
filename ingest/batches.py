"""Batches of an import: committed one by one, each while the next is being read."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

from django.db import connection, connections, transaction
from django.utils import timezone

from ingest.landings import Staged
from ingest.models import Import, RejectedRow


class Cancelled(Exception):
    """Somebody asked to stop the import; nothing of it was published."""


class Batch(NamedTuple):
    """Rows to stage, rows to reject, and how far the import is once both are committed.

    ``so_far`` says how many bytes of the file that took (``read``), and how many rows the stage
    holds then (``staged``), which may be more than rows of the file.
    """

    staged: Staged
    rejects: list[RejectedRow]
    resume_point: int
    rows: int
    rejected: int
    skipped: int
    so_far: dict[str, int]


class Committer:
    """Commits batches in a thread with a database connection of its own.

    Decoding and copying then share the time instead of adding it up. One batch at most is on its
    way; whatever goes wrong with it is raised by the next call. Use it in ``with``.
    """

    def __init__(self, job: Import) -> None:
        self._job = job
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="staging")
        self._under_way: Future[None] | None = None

    def commit(self, batch: Batch) -> None:
        """Start committing a batch, once the one before is committed.

        Raises what went wrong with that one: LeaseLost, Cancelled, or a database error.
        """
        self.wait()
        self._under_way = self._thread.submit(_commit, self._job, batch)

    def wait(self) -> None:
        """Return when everything is committed; raises as ``commit`` does."""
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            under_way.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave no batch under way and no connection open, whatever happened."""
        try:
            if error is None:
                self.wait()
        finally:
            with suppress(Exception):  # the error that is being raised says more
                self.wait()
            self._thread.submit(connections.close_all).result()
            self._thread.shutdown()


def _commit(job: Import, batch: Batch) -> None:
    """Commit staged rows, their rejects and the resume point together, or none of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        batch.staged.send(cursor)
        RejectedRow.objects.bulk_create(batch.rejects)
        job.beat(
            timezone.now(),
            resume_point=batch.resume_point,
            rows=batch.rows,
            rejected=batch.rejected,
            skipped=batch.skipped,
            options=job.options | batch.so_far,
        )
    if Import.objects.filter(pk=job.pk, cancel_requested=True).exists():
        raise Cancelled
