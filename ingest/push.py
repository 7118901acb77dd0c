"""The small door: a list of native calls, durable and visible as one import before it returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from django.db import connection, transaction

from finops.attribution.queries import rules_for
from finops.domain.periods import zone_named
from finops.domain.usage import UsageRecord
from finops.ledger.publish import Published, prepare, publish
from finops.ledger.stage import StageWriter, push_stage
from finops.models import Organization, Source
from finops.pricing.price_book import PriceBook
from ingest.content import excerpt
from ingest.formats import format_named
from ingest.models import PUSH, Import, RejectedRow
from ingest.source_format import ReadOptions, Row, RowRejected

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_CALLS: Final = 10_000

#: Prices change rarely: one book per process, asked on each push whether it is still true.
_book: Final = PriceBook()


class BadPush(ValueError):
    """A body that is not a list of calls, nor ``{"calls": […]}``."""


class _Wrapped(msgspec.Struct):
    calls: list[msgspec.Raw]


class Pushed(NamedTuple):
    """What became of a push; ``rejected`` names the calls by their place in the list."""

    import_id: int
    published: Published
    rejected: tuple[tuple[int, str], ...]

    def as_json(self) -> dict[str, Any]:
        """Give the answer of CONTRACT 4."""
        return {
            "import": self.import_id,
            "accepted": self.published.accepted,
            "duplicates": self.published.duplicates,
            "superseded": self.published.superseded,
            "rejected": [{"index": index, "reason": reason} for index, reason in self.rejected],
        }


def read_body(body: bytes) -> list[bytes]:
    """Split a body into the raw text of its calls. Raises BadPush for another shape."""
    try:
        if body.lstrip()[:1] == b"{":
            raw = msgspec.json.decode(body, type=_Wrapped).calls
        else:
            raw = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPush(f'the body is not a list of calls, nor {{"calls": […]}}: {error}') from error
    return [bytes(call) for call in raw]


def push_calls(calls: Sequence[bytes], *, source: Source, now: datetime, by: str) -> Pushed:
    """Import a list of native calls in one transaction; committed when this returns."""
    with transaction.atomic(), connection.cursor() as cursor:
        job = Import.objects.create(
            path=PUSH,
            format="costline",
            source=source,
            currency=Organization.current().currency,
            status=Import.RUNNING,
            created_at=now,
            started_at=now,
            created_by=by,
        )
        form = format_named("costline")
        stage = push_stage()
        stage.create(cursor)
        _book.refresh()
        writer = StageWriter(stage, source=source.name, book=_book, rules=rules_for(source.name))
        rejects = _stage(calls, source=source, job=job, writer=writer, now=now)
        RejectedRow.objects.bulk_create(rejects)
        writer.take().send(cursor)
        prepare(cursor, stage)
        published = publish(stage, import_id=job.pk, source=source, keep=form.keep)
        _finish(job, published, rows=len(calls), rejected=len(rejects), now=now)
    return Pushed(job.pk, published, tuple((reject.line, reject.reason) for reject in rejects))


def _stage(
    calls: Sequence[bytes], *, source: Source, job: Import, writer: StageWriter, now: datetime
) -> list[RejectedRow]:
    zone = zone_named(source.time_zone) if source.time_zone else None
    decode = format_named("costline").decoder(ReadOptions(now=now, time_zone=zone))
    rejects = []
    for index, raw in enumerate(calls):
        row = Row(index, raw)
        try:
            record = decode(row)
        except RowRejected as error:
            rejects.append(
                RejectedRow(
                    parent=job,
                    line=index,
                    reason=error.reason,
                    field=error.field,
                    raw=excerpt(raw),
                )
            )
        else:
            if isinstance(record, UsageRecord):
                writer.add(index, record)
    return rejects


def _finish(job: Import, published: Published, *, rows: int, rejected: int, now: datetime) -> None:
    job.status = Import.PARTIAL if rejected else Import.DONE
    if rows and rejected == rows:
        job.status, job.error = Import.FAILED, "every row was rejected"
    job.rows, job.rejected = rows, rejected
    job.accepted, job.duplicates = published.accepted, published.duplicates
    job.superseded, job.unpriced = published.superseded, published.unpriced
    job.cost, job.calls_from, job.calls_to = published.cost, published.since, published.until
    job.finished_at = now
    job.save()
