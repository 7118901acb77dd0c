"""Make a staged delivery visible: every bill that it tells of, whole, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import connection
from django.db.models import Max
from psycopg import sql

from finops.bills import partitions, swapping
from finops.bills.stage import ChargeStage
from finops.models import BillSnapshot, Organization, Source
from finops.months.closed import closed_months, posting_month
from finops.months.publications import take_turns
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


#: Billing periods of one delivery: each has a partition of its own.
MOST_PERIODS: Final = 240


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What is known of a delivery beside its charges; ``score`` as in ``BillSnapshot``."""

    import_id: int
    source: Source
    schema: str = ""
    content_hash: str = ""
    score: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PublishedBills:
    """What publishing did: the snapshots made, current or held, in order of period and account.

    ``cost`` is the billed total of the delivery in the reporting currency, without the
    ``unpriced`` rows: those of no billed cost, or of a currency without a rate. They start in
    ``[since, until]``.
    """

    snapshots: tuple[BillSnapshot, ...] = ()
    unpriced: int = 0
    cost: Decimal = Decimal(0)
    since: datetime | None = None
    until: datetime | None = None


class _Bill(NamedTuple):
    """A bill in a stage."""

    account: str
    period: date
    account_name: str
    first_day: date
    last_day: date


def prepare(cursor: CursorWrapper, stage: ChargeStage) -> None:
    """Do what must not wait inside the publishing transaction: make the partitions.

    Raises ValueError for a delivery of more months than anybody was ever billed for.
    """
    cursor.execute(sql.SQL("SELECT DISTINCT billing_period FROM {}").format(stage.rows))
    periods = [period for (period,) in cursor.fetchall()]
    if len(periods) > MOST_PERIODS:
        raise ValueError(
            f"the delivery tells of {len(periods)} billing periods; {MOST_PERIODS} are the most"
        )
    partitions.ensure_partitions(cursor, periods)


def publish(stage: ChargeStage, delivery: Delivery, *, now: datetime) -> PublishedBills:
    """Move a stage into the bills. Call it inside a transaction; it commits nothing itself.

    Publications of one source follow each other. Each bill becomes a new snapshot, which takes
    the place of the current one, or is held for a person: when the month is closed, when it
    shrinks much, or when a later delivery was quicker.
    """
    source = delivery.source
    with connection.cursor() as cursor:
        take_turns(cursor, source.pk)
        currency = Organization.current().currency
        _summarise(cursor, stage, currency)
        replaced, closed = swapping.current_bills(source), closed_months()
        snapshots = _make_snapshots(_bills(cursor), delivery, closed, now)
        _insert(cursor, stage, delivery, snapshots)
        swapping.settle(cursor, snapshots, replaced, closed=closed, now=now)
        return _published(cursor, snapshots)


def _summarise(cursor: CursorWrapper, stage: ChargeStage, currency: str) -> None:
    cursor.execute("DROP TABLE IF EXISTS pg_temp.staged_days")
    worth = load_sql("bills/worth.sql")
    cursor.execute(
        load_sql("bills/stage_days.sql").format(rows=stage.rows, worth=worth),
        {"currency": currency},
    )
    cursor.execute("ANALYZE staged_days")


def _bills(cursor: CursorWrapper) -> list[_Bill]:
    cursor.execute(load_sql("bills/staged_bills.sql").format())
    return [_Bill._make(row) for row in cursor.fetchall()]


def _make_snapshots(
    bills: Sequence[_Bill], delivery: Delivery, closed: frozenset[date], now: datetime
) -> list[BillSnapshot]:
    told = BillSnapshot.objects.filter(source=delivery.source).values_list(
        "billing_account_id", "billing_period"
    )
    versions = {(account, period): last for account, period, last in told.annotate(Max("version"))}
    return BillSnapshot.objects.bulk_create(
        BillSnapshot(
            source=delivery.source,
            import_id=delivery.import_id,
            billing_account_id=bill.account,
            billing_account_name=bill.account_name,
            billing_period=bill.period,
            version=versions.get((bill.account, bill.period), 0) + 1,
            schema=delivery.schema,
            content_hash=delivery.content_hash,
            score=dict(delivery.score),
            first_day=bill.first_day,
            last_day=bill.last_day,
            accounting_month=posting_month(bill.period, closed),
            created_at=now,
        )
        for bill in bills
    )


def _insert(
    cursor: CursorWrapper,
    stage: ChargeStage,
    delivery: Delivery,
    snapshots: Sequence[BillSnapshot],
) -> None:
    swapping.arrive(cursor, snapshots)
    cursor.execute(
        load_sql("bills/insert_charges.sql").format(rows=stage.rows),
        {"import_id": delivery.import_id, "source_id": delivery.source.pk},
    )


def _published(cursor: CursorWrapper, snapshots: Sequence[BillSnapshot]) -> PublishedBills:
    cursor.execute(load_sql("bills/delivered.sql").format())
    unpriced, cost, since, until = cursor.fetchone()
    return PublishedBills(tuple(snapshots), unpriced, cost, since, until)
