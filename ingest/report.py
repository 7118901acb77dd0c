"""What became of an import, for scripts and for people."""

from __future__ import annotations

from finops.domain.money import plain
from ingest.models import Import


def as_json(job: Import) -> dict[str, object]:
    """Give the record of CONTRACT 2, money as a decimal string, instants in RFC 3339."""
    return {
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
    return f"import {job.pk} {job.status}{reason} - {job.path}: {rows}{money}"
