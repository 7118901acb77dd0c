"""Working out how a provider's bill of a month compares with its calls, and keeping it.

What is kept is a projection: worked out again when calls, bills, prices or rates have changed, and
told by a fingerprint of them, so that asking again costs next to nothing. A closed month is only
read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import transaction

from finops.domain.charge import LLM_USAGE
from finops.domain.periods import month_of, next_month
from finops.models import (
    BillSnapshot,
    Organization,
    Reconciliation,
    ReconciliationLine,
)
from finops.months.closed import closed_months
from finops.pricing.price_book import PriceBook
from finops.reconciliation.billed import Billed, read_billed, snapshots_about
from finops.reconciliation.book import BookPrices
from finops.reconciliation.completeness import is_complete
from finops.reconciliation.locks import only_one
from finops.reconciliation.metered import Asked, Metered, read_metered
from finops.reconciliation.parts import Comparison, Line, Parts, compare
from finops.reconciliation.settling import settle
from finops.reconciliation.tolerances import tolerance_of
from finops.reconciliation.zones import billing_zone, month_span
from finops.sql import load_sql, snapshot

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Months, the running one included, that the scheduler keeps up to date.
MONTHS_WATCHED: Final = 5
#: How often the scheduler looks at a month that is not over: its calls change all the time.
RUNNING_MONTH_EVERY: Final = timedelta(hours=1)
#: Changes whenever the same inputs would be told differently.
_VERSION: Final = "1"
_BATCH: Final = 2_000


class Month(NamedTuple):
    """What all providers of a month have in common."""

    month: date
    bills: tuple[BillSnapshot, ...]
    organization: Organization
    prices: tuple[int, ...]


def reconcile(
    month: date, *, now: datetime, provider: str | None = None, wait: bool = True
) -> list[Reconciliation]:
    """Bring a month's comparisons up to date, of one provider or all; gives them by provider.

    With ``wait=False`` a provider that somebody else is working on is left to them. Days for which
    rollups are stale are worked out with the calls as they are, and again after the refresh.
    """
    month = month_of(month)
    chosen = [provider] if provider is not None else _providers(month)
    for each in chosen:
        _bring_up_to_date(each, month, now, wait=wait)
    known = Reconciliation.objects.filter(month=month)
    if provider is not None:
        known = known.filter(provider=provider)
    return list(known.order_by("provider"))


def reconcile_due(now: datetime) -> int:
    """Bring the last months up to date; gives how many comparisons there are. For the scheduler."""
    months = [month_of(now.date())]
    while len(months) < MONTHS_WATCHED:
        months.append(month_of(months[-1] - timedelta(days=1)))
    due = [month for month in months if not _was_just_seen(month, now)]
    return sum(len(reconcile(month, now=now, wait=False)) for month in due)


def _was_just_seen(month: date, now: datetime) -> bool:
    """Tell a running month that was worked out within the last hour."""
    lately = Reconciliation.objects.filter(month=month, computed_at__gt=now - RUNNING_MONTH_EVERY)
    return now.date() < next_month(month) and lately.exists()


def _providers(month: date) -> list[str]:
    """Name who sold LLM usage in a month, and who did when it was last looked at."""
    with snapshot() as cursor:
        cursor.execute(
            load_sql("reconciliation/providers.sql").format(),
            {
                "month": month,
                "until": next_month(month),
                "snapshots": [bill.pk for bill in snapshots_about(month)],
                "llm_usage": LLM_USAGE,
            },
        )
        found = {provider for (provider,) in cursor.fetchall()}
    return sorted(found | set(_known(month)))


def _known(month: date) -> Iterable[str]:
    return Reconciliation.objects.filter(month=month).values_list("provider", flat=True)


def _bring_up_to_date(provider: str, month: date, now: datetime, *, wait: bool) -> None:
    with only_one(provider, month, wait=wait) as alone:
        if not alone:
            return
        with snapshot() as cursor:
            if month in closed_months():
                return
            shared = Month(
                month, tuple(snapshots_about(month)), Organization.current(), PriceBook.version()
            )
            known = Reconciliation.objects.filter(provider=provider, month=month).first()
            inputs = _fingerprint(cursor, provider, shared)
            if known is None or known.inputs_hash != inputs:
                known = _work_out(cursor, provider, shared, known, inputs, now)
            if known is not None:
                settle(known, tolerance_of(provider), now=now)


def _fingerprint(cursor: CursorWrapper, provider: str, of: Month) -> str:
    cursor.execute(
        load_sql("reconciliation/fingerprint.sql").format(),
        {
            "snapshots": sorted(bill.pk for bill in of.bills),
            "provider": provider,
            "since": of.month - timedelta(days=1),
            "until": next_month(of.month) + timedelta(days=1),
        },
    )
    told: tuple[object, ...] = (
        _VERSION,
        cursor.fetchone()[0],
        of.organization.currency,
        of.organization.time_zone,
        of.prices,
        sorted((bill.pk, bill.status, str(bill.published_at)) for bill in of.bills),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _work_out(
    cursor: CursorWrapper,
    provider: str,
    of: Month,
    known: Reconciliation | None,
    inputs: str,
    now: datetime,
) -> Reconciliation | None:
    """Compare, and keep what was found; of a provider without calls and bills nothing is kept."""
    billed, metered = _read(cursor, provider, of)
    if not (metered.side or billed.side or billed.unconverted):
        if known is not None:
            known.delete()
        return None
    zone = billing_zone(provider)
    book = BookPrices(provider, next_month(of.month) - timedelta(days=1), zone)
    # Without a bill there is nothing to explain: the calls are what is known.
    found = compare(metered.side, billed.side if billed.total is not None else {}, book)
    row = known or Reconciliation(provider=provider, month=of.month)
    _tell(row, found, metered, billed)
    row.complete = is_complete(provider, of.month, of.bills, billed, tolerance_of(provider))
    row.computed_at, row.inputs_hash = now, inputs
    with transaction.atomic():
        row.save()
        _keep_lines(row, found.lines)
    return row


def _read(cursor: CursorWrapper, provider: str, of: Month) -> tuple[Billed, Metered]:
    zone, organization = billing_zone(provider), of.organization
    billed = read_billed(
        cursor, provider, of.month, zone=zone, currency=organization.currency, bills=of.bills
    )
    metered = read_metered(
        cursor,
        Asked(
            provider=provider,
            month=month_span(of.month, zone),
            inside=month_span(of.month, organization.zone),
            zone=zone,
            currency=organization.currency,
            by_day=billed.by_day,
            credentials=billed.credentials,
            accounts=billed.accounts,
        ),
    )
    return billed, metered


def _tell(row: Reconciliation, found: Comparison, metered: Metered, billed: Billed) -> None:
    """Write what was found into its row; the parts stay 0 where there is no bill."""
    parts = found.parts if billed.total is not None else Parts()
    row.metered, row.reported, row.billed = found.metered, metered.reported, billed.total
    row.tax, row.not_llm = billed.tax, billed.not_llm
    row.unconverted = billed.unconverted
    row.grain = found.grain.words() if billed.total is not None else ""
    for name, amount in parts._asdict().items():
        setattr(row, name, amount)


def _keep_lines(row: Reconciliation, lines: Sequence[Line]) -> None:
    row.lines.all().delete()
    if row.billed is None:
        return
    ReconciliationLine.objects.bulk_create((_line(row, line) for line in lines), batch_size=_BATCH)


def _line(row: Reconciliation, line: Line) -> ReconciliationLine:
    told: dict[str, Any] = line.key._asdict() | line.parts._asdict()
    return ReconciliationLine(
        reconciliation=row,
        metered_quantity=line.logged_tokens,
        billed_quantity=line.billed_tokens,
        metered=line.metered,
        billed=line.billed,
        book_price=line.book_price,
        billed_price=line.billed_price,
        finding=line.finding,
        **told,
    )
