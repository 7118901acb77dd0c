"""The source of an import: named by a person, else by the format; of calls or of bills."""

from __future__ import annotations

from finops.ledger.sources import source_named
from finops.models import Source
from ingest.models import Import
from ingest.source_format import ImportFailed, SourceFormat

_WHAT = {Source.USAGE: "calls", Source.BILLING: "bills"}


def source_for(job: Import, form: SourceFormat) -> Source:
    """Give the source of an import, made when it is new.

    Raises ImportFailed for one that has delivered the other kind: the two are never mixed.
    """
    name = job.options.get("source") or form.name
    source = source_named(name, format_name=form.name, kind=form.kind)
    if source.kind != form.kind:
        delivered = source.imports.filter(kind=source.kind)
        if delivered.filter(status__in=[Import.DONE, Import.PARTIAL]).exists():
            raise ImportFailed(
                f"the source {source.name} delivers {_WHAT[source.kind]}, and this file holds"
                f" {_WHAT[form.kind]}: give it another source"
            )
        source.kind = form.kind
        source.save(update_fields=["kind"])
    return source
