"""What rows were before a run changed them, kept until the run is undone."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from psycopg import sql

from finops.bills.daily import refill
from finops.ledger.publish import mark_stale
from finops.models import BillSnapshot
from finops.months.publications import keep_open, take_turns
from finops.revaluation import columns as calls
from finops.revaluation.assignments import values_before
from finops.revaluation.charges import columns as charges
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


class Images:
    """The before-images of one run: where they lie, and the rows that they are of."""

    #: What the rows are called, the table of their images, and the column that it is read along.
    rows: str
    table: sql.Identifier
    along: str
    #: Where the packaged statements about them lie.
    folder: str

    def __init__(self, revaluation_id: int) -> None:
        self.run = revaluation_id

    def hold(self, cursor: CursorWrapper) -> None:
        """Let no month be closed until the transaction ends."""
        keep_open(cursor)

    def later_runs(self, cursor: CursorWrapper, applied_at: datetime | None) -> list[Any]:
        """Give the runs that changed some of the same rows later, and how many: last one first."""
        cursor.execute(
            load_sql(f"revaluation/{self.folder}find_later_runs.sql").format(),
            {"revaluation_id": self.run, "applied_at": applied_at},
        )
        found: list[Any] = cursor.fetchall()
        return found

    def months(self, cursor: CursorWrapper) -> list[date]:
        """List the months that the rows are posted to."""
        cursor.execute(
            load_sql(f"revaluation/{self.folder}months_of_images.sql").format(),
            {"revaluation_id": self.run},
        )
        return [month for (month,) in cursor.fetchall()]

    def restore(self, cursor: CursorWrapper) -> int:
        """Write the images back; gives how many rows took them."""
        raise NotImplementedError

    def drop(self, cursor: CursorWrapper) -> None:
        """Forget the images."""
        cursor.execute(
            sql.SQL("DELETE FROM {} WHERE revaluation_id = %s").format(self.table), [self.run]
        )

    def _restored(self, cursor: CursorWrapper, **parts: sql.Composable) -> tuple[int, list[Any]]:
        """Give how many rows took their image, and what has to be summed up anew."""
        bounds = sql.SQL("SELECT min({0}), max({0}) FROM {1} WHERE revaluation_id = %s")
        cursor.execute(bounds.format(sql.Identifier(self.along), self.table), [self.run])
        first, last = cursor.fetchone()
        statement = load_sql(f"revaluation/{self.folder}restore.sql").format(**parts)
        cursor.execute(statement, {"revaluation_id": self.run, "first": first, "last": last})
        restored, touched = cursor.fetchone()
        return restored, touched


class CallImages(Images):
    """Images of calls; the hours of those that take one back become stale."""

    rows = "calls"
    table = sql.Identifier("call_before_images")
    along = "started_at"
    folder = ""

    def restore(self, cursor: CursorWrapper) -> int:
        """Write back what was; a call that was told better meanwhile is left alone."""
        restored, hours = self._restored(
            cursor,
            assignments=values_before(calls.COLUMN_TYPES, table="call"),
            values=calls.values_of("call"),
        )
        mark_stale(cursor, hours)
        return restored


class ChargeImages(Images):
    """Images of charges; the days of the bills that take some back are filled anew."""

    rows = "charges"
    table = sql.Identifier("charge_before_images")
    along = "billing_period"
    folder = "charges/"

    def hold(self, cursor: CursorWrapper) -> None:
        """Wait for the publications of the touched sources too: they swap whole bills."""
        cursor.execute(
            load_sql("revaluation/charges/sources_of_images.sql").format(),
            {"revaluation_id": self.run},
        )
        for (source_id,) in cursor.fetchall():
            take_turns(cursor, source_id)
        super().hold(cursor)

    def restore(self, cursor: CursorWrapper) -> int:
        """Write back what was; a charge that went with its snapshot is left alone."""
        restored, snapshots = self._restored(
            cursor, assignments=values_before(charges.COLUMN_TYPES, table="charge")
        )
        refill(cursor, BillSnapshot.objects.filter(pk__in=snapshots))
        return restored
