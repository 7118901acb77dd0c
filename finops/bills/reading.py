"""Read the versions of bills: a month's, one with those around it, and how fresh each source is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db.models import Max, QuerySet

from finops.models import BillSnapshot

#: Versions shown of one list.
MOST: Final = 500
#: Versions that arrived; those under way are nobody's business yet.
_ARRIVED: Final = (
    BillSnapshot.CURRENT,
    BillSnapshot.HELD,
    BillSnapshot.SUPERSEDED,
    BillSnapshot.DISCARDED,
)


@dataclass(frozen=True)
class Version:
    """One version of a bill with the others of the same bill, newest first."""

    snapshot: BillSnapshot
    others: tuple[BillSnapshot, ...]

    @property
    def current(self) -> BillSnapshot | None:
        """The version that counts, itself or another; None while none does."""
        versions = (self.snapshot, *self.others)
        return next((each for each in versions if each.status == BillSnapshot.CURRENT), None)


class Freshness(NamedTuple):
    """How far one account of one source has been told: the last day billed, and when it came."""

    source: str
    source_id: int
    provider: str
    account: str
    account_name: str
    last_day: date | None
    last_period: date
    delivered_at: datetime


def versions(
    *, month: date | None = None, source: str = "", account: str = "", status: str = ""
) -> list[BillSnapshot]:
    """List versions, newest first: of a billing period, a source, an account, of one status."""
    found = _versions()
    if month is not None:
        found = found.filter(billing_period=month)
    if source:
        found = found.filter(source__name=source)
    if account:
        found = found.filter(billing_account_id=account)
    if status:
        found = found.filter(status=status)
    return list(found[:MOST])


def version(snapshot_id: int) -> Version | None:
    """Give one version with the others of its bill; None when there is none such."""
    found = _versions().filter(pk=snapshot_id).first()
    if found is None:
        return None
    others = (
        _versions()
        .filter(
            source=found.source,
            billing_account_id=found.billing_account_id,
            billing_period=found.billing_period,
        )
        .exclude(pk=found.pk)
    )
    return Version(found, tuple(others[:MOST]))


def versions_of_import(import_id: int) -> list[BillSnapshot]:
    """List the versions that an import brought, by period and account."""
    found = BillSnapshot.objects.filter(import_id=import_id, status__in=_ARRIVED)
    return list(found.select_related("source").order_by("billing_period", "billing_account_id"))


def freshness() -> list[Freshness]:
    """Say how far every account's bills reach, by source and account."""
    current = BillSnapshot.objects.filter(status=BillSnapshot.CURRENT)
    groups = current.values("source__name", "source_id", "billing_account_id").annotate(
        Max("provider"),
        Max("billing_account_name"),
        Max("last_day"),
        Max("billing_period"),
        Max("published_at"),
    )
    return [
        Freshness(
            source=row["source__name"],
            source_id=row["source_id"],
            provider=row["provider__max"],
            account=row["billing_account_id"],
            account_name=row["billing_account_name__max"],
            last_day=row["last_day__max"],
            last_period=row["billing_period__max"],
            delivered_at=row["published_at__max"],
        )
        for row in groups.order_by("source__name", "billing_account_id")
    ]


def _versions() -> QuerySet[BillSnapshot]:
    arrived = BillSnapshot.objects.filter(status__in=_ARRIVED).select_related("source")
    return arrived.order_by("-billing_period", "source__name", "billing_account_id", "-version")
