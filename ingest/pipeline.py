"""One import from bytes to ledger: decode → normalise → price → attribute → stage → publish.

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

from finops.attribution.queries import rules_for
from finops.domain.periods import zone_named
from finops.ledger.publish import prepare, publish
from finops.ledger.sources import source_named
from finops.ledger.stage import StagedBatch, StageTables, StageWriter, import_stage
from finops.models import LeaseLost, Organization, Source
from finops.pricing.price_book import PriceBook
from ingest import readers
from ingest.batches import Batch, Cancelled, Committer
from ingest.content import excerpt
from ingest.formats import format_named, recognise
from ingest.models import Import, RejectedRow
from ingest.source_format import ImportFailed, ReadOptions, Row, RowRejected, SourceFormat

#: Rows staged in one transaction.
BATCH: Final = 10_000
#: An import that keeps losing its worker is not tried for ever.
MAX_ATTEMPTS: Final = 20

Progress = Callable[[Import, readers.Source], None]


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
        with readers.open_source(job.path, stdin) as opened:
            reading = _Reading.begin(job, opened)
            _stage_rows(reading, opened, progress)
        _publish(reading)
    with connection.cursor() as cursor:
        _stage_of(job).drop(cursor)
    return job


class _Reading(NamedTuple):
    """An import under way: its row, its format's decoder, and its stage."""

    job: Import
    form: SourceFormat
    source: Source
    decode: Callable[[Row], Any]
    stage: StageTables
    writer: StageWriter

    @classmethod
    def begin(cls, job: Import, opened: readers.Source) -> _Reading:
        form = _format(job, opened)
        source = source_named(job.options.get("source") or form.name, format_name=form.name)
        decode = form.decoder(_read_options(job, source, form))
        stage = _resumable_stage(job, opened) or _fresh_stage(job, opened, form=form, source=source)
        writer = StageWriter(
            stage, source=source.name, book=PriceBook(), rules=rules_for(source.name)
        )
        with connection.cursor() as cursor:
            writer.resume_contexts(cursor)
        return cls(job, form, source, decode, stage, writer)


def _resumable_stage(job: Import, opened: readers.Source) -> StageTables | None:
    """Give the stage of the last worker if it and the file are still what they were."""
    if not job.resume_point or job.options.get("fingerprint") != opened.fingerprint:
        return None
    stage = _stage_of(job)
    with connection.cursor() as cursor:
        staged = stage.staged_rows(cursor)
    return stage if staged == job.rows - job.rejected - job.skipped else None


def _fresh_stage(
    job: Import, opened: readers.Source, *, form: SourceFormat, source: Source
) -> StageTables:
    """Start over: an empty stage, no rejects, nothing counted."""
    start = {"fingerprint": opened.fingerprint, "stage": job.attempts, "size": opened.size}
    with transaction.atomic(), connection.cursor() as cursor:
        job.beat(
            timezone.now(),
            resume_point=0,
            rows=0,
            rejected=0,
            skipped=0,
            format=form.name,
            source=source,
            currency=Organization.current().currency,
            options=job.options | start,
        )
        job.rejects.all().delete()
        stage = _stage_of(job)
        stage.create(cursor)
    return stage


def _stage_of(job: Import) -> StageTables:
    return import_stage(job.pk, job.options.get("stage", 0))


def check_options(options: dict[str, Any], *, now: datetime) -> None:
    """Find out before a file is opened whether format, mapping and defaults can be used.

    Raises ValueError, saying which cannot.
    """
    named = options.get("format") or ("mapped" if options.get("mapping") else "")
    form = format_named(named) if named else format_named("costline")
    form.decoder(
        ReadOptions(now=now, defaults=options.get("set") or {}, mapping=options.get("mapping"))
    )


def _format(job: Import, opened: readers.Source) -> SourceFormat:
    if name := job.options.get("format"):
        return format_named(name)
    if job.options.get("mapping"):
        return format_named("mapped")
    return recognise(opened.head)


def _read_options(job: Import, source: Source, form: SourceFormat) -> ReadOptions:
    return ReadOptions(
        now=job.created_at,
        defaults=job.options.get("set") or {},
        time_zone=zone_named(source.time_zone) if source.time_zone else form.time_zone,
        mapping=job.options.get("mapping"),
    )


class _Tally:
    """What became of the rows so far, and the rejects that are still to be written down."""

    def __init__(self, job: Import) -> None:
        self.rows, self.rejected, self.skipped = job.rows, job.rejected, job.skipped
        self.line = job.resume_point
        self.rejects: list[RejectedRow] = []
        self.job = job

    def reject(self, line: int, reason: str, field: str, raw: str) -> None:
        self.rejected += 1
        self.rejects.append(
            RejectedRow(parent=self.job, line=line, reason=reason, field=field, raw=raw)
        )

    def take(self, staged: StagedBatch, read: int) -> Batch:
        rejects, self.rejects = self.rejects, []
        return Batch(staged, rejects, self.line, self.rows, self.rejected, self.skipped, read)


def _stage_rows(
    reading: _Reading, opened: readers.Source, progress: Progress | None = None
) -> None:
    tally = _Tally(reading.job)
    with Committer(reading.job) as committer:
        for row in opened.rows(after=tally.line):
            tally.rows += 1
            tally.line = row.line
            _stage_row(reading, tally, row)
            if not tally.rows % BATCH:
                committer.commit(tally.take(reading.writer.take(), opened.bytes_read))
                if progress:
                    progress(reading.job, opened)
        committer.commit(tally.take(reading.writer.take(), opened.bytes_read))
    if progress:
        progress(reading.job, opened)


def _stage_row(reading: _Reading, tally: _Tally, row: Row | readers.RejectedRow) -> None:
    if isinstance(row, readers.RejectedRow):
        tally.reject(row.line, row.reason, row.field, row.raw)
        return
    try:
        record = reading.decode(row)
    except RowRejected as rejected:
        raw = excerpt(row.raw, row.fields)
        tally.reject(row.line, rejected.reason, rejected.field, raw)
        return
    if record is None:
        tally.skipped += 1
    else:
        reading.writer.add(row.line, record)


def _publish(reading: _Reading) -> None:
    job = reading.job
    if job.rows and job.rejected == job.rows:
        raise ImportFailed("every row was rejected")
    with connection.cursor() as cursor:
        prepare(cursor, reading.stage)
    with transaction.atomic():
        job.lock()
        done = publish(
            reading.stage, import_id=job.pk, source=reading.source, keep=reading.form.keep
        )
        job.end(
            timezone.now(),
            status=Import.PARTIAL if job.rejected else Import.DONE,
            accepted=done.accepted,
            duplicates=done.duplicates,
            superseded=done.superseded,
            unpriced=done.unpriced,
            cost=done.cost,
            calls_from=done.since,
            calls_to=done.until,
        )


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
