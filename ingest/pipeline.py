"""One import from bytes to calls or bills: decode → value → attribute → stage → publish.

The same code runs in the foreground of a command and in a Celery worker. The import's row says
how far it is: rows are staged in committed batches, and everything becomes visible in one
transaction at the end. A worker may die at any moment; whoever takes the import up goes on from
the last batch, or starts over when the stage was lost with the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from finops.domain.periods import zone_named
from finops.models import LeaseLost, Organization, Source
from ingest import readers
from ingest.batches import Batch, Cancelled, Committer
from ingest.content import excerpt
from ingest.deliveries import DeliverySource, open_delivery
from ingest.formats import FORMATS, format_named, format_of_mapping, recognise
from ingest.landings import LANDINGS, Landing, Staged, stage_of
from ingest.models import Import, RejectedRow
from ingest.redeliveries import content_hash, delivered_before
from ingest.source_format import (
    Decoder,
    ImportFailed,
    ReadOptions,
    Row,
    RowRejected,
    SourceFormat,
)
from ingest.sources import source_for

#: Rows staged in one transaction.
BATCH: Final = 10_000
#: An import that keeps losing its worker is not tried for ever.
MAX_ATTEMPTS: Final = 20

Opened = readers.Source | DeliverySource
Progress = Callable[[Import, Opened], None]


def run_import(
    job: Import, *, stdin: BinaryIO | None = None, progress: Progress | None = None
) -> Import:
    """Run an import to its end; the row tells the outcome.

    Raises LeaseLost when another worker has it, and OperationalError when the database went away:
    nothing is lost then, and whoever runs the import next goes on. Every other failure ends the
    import as ``failed`` with nothing published.
    """
    job.take(timezone.now())
    with _ending(job):
        if job.attempts > MAX_ATTEMPTS:
            raise ImportFailed(f"given up after {MAX_ATTEMPTS} attempts")
        if job.path == "-" and stdin is None:
            raise ImportFailed("interrupted; standard input cannot be read again")
        with open_delivery(job.path, job.options.get("parts") or (), stdin) as opened:
            reading = _Reading.begin(job, opened)
            known = delivered_before(job)
            if not known:
                _stage_rows(reading, opened, progress)
        if known:
            _end_as_known(job, known)
        else:
            _publish(reading)
    with connection.cursor() as cursor:
        stage_of(job).drop(cursor)
    return job


class _Reading(NamedTuple):
    """An import under way: its row, its format's decoder, and where its rows go."""

    job: Import
    decode: Decoder
    landing: Landing

    @classmethod
    def begin(cls, job: Import, opened: Opened) -> _Reading:
        form = _format(job, opened)
        source = source_for(job, form)
        decode = form.decoder(_read_options(job, source, form, opened))
        if not _can_resume(job, opened, form):
            _start_over(job, opened, form=form, source=source)
        landing = LANDINGS[form.kind](job, form, source)
        with transaction.atomic(), connection.cursor() as cursor:
            if not job.resume_point:
                landing.stage.create(cursor)
            landing.begin(cursor)
        return cls(job, decode, landing)


def _can_resume(job: Import, opened: Opened, form: SourceFormat) -> bool:
    """Say whether the stage of the last worker and the file are still what they were."""
    if not job.resume_point or job.options.get("fingerprint") != opened.fingerprint:
        return False
    with connection.cursor() as cursor:
        staged = stage_of(job).staged_rows(cursor)
    return job.format == form.name and staged == job.options.get("staged")


def _start_over(job: Import, opened: Opened, *, form: SourceFormat, source: Source) -> None:
    """Forget what an earlier worker did: no rejects, nothing counted, a stage of another name."""
    start = {"fingerprint": opened.fingerprint, "stage": job.attempts, "size": opened.size}
    if form.kind == "billing":
        start["content_hash"] = content_hash(job, opened, form)
    with transaction.atomic():
        job.beat(
            timezone.now(),
            resume_point=0,
            rows=0,
            rejected=0,
            skipped=0,
            format=form.name,
            kind=form.kind,
            source=source,
            currency=Organization.current().currency,
            options=job.options | start | {"staged": 0},
        )
        job.rejects.all().delete()


def check_options(options: dict[str, Any], *, now: datetime) -> None:
    """Find out before a file is opened whether format, mapping and defaults can be used.

    Raises ValueError, saying which cannot.
    """
    named, mapping = options.get("format"), options.get("mapping")
    told = ReadOptions(now=now, defaults=options.get("set") or {}, mapping=mapping)
    if named or mapping:
        form = format_named(named) if named else format_of_mapping(mapping or {})
        form.decoder(told)
        return
    # Which format it will be, the file says: one that takes these options is enough.
    problems = [problem for form in FORMATS if (problem := _problem(form, told))]
    if len(problems) == len(FORMATS):
        raise ValueError(problems[0])


def _problem(form: SourceFormat, options: ReadOptions) -> str:
    """Say why a format cannot be read with these options; empty when it can."""
    try:
        form.decoder(options)
    except ValueError as error:
        return str(error)
    return ""


