"""Change what a source's word is worth, together with what the rollups make of it."""

from __future__ import annotations

from typing import NamedTuple

from django.db import transaction

from finops.domain.periods import zone_named
from finops.ledger.sources import source_named
from finops.models import Source
from finops.rollups.refresh import mark_everything


class Changed(NamedTuple):
    """A source after its change; ``moved`` when its calls count from now on, or no longer."""

    source: Source
    moved: bool


def change_source(
    name: str, *, role: str = "", counts: str = "", time_zone: str | None = None
) -> Changed:
    """Change a source, made when it is new; what is empty (or None) stays as it is.

    Changing the role leaves every rollup stale, and whoever calls this sees to a refresh. The
    other two hold for calls that come from now on. An empty ``time_zone`` takes the zone away.
    Raises ValueError for an unknown role, counting rule or zone, or an unusable name.
    """
    if role not in {"", *Source.ROLES}:
        raise ValueError(f"a source is {' or '.join(Source.ROLES)}, not {role}")
    if counts not in {"", *Source.COUNTS}:
        raise ValueError(f"a source counts what is {' or '.join(Source.COUNTS)}, not {counts}")
    with transaction.atomic():
        source = Source.objects.select_for_update().get(pk=source_named(name).pk)
        moved = role not in {"", source.role}
        source.role, source.counts = role or source.role, counts or source.counts
        if time_zone is not None:
            source.time_zone = str(zone_named(time_zone)) if time_zone else ""
        source.save()
        if moved:
            mark_everything()
    return Changed(source, moved)
