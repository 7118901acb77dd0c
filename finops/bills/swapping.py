"""Put snapshots in the place of those that they replace, or hold them for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from finops.bills import diff
from finops.bills.comparing import Comparison, compare
from finops.bills.daily import empty, fill, keys, sum_up
from finops.bills.totals import take_totals
from finops.models import BillSnapshot, Source
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Why a snapshot waits for a person.
CLOSED, SHRINKS, OLDER = "closed", "shrinks", "older"

#: A bill of a source: billing account and billing period.
Bill = tuple[str, date]


def bill_of(snapshot: BillSnapshot) -> Bill:
    """Name the bill that a snapshot of a source tells of: account and period."""
    return snapshot.billing_account_id, snapshot.billing_period


def current_bills(source: Source) -> dict[Bill, BillSnapshot]:
    """Give the snapshots of a source that count now."""
    current = BillSnapshot.objects.filter(source=source, status=BillSnapshot.CURRENT)
    return {bill_of(snapshot): snapshot for snapshot in current}


def arrive(cursor: CursorWrapper, snapshots: Sequence[BillSnapshot]) -> None:
    """Note which snapshots arrive, and what each would replace: the table ``arriving``."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.arriving")
    cursor.execute(
        load_sql("bills/arriving.sql").format(), {"snapshots": [each.pk for each in snapshots]}
    )
    cursor.execute("ANALYZE arriving")


def settle(
    cursor: CursorWrapper,
    snapshots: Sequence[BillSnapshot],
    replaced: Mapping[Bill, BillSnapshot],
    *,
    closed: frozenset[date],
    now: datetime,
) -> None:
    """Swap in what may be, and hold the rest; ``snapshots`` are those of ``arriving``."""
    comparisons = compare(cursor)
    swapped = []
    for snapshot in snapshots:
        old = replaced.get(bill_of(snapshot))
        comparison = comparisons.get(snapshot.pk, Comparison())
        if old and (reason := why_held(snapshot, old, comparison, closed=closed)):
            snapshot.status, snapshot.held_because = BillSnapshot.HELD, reason
            carried = _beyond(cursor, snapshot)
            snapshot.diff = diff.describe(snapshot, old, comparison, carried=carried)
        else:
            swapped.append(snapshot)
    swap(cursor, swapped, replaced, comparisons, now=now)
    restate(cursor, snapshots)
    _outdate(swapped)


def why_held(
    snapshot: BillSnapshot, old: BillSnapshot, comparison: Comparison, *, closed: frozenset[date]
) -> str:
    """Say why a snapshot may not take another's place without a person; empty when it may."""
    if old.accounting_month in closed:
        return CLOSED
    if old.import_id > snapshot.import_id:
        return OLDER
    return SHRINKS if comparison.shrinks() else ""


def swap(
    cursor: CursorWrapper,
    snapshots: Sequence[BillSnapshot],
    replaced: Mapping[Bill, BillSnapshot],
    comparisons: Mapping[int, Comparison],
    *,
    now: datetime,
) -> None:
    """Put snapshots of ``arriving`` in their places; ``restate`` them afterwards.

    Days that they do not cover are carried over from their predecessors, which keep their totals
    and no rows.
    """
    pairs = [(each, replaced.get(bill_of(each))) for each in snapshots]
    olds = [old for _, old in pairs if old is not None]
    for snapshot, old in pairs:
        if old is not None:
            comparison = comparisons.get(snapshot.pk, Comparison())
            carried = _carry(cursor, snapshot)
            snapshot.diff = diff.describe(snapshot, old, comparison, carried=carried)
            old.status, old.superseded_at = BillSnapshot.SUPERSEDED, now
            old.save(update_fields=["status", "superseded_at"])
        snapshot.status, snapshot.published_at = BillSnapshot.CURRENT, now
    if olds:
        cursor.execute(load_sql("bills/remove_charges.sql").format(), keys(olds))
        empty(cursor, olds)


def restate(cursor: CursorWrapper, snapshots: Sequence[BillSnapshot]) -> None:
    """Write down what snapshots come to, and fill the days of those that count."""
    sum_up(cursor, snapshots)
    take_totals(cursor, snapshots)
    fill(cursor, snapshots)


def _outdate(snapshots: Sequence[BillSnapshot]) -> None:
    """Say of what still waits that a later delivery has come to be the bill."""
    for each in snapshots:
        BillSnapshot.objects.filter(
            source=each.source,
            billing_account_id=each.billing_account_id,
            billing_period=each.billing_period,
            status=BillSnapshot.HELD,
            import_id__lt=each.import_id,
        ).update(held_because=OLDER)


def _carry(cursor: CursorWrapper, snapshot: BillSnapshot) -> int:
    cursor.execute(load_sql("bills/carry.sql").format(), {"snapshots": [snapshot.pk]})
    return int(cursor.rowcount)


def _beyond(cursor: CursorWrapper, snapshot: BillSnapshot) -> int:
    """Count what would be carried over if the snapshot were put in place."""
    cursor.execute(load_sql("bills/count_beyond.sql").format(), {"snapshot": snapshot.pk})
    (count,) = cursor.fetchone()
    return int(count)
