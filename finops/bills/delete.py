"""Take a delivery out of the bills.

Its charges go, wherever they are: in the bill that it brought, and where a later delivery of other
days carried them on. A bill that keeps no charge is discarded. What it had replaced does *not*
come back: its charges are gone, and only its totals are on record. Deliver it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import connection
from django.db.models import Q

from finops.bills.daily import fill, keys, sum_up
from finops.bills.totals import take_totals
from finops.domain.display import counted
from finops.models import BillSnapshot
from finops.months.closed import refuse_closed
from finops.months.publications import hold_off
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

_IN_PLACE: Final = (BillSnapshot.CURRENT, BillSnapshot.HELD)


class DoomedCharges(NamedTuple):
    """What deleting would take away: charges, and what they come to in the reporting currency."""

    removed: int
    cost: Decimal


def preview(import_id: int) -> DoomedCharges:
    """Count what ``delete_charges`` would remove now."""
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql("bills/count_doomed.sql").format(),
            {"import_id": import_id, **keys(_touched(import_id))},
        )
        return DoomedCharges(*cursor.fetchone())


def delete_charges(import_id: int) -> int:
    """Remove every charge that an import brought; give how many went.

    Waits for publications under way. Call it inside a transaction, together with the record that
    says who deleted what. Raises MonthClosed when any of them is posted to a closed month.
    """
    with connection.cursor() as cursor:
        hold_off(cursor)
        snapshots = _touched(import_id)
        refuse_closed(_posted(snapshots))
        cursor.execute(
            load_sql("bills/remove_import.sql").format(),
            {"import_id": import_id, **keys(snapshots)},
        )
        removed = int(cursor.rowcount)
        _restate(cursor, snapshots)
    return removed


def _touched(import_id: int) -> list[BillSnapshot]:
    """Find the bills that hold charges of an import: those it brought, or that carried some on."""
    brought = BillSnapshot.objects.filter(import_id=import_id)
    bills = Q()
    for source, account, period in brought.values_list(
        "source", "billing_account_id", "billing_period"
    ):
        bills |= Q(source=source, billing_account_id=account, billing_period=period)
    if not bills:
        return []
    snapshots = BillSnapshot.objects.filter(bills, status__in=_IN_PLACE).order_by("pk")
    holding = _holding(import_id, list(snapshots))
    return [each for each in snapshots if each.pk in holding]


def _holding(import_id: int, snapshots: Sequence[BillSnapshot]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT snapshot_id FROM charges WHERE import_id = %(import_id)s"
            " AND snapshot_id = ANY (%(snapshots)s) AND billing_period = ANY (%(periods)s)",
            {"import_id": import_id, **keys(snapshots)},
        )
        return {snapshot_id for (snapshot_id,) in cursor.fetchall()}


def _posted(snapshots: Sequence[BillSnapshot]) -> list[date]:
    current = [each for each in snapshots if each.status == BillSnapshot.CURRENT]
    return [each.accounting_month or each.billing_period for each in current]


def _restate(cursor: CursorWrapper, snapshots: Sequence[BillSnapshot]) -> None:
    """Write down what the bills come to now; one that is empty is discarded."""
    before = {each.pk: each.rows for each in snapshots}
    sum_up(cursor, snapshots)
    take_totals(cursor, snapshots)
    for each in snapshots:
        gone = before[each.pk] - each.rows
        if gone:
            text = f"{counted(gone, 'row')} went with a deleted delivery"
            each.diff = each.diff | {"deleted": text}
        if not each.rows:
            each.status = BillSnapshot.DISCARDED
            each.decision_reason = "its delivery was deleted"
        each.save()
    fill(cursor, snapshots)
