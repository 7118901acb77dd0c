"""How far bills reach, and whether the next one is overdue.

Bills come when providers send them: daily, weekly, once a month. What is usual is read from the
days on which bills came in; one that stays out for longer makes budgets on bills stale.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from finops.budgets.silence import Feed
from finops.domain.freshness import PATIENCE, usual_gap
from finops.models import BillSnapshot
from finops.sql import load_sql, snapshot

#: While no rhythm is known: a bill a month, and the days that invoices take.
A_MONTH: Final = timedelta(days=40)
#: How far back the rhythm of deliveries is read.
_LOOKS_BACK: Final = timedelta(days=200)

NO_BILLS: Final = Feed(None, stale=True, of_bills=True)


def bill_feed(at: datetime) -> Feed:
    """Describe the bills as they are now, and whether they should reach further by an instant."""
    with snapshot() as cursor:
        cursor.execute(load_sql("rollups/bills_complete_to.sql").format())
        reached: datetime | None = cursor.fetchone()[0]
        came = BillSnapshot.objects.filter(
            published_at__gt=at - _LOOKS_BACK, published_at__lte=at
        ).values_list("published_at", flat=True)
        published = sorted(filter(None, came))
    if reached is None:
        return NO_BILLS
    return Feed(reached, stale=_is_overdue(published, at), of_bills=True)


def _is_overdue(published: list[datetime], at: datetime) -> bool:
    """Say whether the newest bill came longer ago than bills usually take."""
    if not published:
        return True
    gap = usual_gap({each.date() for each in published})
    return at - published[-1] > (A_MONTH if gap is None else gap + PATIENCE)
