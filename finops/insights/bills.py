"""The bills of a month: what arrived, what is missing, how it moved, how far it can be trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from urllib.parse import urlencode

from finops.bills.monthly import (
    BillSums,
    bill_months,
    billed_by_kind,
    billed_for_days_of,
    bills_of,
    held_bills,
    sums_of,
    twice_delivered,
    unconverted,
)
from finops.domain.periods import month_of, next_month, parse_day
from finops.domain.windows import Period, Window
from finops.models import BillSnapshot, Organization, Reconciliation
from finops.months.closed import closed_months
from finops.rollups.question import Question, read_question
from finops.sql import snapshot

_MONTH: Final = re.compile(r"\d{4}-\d{2}")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class BillQuestion(Question):
    """A month of bills; its days are the providers', in UTC."""

    @property
    def month(self) -> date:
        """The first day of the month."""
        return self.period.whole.since

    @property
    def month_before(self) -> date:
        """The first day of the month before."""
        return self.period.before.since

    @property
    def query(self) -> str:
        """The query string that asks this again, without its ``?``."""
        return urlencode([("month", self.period.key)])


def read_bill_question(
    asked: Mapping[str, Sequence[str]], *, now: datetime, organization: Organization
) -> BillQuestion:
    """Read ``month=2026-10`` (each name with all its values); without one, the newest with a bill.

    A ``period`` that is a month will do, as for other figures. Bills of months to come are
    possible, and read. Raises ValueError for what makes no sense.
    """
    shared = read_question(asked, now=now, organization=organization).period
    text = next((text for text in reversed(asked.get("month", ())) if text), "")
    if text:
        month = parse_month(text)
    elif any(asked.get("period", ())) and shared.is_month:
        month = shared.whole.since
    else:
        month = _newest(month_of(now.date()))
    before = month_of(month - _DAY)
    whole = Window(month, next_month(month))
    period = Period(
        key=f"{month:%Y-%m}",
        against="previous",
        window=whole,
        before=Window(before, month),
        whole=whole,
        running=month == month_of(now.date()),
    )
    return BillQuestion(period, organization, now)


def parse_month(text: str) -> date:
    """Read ``2026-10``. Raises ValueError saying what a month reads like."""
    if not _MONTH.fullmatch(text):
        raise ValueError(f"a month reads 2026-10, not {text[:40]!r}")
    return parse_day(f"{text}-01")


def _newest(running: date) -> date:
    months = bill_months()
    return next((month for month in months if month <= running), months[-1] if months else running)


class Bill(NamedTuple):
    """A source's bill of one account and month; ``arrived`` is None while only last month's is in.

    ``known`` is the version that names it: the one that counts, else the one of the month before.
    """

    known: BillSnapshot
    arrived: BillSnapshot | None
    now: BillSums
    before: BillSums | None
    held: tuple[BillSnapshot, ...]

    @property
    def provider(self) -> str:
        """Whose bill it is."""
        return self.known.provider

    @property
    def name(self) -> str:
        """What the account is called."""
        return self.known.billing_account_name or self.known.billing_account_id

    @property
    def is_whole(self) -> bool:
        """Say whether it reaches the month's last day."""
        if self.arrived is None or self.arrived.last_day is None:
            return False
        return self.arrived.last_day >= next_month(self.arrived.billing_period) - _DAY


class BillMonth(NamedTuple):
    """A month of bills. ``bills`` sum to ``now``; those of the month before to ``before``.

    ``for_its_days`` is what was billed for the days of the month, on the bill of whatever month.
    ``reconciled`` is by provider; ``twice`` names accounts that two sources bill. ``kinds`` say
    what the bills pay for, tax included; they sum to what was billed.
    """

    question: BillQuestion
    months: tuple[date, ...]
    bills: tuple[Bill, ...]
    now: BillSums
    before: BillSums
    held: tuple[BillSnapshot, ...]
    for_its_days: Decimal
    unconverted: Mapping[str, int]
    is_closed: bool
    reconciled: Mapping[str, Reconciliation]
    twice: Mapping[str, list[BillSnapshot]]
    kinds: Mapping[str, Decimal]

    @property
    def has_arrived(self) -> bool:
        """Say whether the month has a bill at all."""
        return any(bill.arrived for bill in self.bills)

    @property
    def is_comparable(self) -> bool:
        """Say whether the month before is a fair one to hold beside it: all bills in, and whole."""
        whole = all(bill.is_whole for bill in self.bills)
        converted = not (self.now.unconverted_rows or self.before.unconverted_rows)
        return bool(self.before.billed) and whole and converted

    @property
    def missing(self) -> list[Bill]:
        """The accounts that had a bill the month before, and have none yet."""
        return [bill for bill in self.bills if bill.arrived is None and not bill.held]


def bill_month(question: BillQuestion) -> BillMonth:
    """Read a month of bills, in one snapshot."""
    month = question.month
    with snapshot():
        found = bills_of(month, before=question.month_before)
        held = held_bills(month)
        sums = sums_of([bill.pk for bill in found])
        arrived = [bill for bill in found if bill.billing_period == month]
        return BillMonth(
            question=question,
            months=tuple(bill_months()),
            bills=tuple(_bills(found, held, sums, month)),
            now=BillSums.sum_of(sums.get(bill.pk, BillSums()) for bill in arrived),
            before=BillSums.sum_of(
                sums.get(bill.pk, BillSums()) for bill in found if bill not in arrived
            ),
            held=tuple(held),
            for_its_days=billed_for_days_of(month),
            unconverted=unconverted(month),
            is_closed=month in closed_months(),
            reconciled={row.provider: row for row in Reconciliation.objects.filter(month=month)},
            twice=twice_delivered(arrived),
            kinds=billed_by_kind(month),
        )


def _bills(
    found: Iterable[BillSnapshot],
    held: Sequence[BillSnapshot],
    sums: Mapping[int, BillSums],
    month: date,
) -> list[Bill]:
    """Pair each account's bill with its one of the month before; by provider, dearest first."""
    pairs: dict[tuple[int, str], dict[bool, BillSnapshot]] = {}
    for each in (*found, *held):
        is_now = each.billing_period == month
        pair = pairs.setdefault((each.source_id, each.billing_account_id), {})
        if each.status == BillSnapshot.CURRENT:
            pair[is_now] = each
    bills = []
    for (source, account), pair in pairs.items():
        waits = [
            each for each in held if (each.source_id, each.billing_account_id) == (source, account)
        ]
        arrived, before = pair.get(True), pair.get(False)
        bills.append(
            Bill(
                known=arrived or before or waits[-1],
                arrived=arrived,
                now=sums.get(arrived.pk, BillSums()) if arrived else BillSums(),
                before=sums.get(before.pk, BillSums()) if before else None,
                held=tuple(waits),
            )
        )
    return sorted(bills, key=lambda bill: (bill.provider, -bill.now.billed, bill.name))
