"""Bills that arrive again as they are: the same bytes, read the same way, already in place."""

from __future__ import annotations

import hashlib
from typing import Protocol

import msgspec

from finops.models import BillSnapshot
from ingest.models import Import
from ingest.source_format import SourceFormat


class _Hashed(Protocol):
    def content_hash(self) -> str: ...


def content_hash(job: Import, opened: _Hashed, form: SourceFormat) -> str:
    """Name what a delivery says: its bytes and how they are read; empty for a stream."""
    content = opened.content_hash()
    if not content:
        return ""
    read_as = {name: job.options.get(name) for name in ("set", "mapping")}
    told = msgspec.json.encode([content, form.name, read_as], order="sorted")
    return hashlib.sha256(told).hexdigest()


def delivered_before(job: Import) -> Import | None:
    """Find the import that brought the very same bills, all of which count or wait still."""
    content = job.options.get("content_hash")
    if not content or job.kind != "billing":
        return None
    told = BillSnapshot.objects.filter(source=job.source, content_hash=content)
    for import_id in told.order_by("-import_id").values_list("import_id", flat=True).distinct():
        of_import = BillSnapshot.objects.filter(import_id=import_id)
        in_place = (BillSnapshot.CURRENT, BillSnapshot.HELD)
        if not of_import.exclude(status__in=in_place).exists():
            return Import.objects.filter(pk=import_id).first()
    return None
