"""Read the record of imports in bounded pieces: what runs, what came last, what was rejected.

Every push is an import of its own, so that there may be a million of them: nothing here reads more
than a few thousand of the newest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Max, QuerySet, Sum

from finops.models import Source
from ingest.models import PUSH, Import

#: How many of the newest imports are looked through for totals and for files among pushes.
NEWEST: Final = 20_000
PAGE: Final = 50


@dataclass(frozen=True)
class ImportPage:
    """One page of imports, newest first; ``before`` leads to older ones, None at the end."""

    jobs: list[Import]
    before: int | None


def running() -> list[Import]:
    """List imports that wait or run, oldest first."""
    jobs = Import.objects.filter(status__in=[Import.QUEUED, Import.RUNNING])
    return list(jobs.select_related("source").order_by("pk")[:PAGE])


def import_page(
    *, status: str = "", source: str = "", kind: str = "", before: int | None = None
) -> ImportPage:
    """Give one page of imports with a status, of a source, ``files``, ``bills`` or ``pushes``."""
    jobs = Import.objects.select_related("source").order_by("-pk")
    if status:
        jobs = jobs.filter(status=status)
    if source:
        jobs = jobs.filter(source__name=source)
    if before is not None:
        jobs = jobs.filter(pk__lt=before)
    if kind == "files":
        jobs = jobs.exclude(path=PUSH)
    elif kind == "bills":
        jobs = jobs.filter(kind=Source.BILLING)
    elif kind == "pushes":
        jobs = jobs.filter(path=PUSH)
    found = list(jobs[: PAGE + 1])
    return ImportPage(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def recent_files(limit: int = 8) -> list[Import]:
    """List the last files that came in, however many pushes came between."""
    jobs = _newest().exclude(path=PUSH).exclude(status__in=[Import.QUEUED, Import.RUNNING])
    return list(jobs.select_related("source").order_by("-pk")[:limit])


@dataclass(frozen=True)
class Deliveries:
    """What a source delivered: its last import, and what was rejected lately."""

    last: Import | None
    rejected: int


def deliveries(since: datetime) -> Mapping[int, Deliveries]:
    """Give, by source id, the last import and the rows rejected since an instant."""
    last = _last_imports(_newest())
    sources = list(Source.objects.values_list("pk", flat=True))
    # The newest hold none of these sources, so their few are found by their own index.
    silent = [pk for pk in sources if pk not in last]
    last |= _last_imports(Import.objects.filter(source__in=silent))
    jobs = Import.objects.in_bulk(last.values())
    rejected = dict(
        _newest()
        .filter(created_at__gte=since, rejected__gt=0)
        .values_list("source")
        .annotate(rows=Sum("rejected"))
        .values_list("source", "rows")
    )
    return {pk: Deliveries(jobs.get(last.get(pk, 0)), rejected.get(pk, 0)) for pk in sources}


def _last_imports(jobs: QuerySet[Import]) -> dict[int, int]:
    known = jobs.filter(source__isnull=False).values_list("source")
    return dict(known.annotate(last=Max("pk")).values_list("source", "last"))


def last_told(source_id: int) -> datetime | None:
    """Say how far the newest imports of a source reach, for one that no rollup holds."""
    jobs = Import.objects.filter(source=source_id, status__in=[Import.DONE, Import.PARTIAL])
    newest = jobs.order_by("-pk").values("calls_to")[:100]
    told: datetime | None = newest.aggregate(last=Max("calls_to"))["last"]
    return told


def used_mappings(limit: int = 10) -> list[tuple[Import, dict[str, Any]]]:
    """List mappings that imports were read with, each once, newest first."""
    found: dict[str, tuple[Import, dict[str, Any]]] = {}
    jobs = _newest().filter(options__has_key="mapping", status__in=[Import.DONE, Import.PARTIAL])
    for job in jobs.select_related("source").order_by("-pk")[:200]:
        mapping = job.options["mapping"]
        if isinstance(mapping, dict) and len(found) < limit:
            found.setdefault(repr(sorted(mapping.items())), (job, mapping))
    return list(found.values())


def _newest() -> QuerySet[Import]:
    """Give the newest imports, found by number: there is no index on their time."""
    last = Import.objects.aggregate(last=Max("pk"))["last"] or 0
    return Import.objects.filter(pk__gt=last - NEWEST)
