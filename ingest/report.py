"""What became of an import, for scripts and for people."""

from __future__ import annotations

from typing import Final

from finops.bills.reading import versions_of_import
from finops.domain.money import plain
from finops.models import BillSnapshot, Source
from ingest.models import Import

#: Bills that a line names one by one; the pages show all.
_BILLS_TOLD: Final = 20


def as_json(job: Import) -> dict[str, object]:
    """Give the record of CONTRACT 2, money as a decimal string, instants in RFC 3339.

    A bill's delivery also says what became of each bill in it (``bills``).
    """
    told: dict[str, object] = {
        "id": job.pk,
        "path": job.path,
        "format": job.format,
        "source": job.source.name if job.source else None,
        "kind": job.kind,
        "status": job.status,
        "rows": job.rows,
        "accepted": job.accepted,
        "duplicates": job.duplicates,
        "superseded": job.superseded,
        "rejected": job.rejected,
        "skipped": job.skipped,
        "unpriced": job.unpriced,
        "cost": plain(job.cost),
        "currency": job.currency,
        "from": job.calls_from.isoformat() if job.calls_from else None,
        "to": job.calls_to.isoformat() if job.calls_to else None,
        "error": job.error,
    }
    if job.kind == Source.BILLING:
        told["bills"] = [_bill(version) for version in versions_of_import(job.pk)]
    return told


def _bill(version: BillSnapshot) -> dict[str, object]:
    return {
        "account": version.billing_account_id,
        "period": f"{version.billing_period:%Y-%m}",
        "version": version.version,
        "status": version.status,
        "held_because": version.held_because,
        "rows": version.rows,
        "totals": version.totals,
        "change": version.diff.get("text", ""),
    }


def as_sentence(job: Import) -> str:
    """Say it in one line, counts that are zero left out."""
    counts = {
        "accepted": job.accepted,
        "known already": job.duplicates,
        "superseding": job.superseded,
        "rejected": job.rejected,
        "skipped": job.skipped,
        "unpriced": job.unpriced,
    }
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    reason = f": {job.error}" if job.error else ""
    money = f", {job.currency} {plain(job.cost)}" if job.accepted or job.superseded else ""
    rows = f"{job.rows:,} rows ({told or 'none'})"
    return f"import {job.pk} {job.status}{reason} - {job.path}: {rows}{money}{_of_bills(job)}"


def _of_bills(job: Import) -> str:
    """Say how bills changed, and which of them wait for a person."""
    if job.kind != Source.BILLING:
        return ""
    return "".join(
        f"\n  {version.billing_account_id or 'no account'}: {version.diff['text']}"
        + (f" - held: {version.held_because}" if version.status == BillSnapshot.HELD else "")
        for version in versions_of_import(job.pk)[:_BILLS_TOLD]
        if version.diff.get("text")
    )