def _format(job: Import, opened: Opened) -> SourceFormat:
    if name := job.options.get("format"):
        return format_named(name)
    if mapping := job.options.get("mapping"):
        return format_of_mapping(mapping)
    return recognise(opened.head)


def _read_options(job: Import, source: Source, form: SourceFormat, opened: Opened) -> ReadOptions:
    told = opened.settings if isinstance(opened, DeliverySource) else {}
    return ReadOptions(
        now=job.created_at,
        source=source.name,
        defaults={**told, **(job.options.get("set") or {})},
        time_zone=zone_named(source.time_zone) if source.time_zone else form.time_zone,
        mapping=job.options.get("mapping"),
        first=opened.head.first,
    )


class _Tally:
    """What became of the rows so far, and the rejects that are still to be written down."""

    def __init__(self, job: Import) -> None:
        self.rows, self.rejected, self.skipped = job.rows, job.rejected, job.skipped
        self.line = job.resume_point
        self.staged = int(job.options.get("staged", 0))
        self.rejects: list[RejectedRow] = []
        self.job = job

    def reject(self, line: int, reason: str, field: str, raw: str) -> None:
        self.rejected += 1
        self.rejects.append(
            RejectedRow(parent=self.job, line=line, reason=reason, field=field, raw=raw)
        )

    def take(self, staged: Staged, read: int) -> Batch:
        rejects, self.rejects = self.rejects, []
        so_far = {"read": read, "staged": self.staged}
        return Batch(staged, rejects, self.line, self.rows, self.rejected, self.skipped, so_far)


def _stage_rows(reading: _Reading, opened: Opened, progress: Progress | None = None) -> None:
    tally = _Tally(reading.job)
    with Committer(reading.job) as committer:
        for row in opened.rows(after=tally.line):
            tally.rows += 1
            tally.line = row.line
            _stage_row(reading, tally, row)
            if not tally.rows % BATCH:
                committer.commit(tally.take(reading.landing.take(), opened.bytes_read))
                if progress:
                    progress(reading.job, opened)
        committer.commit(tally.take(reading.landing.take(), opened.bytes_read))
    if progress:
        progress(reading.job, opened)


def _stage_row(reading: _Reading, tally: _Tally, row: Row | readers.RejectedRow) -> None:
    if isinstance(row, readers.RejectedRow):
        tally.reject(row.line, row.reason, row.field, row.raw)
        return
    try:
        decoded = reading.decode(row)
    except RowRejected as rejected:
        raw = excerpt(row.raw, row.fields)
        tally.reject(row.line, rejected.reason, rejected.field, raw)
        return
    if decoded:
        tally.staged += reading.landing.add(row.line, decoded)
    else:
        tally.skipped += 1


def _publish(reading: _Reading) -> None:
    job = reading.job
    if job.rows and job.rejected == job.rows:
        raise ImportFailed("every row was rejected")
    with connection.cursor() as cursor:
        reading.landing.prepare(cursor)
    with transaction.atomic():
        job.lock()
        now = timezone.now()
        done = reading.landing.publish(job, reading.decode, now=now)
        job.end(
            now,
            status=Import.PARTIAL if job.rejected else Import.DONE,
            accepted=done.accepted,
            duplicates=done.duplicates,
            superseded=done.superseded,
            unpriced=done.unpriced,
            cost=done.cost,
            calls_from=done.since,
            calls_to=done.until,
        )


def _end_as_known(job: Import, known: Import) -> None:
    """End the import of a bill that is in place already: all its rows are duplicates."""
    job.end(timezone.now(), status=Import.DONE, rows=known.rows, duplicates=known.rows)


@contextmanager
def _ending(job: Import) -> Iterator[None]:
    """Turn every outcome but a lost lease or database into the import's last state."""
    try:
        yield
    except (LeaseLost, OperationalError, InterfaceError):
        raise
    except Cancelled:
        _end_without_publishing(job, Import.CANCELLED, "cancelled")
    except KeyboardInterrupt:
        _end_without_publishing(job, Import.CANCELLED, "interrupted")
        raise
    except (ImportFailed, OSError, ValueError) as error:
        _end_without_publishing(job, Import.FAILED, str(error))
    except Exception as error:
        _end_without_publishing(job, Import.FAILED, f"{type(error).__name__}: {error}"[:2000])
        raise


def _end_without_publishing(job: Import, status: str, reason: str) -> None:
    with transaction.atomic():
        # Rows that were staged have no fate, so they are not counted either.
        rows = job.rejected + job.skipped
        job.end(timezone.now(), status=status, error=reason, rows=rows)


def queue_import(
    path: str, options: dict[str, Any], *, now: datetime, by: str = "", reserved: bool = False
) -> Import:
    """Write down that a file is to be imported; ``run_import`` does it, now or in a worker.

    ``path`` is absolute, or ``-`` for standard input, which only the caller itself can read. A
    reserved import is left to the caller until its lease runs out.
    """
    where = path if path == "-" else str(Path(path).absolute())
    job = Import(path=where, options=options, created_at=now, created_by=by)
    if reserved:
        job.reserve(now)
    job.save()
    return job
