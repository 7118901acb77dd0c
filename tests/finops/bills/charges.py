"""Charges at hand, and the bills that they become, through the real stage and publication."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from finops.bills.deciding import Deciding
from finops.bills.publish import Delivery, PublishedBills, prepare, publish
from finops.bills.stage import ChargeStage, ChargeWriter
from finops.domain.charge import ChargeRecord
from finops.domain.money import plain
from finops.models import BillSnapshot, MonthClose, Source
from ingest.models import Import
from tests.finops.ledger.usage import read

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)

CHARGE: Mapping[str, Any] = {
    "billing_account_id": "acme",
    "billing_currency": "USD",
    "service_provider_name": "OpenAI",
    "invoice_issuer_name": "OpenAI",
    "service_name": "OpenAI API",
    "service_category": "AI and Machine Learning",
    "charge_category": "Usage",
    "billed_cost": Decimal("10"),
}


def charge(day: date | str = "2026-10-05", **fields: Any) -> ChargeRecord:
    """A charge of one day, $10 of OpenAI's API unless said; the effective cost is what is billed.

    ``billing_period`` is the day's month unless said; costs may be given as text. None leaves a
    field out.
    """
    begins = datetime.combine(_day(day), time(), tzinfo=UTC)
    told = {
        "charge_period_start": begins,
        "charge_period_end": begins + timedelta(days=1),
        "billing_period": _day(day).replace(day=1),
        **CHARGE,
        **fields,
    }
    told["billing_period"] = _day(told["billing_period"])
    told.setdefault("effective_cost", told["billed_cost"])
    for name in _AMOUNTS & told.keys():
        told[name] = None if told[name] is None else Decimal(told[name])
    return ChargeRecord(**told)


_AMOUNTS = {
    "billed_cost",
    "effective_cost",
    "list_cost",
    "contracted_cost",
    "pricing_quantity",
    "consumed_quantity",
    "list_unit_price",
    "contracted_unit_price",
}


def land(*records: ChargeRecord, source: str = "focus", **options: Any) -> list[BillSnapshot]:
    """Publish charges as one delivery; gives its snapshots, current or held (``held_because``).

    ``options`` are those of ``Delivery`` (``schema``, ``content_hash``, ``score``) and ``now``.
    """
    return list(publication(*records, source=source, **options).snapshots)


def publication(
    *records: ChargeRecord, source: str = "focus", now: datetime = NOW, **options: Any
) -> PublishedBills:
    """Publish charges as one delivery; gives all that publishing says."""
    billed_by, _ = Source.objects.get_or_create(name=source, defaults={"kind": Source.BILLING})
    job = Import.objects.create(
        path="/bills/delivery.csv",
        kind="billing",
        source=billed_by,
        status=Import.DONE,
        created_at=now,
        rows=len(records),
        accepted=len(records),
        format="focus",
    )
    stage = ChargeStage.of(job.pk, 1)
    writer = ChargeWriter(stage, Deciding.of(source))
    for line, record in enumerate(records, start=1):
        writer.add(line, record)
    with transaction.atomic(), connection.cursor() as cursor:
        stage.create(cursor)
        writer.take().send(cursor)
        prepare(cursor, stage)
        delivery = Delivery(import_id=job.pk, source=billed_by, **options)
        published = publish(stage, delivery, now=now)
        stage.drop(cursor)
    return published


def _day(day: date | str) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day


def close(month: date | str) -> MonthClose:
    """Close a month, as finance does at the end of its checklist."""
    return MonthClose.objects.create(month=_day(month), closed_by="finance", closed_at=NOW)


def reopen(month: date | str) -> None:
    """Open a closed month again."""
    MonthClose.objects.filter(month=_day(month)).update(reopened_at=NOW)


def billed(**of: Any) -> Decimal:
    """Sum what the daily projection says was billed, of rows with these values."""
    conditions = " AND ".join(f"{name} = %s" for name in of) or "true"
    ((amount,),) = read(
        f"SELECT coalesce(sum(billed), 0) FROM charges_by_day WHERE {conditions}", *of.values()
    )
    return Decimal(amount)


def assert_agreement() -> None:
    """Current charges, their projection and the control totals say the same, to the last digit."""
    current = {each.pk: each for each in BillSnapshot.objects.filter(status=BillSnapshot.CURRENT)}
    charges = read(
        "SELECT snapshot_id, billing_currency, count(*), sum(billed_cost), sum(effective_cost),"
        " sum(billed_cost * exchange_rate), count(*) FILTER (WHERE exchange_rate IS NULL)"
        " FROM charges WHERE snapshot_id = ANY (%s) GROUP BY 1, 2 ORDER BY 1, 2",
        list(current),
    )
    projected = read(
        "SELECT snapshot_id, billing_currency, sum(rows), sum(billed), sum(unconverted_rows)"
        " FROM charges_by_day GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert [
        (bill, currency, rows, worth or 0, unknown)
        for bill, currency, rows, _, _, worth, unknown in charges
    ] == projected
    told = {
        (bill, currency, totals["rows"], totals["billed_cost"], totals["effective_cost"])
        for bill, snapshot in current.items()
        for currency, totals in snapshot.totals.items()
    }
    assert told == {
        (bill, currency, rows, *(None if cost is None else plain(cost) for cost in costs))
        for bill, currency, rows, *costs, _, _ in charges
    }
