"""Make a staged import visible: whole, once, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from django.db import IntegrityError, connection, transaction
from psycopg import sql

from finops.domain.money import exact_sum
from finops.ledger import partitions
from finops.ledger.stage import StageTables
from finops.models import Organization, Source
from finops.months.closed import closed_months, posting_month
from finops.months.publications import take_turns
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Held while known calls are told again: two sources may tell of the same one.
_REPEATED_LOCK: Final = 7_310_005

#: The month of a call by the organisation's clock.
_OWN_MONTH: Final = sql.SQL("date_trunc('month', row.started_at AT TIME ZONE %(zone)s)::date")
#: The same, or the next open one where that is closed.
_POSTED: Final = sql.SQL(
    "coalesce((SELECT to_month FROM unnest(%(closed)s::date[], %(posted_to)s::date[])"
    " AS posted (from_month, to_month) WHERE from_month = {own}), {own})"
).format(own=_OWN_MONTH)

_REPLACED: Final = sql.SQL("(SELECT owner AS call_id, old_version FROM better)")

_OUTPUT: Final = sql.SQL(
    "coalesce(row.output_tokens, 0) + coalesce(row.reasoning_tokens, 0)"
    " + coalesce(row.output_audio_tokens, 0)"
)
_RANKS: Final = {"first": sql.SQL("0"), "largest_output": _OUTPUT}


@dataclass(frozen=True)
class Published:
    """What publishing did. ``accepted + duplicates + superseded`` = the staged rows.

    ``cost`` is the counted cost, in the reporting currency, of calls that are new or replaced;
    ``unpriced`` counts those among them without one; they start in ``[since, until]``.
    """

    accepted: int = 0
    duplicates: int = 0
    superseded: int = 0
    unpriced: int = 0
    cost: Decimal = Decimal(0)
    since: datetime | None = None
    until: datetime | None = None


def prepare(cursor: CursorWrapper, stage: StageTables) -> None:
    """Do what must not wait inside the publishing transaction: make the partitions."""
    cursor.execute(
        sql.SQL(
            "SELECT DISTINCT date_trunc('month', started_at AT TIME ZONE 'UTC')::date FROM {}"
        ).format(stage.rows)
    )
    months: list[date] = [month for (month,) in cursor.fetchall()]
    partitions.ensure_partitions(cursor, months)


def publish(
    stage: StageTables,
    *,
    import_id: int,
    source: Source,
    keep: Literal["first", "largest_output"],
) -> Published:
    """Move a stage into the ledger. Call it inside a transaction; it commits nothing itself.

    Publications of one source follow each other. Calls that are known already (by source and
    id, or by provider and response id) become evidence, or replace what they improve on. Calls of
    a closed month are posted to the next open one, and none that it counts is replaced.
    """
    with connection.cursor() as cursor:
        take_turns(cursor, source.pk)
    organization, closed = Organization.current(), closed_months()
    parameters = {
        "import_id": import_id,
        "source_id": source.pk,
        "counts": source.counts,
        "currency": organization.currency,
        "zone": organization.time_zone,
        "precedence": 1 if source.role == Source.METER else 0,
        "keep": keep,
        "closed": list(closed),
        "posted_to": [posting_month(month, closed) for month in closed],
    }
    names: dict[str, sql.Composable] = {
        "rows": stage.rows,
        "contexts": stage.contexts,
        "rank": _RANKS[keep],
        "replaced": _REPLACED,
        "accounting_month": _POSTED if closed else _OWN_MONTH,
    }
    names["staged_calls"] = load_sql("ledger/staged_calls.sql").format(**names)
    names["told"] = load_sql("ledger/told.sql").format(**names)
    with connection.cursor() as cursor:
        work = _Publication(cursor, stage, parameters, names)
        rows, all_new = work.settle_identities()
        accepted = work.run("insert_calls" if all_new else "insert_new_calls")
        superseded = 0 if all_new else work.take_in_repeated()
        return work.summarise(
            Published(
                accepted=accepted,
                duplicates=rows - accepted - superseded,
                superseded=superseded,
            )
        )


class _Publication:
    """One publication's cursor, parameters and names, so that its steps read as a list."""

    def __init__(
        self,
        cursor: CursorWrapper,
        stage: StageTables,
        parameters: dict[str, Any],
        names: dict[str, sql.Composable],
    ) -> None:
        self.cursor = cursor
        self.stage = stage
        self.parameters = parameters
        self.names = names

    def run(self, statement: str, **names: sql.Composable) -> int:
        """Run a packaged statement; give how many rows it touched."""
        composed = load_sql(f"ledger/{statement}.sql").format(**self.names, **names)
        self.cursor.execute(composed, self.parameters)
        return int(self.cursor.rowcount)

    def one(self, query: str) -> tuple[int, ...]:
        """Ask the stage one question."""
        self.cursor.execute(sql.SQL(query).format(**self.names))
        row: tuple[int, ...] = self.cursor.fetchone()
        return row

    def settle_identities(self) -> tuple[int, bool]:
        """Find out which rows are new calls; the others get an owner.

        Gives the number of staged rows, and whether all of them are new.
        """
        rows, with_id, response_ids = self.one(
            "SELECT count(*), count(*) FILTER (WHERE has_id), count(response_key) FROM {rows}"
        )
        if with_id < rows:
            self.run("number_occurrences")
        taken = self._take_keys()
        if taken == rows + response_ids:
            return rows, True
        self.cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_REPEATED_LOCK])
        self.cursor.execute("DROP TABLE IF EXISTS pg_temp.owners, pg_temp.better")
        if not self.stage.temporary:
            self.cursor.execute(sql.SQL("ANALYZE {}").format(self.stage.rows))
        self.run("find_owners")
        self.cursor.execute("ANALYZE owners")
        while self.run("follow_owners"):
            pass
        if taken:
            self.run("repoint_keys")
        return rows, False

    def _take_keys(self) -> int:
        """Write the keys of the staged rows; give how many were free.

        Most imports bring new calls alone, and a plain insert costs them little more than half
        of what looking for conflicts does. The first key that is taken stops it, early if there
        are many.
        """
        try:
            with transaction.atomic():
                return self.run("insert_keys", on_conflict=sql.SQL(""))
        except IntegrityError:
            return self.run("insert_keys", on_conflict=sql.SQL("ON CONFLICT DO NOTHING"))

    def take_in_repeated(self) -> int:
        """Record what known calls were told again; give how many tellings replaced one."""
        superseded = self.run("choose_better") if self._may_replace() else 0
        if superseded:
            mark_stale(self.cursor, self._instants("SELECT DISTINCT old_started_at FROM better"))
            for step in (
                "keep_versions",
                "record_superseded",
                "drop_replaced",
                "insert_replacing",
            ):
                self.run(step)
            self.run("move_keys")
            self.run("move_evidence")
        self.run("record_evidence")
        return superseded

    def _may_replace(self) -> bool:
        """Spare the search where nothing can be replaced: first wins, and all sources are equal."""
        evidence = Source.objects.filter(role=Source.EVIDENCE)
        meter = self.parameters["precedence"] == 1
        return self.parameters["keep"] == "largest_output" or (meter and evidence.exists())

    def summarise(self, published: Published) -> Published:
        """Mark the touched hours stale and add the figures of what became visible."""
        since, until = self.one("SELECT min(started_at), max(started_at) FROM {rows}")
        self.parameters |= {"since": since, "until": until}
        self.run("summarise_hours")
        hours = self.cursor.fetchall()
        if not hours:
            return published
        mark_stale(self.cursor, [hour[0] for hour in hours])
        return replace(
            published,
            unpriced=sum(hour[2] for hour in hours),
            cost=exact_sum(hour[3] for hour in hours),
            since=min(hour[4] for hour in hours),
            until=max(hour[5] for hour in hours),
        )

    def _instants(self, query: str) -> list[datetime]:
        self.cursor.execute(query)
        return [instant for (instant,) in self.cursor.fetchall()]


def mark_stale(cursor: CursorWrapper, instants: Iterable[datetime]) -> None:
    """Note that the hours (UTC) of these instants no longer agree with their rollups."""
    cursor.execute(
        "INSERT INTO stale_hours (hour)"
        " SELECT DISTINCT date_trunc('hour', instant, 'UTC')"
        " FROM unnest(%s::timestamptz[]) AS instant",
        [list(instants)],
    )
