"""The sample's sources. They are made first and go last: while they are there, there is a story."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from finops.models import Source
from ingest.demo.removal import Removal
from ingest.demo.story import Story
from ingest.models import Import


@transaction.atomic
def load(story: Story) -> None:
    """Make the sources. Raises ValueError when one of the names is taken by a real source."""
    for gateway in story.gateways:
        source, _ = Source.objects.get_or_create(
            name=gateway.source,
            defaults={"is_sample": True, "created_at": story.calendar.now},
        )
        if not source.is_sample:
            raise ValueError(
                f"the source {source.name} holds calls of yours; sample data needs that name"
            )


def remove(story: Story, removal: Removal) -> Iterator[str]:
    """Remove the sources; one with real imports, calls or keys stays and is no sample any more."""
    for source in Source.objects.filter(name__in=[g.source for g in story.gateways]):
        if _is_real(source, removal):
            source.is_sample = False
            source.save(update_fields=["is_sample"])
            yield f"source {source.name}: it has imports or keys of yours"
        else:
            source.delete()


def _is_real(source: Source, removal: Removal) -> bool:
    imports = Import.objects.filter(source=source)
    return imports.exists() or source.keys.exists() or removal.leaves_in_use("source", source.pk)
