"""How fresh bills are: how far each account's bills reach, and who has been silent for too long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from finops.bills.reading import Freshness, freshness
from finops.domain.freshness import usual_gap
from finops.models import BillSnapshot

#: How long an account may be silent whose rhythm is not known: a month, and days for the invoice.
MONTHLY: Final = timedelta(days=31 + 5)
#: How much later than its own rhythm a bill may come, and the least that any may be silent.
MARGIN: Final = timedelta(days=1)
LEAST: Final = timedelta(days=2)
#: How far back a rhythm is looked for.
_LOOK_BACK: Final = timedelta(days=190)


class BillRhythm(NamedTuple):
    """The bills of one account of one source: how far they reach, and how often they come.

    ``gap`` is its usual pause between deliveries, None while that is not known.
    """

    bill: Freshness
    gap: timedelta | None
    is_silent: bool

    @property
    def allowed(self) -> timedelta:
        """How long it may be silent."""
        return allowed_silence(self.gap)


def allowed_silence(gap: timedelta | None) -> timedelta:
    """Say for how long an account with this usual pause may be silent."""
    return MONTHLY if gap is None else max(LEAST, gap + MARGIN)


def bill_rhythms(now: datetime) -> list[BillRhythm]:
    """Describe every account that has a bill, by source and account."""
    delivered = _delivered(now)
    return [
        _rhythm(bill, delivered.get((bill.source_id, bill.account), ()), now)
        for bill in freshness()
    ]


def _rhythm(bill: Freshness, days: Collection[date], now: datetime) -> BillRhythm:
    gap = usual_gap(days)
    heard = bill.delivered_at
    return BillRhythm(bill, gap, is_silent=now - heard > allowed_silence(gap))


def _delivered(now: datetime) -> dict[tuple[int, str], set[date]]:
    """Give the days on which each account's bills arrived lately, versions that wait included."""
    found: dict[tuple[int, str], set[date]] = defaultdict(set)
    arrived = BillSnapshot.objects.filter(created_at__gte=now - _LOOK_BACK)
    for source, account, moment in arrived.values_list(
        "source_id", "billing_account_id", "created_at"
    ):
        found[source, account].add(moment.date())
    return found
