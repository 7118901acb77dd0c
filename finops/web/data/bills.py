"""What the first page of the Data room shows of bills: how far they reach, and who is silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from finops.bills.rhythm import BillRhythm, bill_rhythms
from finops.bills.words import provider_name
from finops.domain import display
from finops.web.data.words import State


class BillHealth(NamedTuple):
    """One row of the table of bills."""

    bill: BillRhythm
    provider: str
    account: str
    state: State
    reaches: str
    delivered: str
    rhythm: str


def bill_health(now: datetime) -> list[BillHealth]:
    """Describe each account that sends bills as of now."""
    return [_health(one, now) for one in bill_rhythms(now)]


def _health(one: BillRhythm, now: datetime) -> BillHealth:
    bill = one.bill
    return BillHealth(
        bill=one,
        provider=provider_name(bill.provider),
        account=bill.account_name or bill.account or "no account named",
        state=State("stale", "Silent") if one.is_silent else State("ok", "On time"),
        reaches=display.day(bill.last_day) if bill.last_day else display.NOTHING,
        delivered=display.ago(bill.delivered_at, now),
        rhythm=rhythm(one.gap),
    )


def rhythm(gap: timedelta | None) -> str:
    """Say how often bills come: ``every day``, ``every 31 days``; a month where nobody knows."""
    if gap is None:
        return "about once a month"
    return "every day" if gap.days <= 1 else f"every {display.counted(gap.days, 'day')}"
