"""Where the rows of an import go: calls to the ledger, charges to the bills.

The pipeline stages whatever a decoder gives it, batch by batch, and publishes it whole; what that
means differs by kind, and each landing says it in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

from finops.attribution.charges import OWN_DIMENSIONS, own_values
from finops.attribution.queries import rules_for
from finops.bills import publish as bills
from finops.bills.deciding import Deciding
from finops.bills.stage import ChargeStage, ChargeWriter
from finops.ledger import publish as calls
from finops.ledger.stage import StageWriter, import_stage
from finops.models import Source
from finops.pricing.price_book import PriceBook
from ingest.models import Import
from ingest.source_format import Decoder, Kind, SourceFormat

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


class Staged(Protocol):
    """A batch on its way to a stage."""

    def send(self, cursor: CursorWrapper) -> None:
        """Copy the batch to its stage; the caller commits."""


class Stage(Protocol):
    """Where the rows of one start of an import wait; it outlives its worker."""

    def create(self, cursor: CursorWrapper) -> None:
        """Make it, empty."""

    def drop(self, cursor: CursorWrapper) -> bool:
        """Throw it away, at once or not at all; says whether it is gone."""

    def staged_rows(self, cursor: CursorWrapper) -> int | None:
        """Count the staged rows; None when there is no stage."""


@dataclass(frozen=True)
class Landed:
    """What publishing did, for the import's record; rows are those of the file."""

    accepted: int = 0
    duplicates: int = 0
    superseded: int = 0
    unpriced: int = 0
    cost: Decimal = Decimal(0)
    since: datetime | None = None
    until: datetime | None = None


class Landing(Protocol):
    """How the rows of one import become visible."""

    @property
    def stage(self) -> Stage:
        """Where its rows wait."""

    def begin(self, cursor: CursorWrapper) -> None:
        """Get ready to stage, where an earlier worker may have staged already."""

    def add(self, line: int, decoded: Any) -> int:
        """Queue what a decoder made of a row; says how many rows of the stage that is."""

    def take(self) -> Staged:
        """Hand over what waits, to be sent."""

    def prepare(self, cursor: CursorWrapper) -> None:
        """Do what must not wait inside the publishing transaction."""

    def publish(self, job: Import, decode: Decoder, *, now: datetime) -> Landed:
        """Make the whole stage visible, inside the caller's transaction."""


class CallLanding:
    """Calls, valued and attributed, on their way to the ledger."""

    def __init__(self, job: Import, form: SourceFormat, source: Source) -> None:
        """Read the price book's version and the rules of the source."""
        self._form, self._source = form, source
        self.stage = import_stage(job.pk, start_of(job))
        self._writer = StageWriter(
            self.stage, source=source.name, book=PriceBook(), rules=rules_for(source.name)
        )

    def begin(self, cursor: CursorWrapper) -> None:
        """Number contexts after those that an earlier worker sent."""
        self._writer.resume_contexts(cursor)

    def add(self, line: int, decoded: Any) -> int:
        """Queue a call."""
        self._writer.add(line, decoded)
        return 1

    def take(self) -> Staged:
        """Hand over the calls that wait."""
        return self._writer.take()

    def prepare(self, cursor: CursorWrapper) -> None:
        """Make the partitions of the months that the calls lie in."""
        calls.prepare(cursor, self.stage)

    def publish(self, job: Import, decode: Decoder, *, now: datetime) -> Landed:
        """Move the calls into the ledger: new ones, evidence, and what improves on known ones."""
        done = calls.publish(
            self.stage, import_id=job.pk, source=self._source, keep=self._form.keep
        )
        return Landed(
            done.accepted,
            done.duplicates,
            done.superseded,
            done.unpriced,
            done.cost,
            done.since,
            done.until,
        )


class BillLanding:
    """Charges, classified and attributed, on their way to the bills that they belong to."""

    def __init__(self, job: Import, form: SourceFormat, source: Source) -> None:
        """Read the rules that say what charges are, and whose."""
        self._source = source
        told: Mapping[str, str] = job.options.get("set") or {}
        self._owners = {name: told[name] for name in OWN_DIMENSIONS if name in told}
        self.stage = ChargeStage.of(job.pk, start_of(job))
        self._writer = ChargeWriter(self.stage, Deciding.of(source.name))

    def begin(self, cursor: CursorWrapper) -> None:
        """Nothing: a line of a stage of charges stands for itself."""

    def add(self, line: int, decoded: Any) -> int:
        """Queue the charges of a row: one, or one and its credits."""
        for record in decoded:
            if self._owners:
                record.tags = _with_owners(record.tags or {}, self._owners)
            self._writer.add(line, record)
        return len(decoded)

    def take(self) -> Staged:
        """Hand over the charges that wait."""
        return self._writer.take()

    def prepare(self, cursor: CursorWrapper) -> None:
        """Make the partitions of the billing periods."""
        bills.prepare(cursor, self.stage)

    def publish(self, job: Import, decode: Decoder, *, now: datetime) -> Landed:
        """Swap in a new snapshot of every bill, or hold it for a person."""
        accepted = job.rows - job.rejected - job.skipped
        delivery = bills.Delivery(
            import_id=job.pk,
            source=self._source,
            schema=getattr(decode, "schema", ""),
            content_hash=job.options.get("content_hash", ""),
            score=_score(decode, accepted),
        )
        done = bills.publish(self.stage, delivery, now=now)
        return Landed(
            accepted=accepted,
            unpriced=done.unpriced,
            cost=done.cost,
            since=done.since,
            until=done.until,
        )


#: One line for each kind of thing that formats read.
LANDINGS: Final[Mapping[Kind, Callable[[Import, SourceFormat, Source], Landing]]] = {
    "usage": CallLanding,
    "billing": BillLanding,
}


def stage_of(job: Import) -> Stage:
    """Name the stage of an import as it is now; either kind's has the same tables to drop."""
    return import_stage(job.pk, start_of(job))


def start_of(job: Import) -> int:
    """Say which fresh start of an import its stage belongs to."""
    return int(job.options.get("stage", 0))


def _with_owners(tags: Mapping[str, str], owners: Mapping[str, str]) -> dict[str, str]:
    """Add the owners that were told for the whole file where a charge names none."""
    own = own_values(tags)
    return {**{name: value for name, value in owners.items() if name not in own}, **tags}


def _score(decode: Decoder, rows: int) -> Mapping[str, Any]:
    """Give what a decoder found out about the style of its file, where it does.

    One that took over from a worker that died has not seen all ``rows``: it says so (``unseen``).
    """
    score: Callable[[], Mapping[str, Any]] = getattr(decode, "score", dict)
    found = score()
    unseen = rows - int(found.get("rows", rows))
    return {**found, "unseen": unseen} if unseen > 0 else found
