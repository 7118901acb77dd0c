"""Read the rows that an import could not take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ingest.models import RejectedRow


def rejects(import_id: int) -> Iterator[Mapping[str, object]]:
    """Yield ``{"line", "reason", "field", "raw"}`` in file order, streaming."""
    rows = RejectedRow.objects.filter(parent_id=import_id).order_by("line", "pk")
    yield from rows.values("line", "reason", "field", "raw").iterator(chunk_size=2_000)
