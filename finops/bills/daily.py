"""The daily projection of current charges: refilled per snapshot, whole, with what changes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from finops.models import BillSnapshot
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


def refill(cursor: CursorWrapper, snapshots: Iterable[BillSnapshot]) -> None:
    """Make the days of these snapshots what their charges say now; of current ones alone.

    Call it in the transaction that changed the charges, or the status of a snapshot.
    """
    chosen = list(snapshots)
    sum_up(cursor, [each for each in chosen if each.status == BillSnapshot.CURRENT])
    fill(cursor, chosen)


def sum_up(cursor: CursorWrapper, snapshots: Iterable[BillSnapshot]) -> None:
    """Add the charges of snapshots up by day, into the table ``bill_days``."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.bill_days")
    # Nothing is known of rows that have just arrived, and so they would be sorted by sixteen texts.
    cursor.execute("SELECT set_config('enable_sort', 'off', true)")
    cursor.execute(load_sql("bills/sum_days.sql").format(), keys(snapshots))
    cursor.execute("SELECT set_config('enable_sort', 'on', true)")


def fill(cursor: CursorWrapper, snapshots: Iterable[BillSnapshot]) -> None:
    """Make the days of stored snapshots what ``bill_days`` says; of others than current, none."""
    chosen = list(snapshots)
    empty(cursor, chosen)
    current = [each for each in chosen if each.status == BillSnapshot.CURRENT]
    cursor.execute(load_sql("bills/fill_days.sql").format(), keys(current))
    cursor.execute(load_sql("bills/fill_months.sql").format(), keys(current))
    _note_days(cursor, current)


def empty(cursor: CursorWrapper, snapshots: Iterable[BillSnapshot]) -> None:
    """Take the days of snapshots out."""
    chosen = list(snapshots)
    _note_days(cursor, chosen)
    numbers = [each.pk for each in chosen]
    cursor.execute("DELETE FROM charges_by_day WHERE snapshot_id = ANY (%s)", [numbers])
    cursor.execute("DELETE FROM charges_by_month WHERE snapshot_id = ANY (%s)", [numbers])


def _note_days(cursor: CursorWrapper, snapshots: Iterable[BillSnapshot]) -> None:
    """Tell whoever watches what days cost that these did or will cost something else."""
    cursor.execute(
        "INSERT INTO refreshed_days (day)"
        " SELECT DISTINCT day FROM charges_by_day WHERE snapshot_id = ANY (%s)",
        [[each.pk for each in snapshots]],
    )


def keys(snapshots: Iterable[BillSnapshot]) -> dict[str, list[Any]]:
    """Name snapshots and their billing periods, as statements over charges ask for them."""
    chosen = list(snapshots)
    return {
        "snapshots": [each.pk for each in chosen],
        "periods": sorted({each.billing_period for each in chosen}),
    }
