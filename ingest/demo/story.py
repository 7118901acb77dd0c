"""The story that the sample data tells, fixed by the moment at which it was first loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db.models import Min

from finops.domain.periods import day_start
from finops.models import Organization, Source
from finops.runtime import paths
from ingest.generator.demo_company import CALLS, SOURCES, Calendar, Gateway, gateways

#: Who made it, in every record that has room for a name. It is how sample data is known again.
SAMPLE: Final = "sample data"
#: The same, for what stays when the sample data goes, because real data needs it.
KEPT: Final = "sample data, kept"


@dataclass(frozen=True)
class Story:
    """When everything happens, and the routes by which the calls come in."""

    calendar: Calendar
    gateways: tuple[Gateway, ...]


def begun_at() -> datetime | None:
    """Give the moment at which the loaded story ends; None when there is no sample data."""
    sources = Source.objects.filter(is_sample=True, name__in=SOURCES)
    begun: datetime | None = sources.aggregate(begun=Min("created_at"))["begun"]
    return begun


def story_until(now: datetime, *, calls: int = CALLS) -> Story:
    """Tell the story that ends at a moment, with months cut in the reporting zone."""
    zone = Organization.current().zone
    month = day_start(now.astimezone(zone).date().replace(day=1), zone)
    calendar = Calendar(now, month)
    return Story(calendar, gateways(calendar, calls=calls))


def folder() -> Path:
    """Give the folder of the sample's files, which is made when absent."""
    return paths.sub_dir("demo")
