"""Bills that wait for a person: published after all, or discarded, with who and why.

A bill is held when its month is closed, when it holds much less than the one that it would
replace, or when a later delivery was quicker. Its charges wait with it and count nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction

from finops.bills import swapping
from finops.bills.comparing import compare
from finops.bills.daily import keys
from finops.bills.refusals import Gone, Refused
from finops.models import BillSnapshot
from finops.months.closed import closed_months, posting_month, refuse_closed
from finops.months.publications import take_turns
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Longest reason that is kept.
MAX_REASON: Final = 2_000


def publish_held(snapshot_id: int, *, by: str, reason: str, now: datetime) -> BillSnapshot:
    """Put a bill that waits in the place of the current one; gives it with its diff as of now.

    Raises Gone when it waits no longer, Refused without a reason, and MonthClosed while the month
    that the current one is posted to is closed: reopen it first.
    """
    with _decision(snapshot_id, by=by, reason=reason, now=now) as (cursor, held):
        replaced = swapping.current_bills(held.source)
        old = replaced.get(swapping.bill_of(held))
        if old is not None and old.accounting_month is not None:
            refuse_closed([old.accounting_month])
        _post(cursor, held, posting_month(held.billing_period, closed_months()))
        swapping.arrive(cursor, [held])
        swapping.swap(cursor, [held], replaced, compare(cursor), now=now)
        swapping.restate(cursor, [held])
    return held


def discard_held(snapshot_id: int, *, by: str, reason: str, now: datetime) -> BillSnapshot:
    """Throw away a bill that waits: its charges go, its totals and its diff stay on record.

    Raises Gone when it waits no longer, and Refused without a reason.
    """
    with _decision(snapshot_id, by=by, reason=reason, now=now) as (cursor, held):
        cursor.execute(load_sql("bills/remove_charges.sql").format(), keys([held]))
        held.status = BillSnapshot.DISCARDED
    return held


@contextmanager
def _decision(
    snapshot_id: int, *, by: str, reason: str, now: datetime
) -> Iterator[tuple[CursorWrapper, BillSnapshot]]:
    """Hold a waiting bill while a person's decision is carried out, then write down who and why."""
    if not reason.strip():
        raise Refused("Say why, so that others can follow it.")
    if len(reason) > MAX_REASON:
        raise Refused(f"Use at most {MAX_REASON:,} letters for the reason.")
    with transaction.atomic(), connection.cursor() as cursor:
        waiting = BillSnapshot.objects.filter(pk=snapshot_id, status=BillSnapshot.HELD)
        source_id = waiting.values_list("source_id", flat=True).first()
        if source_id is None:
            raise Gone
        # In the order of publications: their turn first, then rows.
        take_turns(cursor, source_id)
        held = waiting.select_for_update(of=("self",)).select_related("source").first()
        if held is None:
            raise Gone
        yield cursor, held
        held.decided_at, held.decided_by = now, by[:200]
        held.decision_reason = reason.strip()
        held.save()


def _post(cursor: CursorWrapper, held: BillSnapshot, month: date) -> None:
    """Post a bill to the month that is open for it now."""
    if held.accounting_month != month:
        held.accounting_month = month
        cursor.execute(
            "UPDATE charges SET accounting_month = %s WHERE snapshot_id = %s"
            " AND billing_period = %s",
            [month, held.pk, held.billing_period],
        )
        held.save(update_fields=["accounting_month"])
