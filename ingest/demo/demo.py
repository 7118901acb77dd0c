"""The demo company: brought in, looked at, taken away. One process at a time does so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection

from finops.access.changes import unrecorded
from finops.models import Source
from finops.rollups.refresh import refresh
from ingest.demo import bills, closes, governance, people, usage
from ingest.demo.chapters import CHAPTERS
from ingest.demo.removal import Removal
from ingest.demo.story import SAMPLE, begun_at, story_until
from ingest.generator.demo_company import CALLS
from ingest.models import Import

#: Any number, but the same in every process.
_LOCK: Final = 7_310_030

Say = Callable[[str], None]


class Status(NamedTuple):
    """How much of the sample data is there: ``absent``, ``partly`` or ``complete``."""

    state: str
    calls: int = 0
    since: datetime | None = None
    until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Give plain values; instants in RFC 3339."""
        instants = {"since": self.since, "until": self.until}
        return self._asdict() | {name: at and at.isoformat() for name, at in instants.items()}


def load(*, now: datetime, say: Say, calls: int = CALLS) -> Status:
    """Bring the sample data in, ending now; where a load was interrupted, go on with that one.

    What is there already is left as it is. Raises ValueError when it cannot be done.
    """
    with _alone(say):
        story = story_until(begun_at() or now.replace(second=0, microsecond=0), calls=calls)
        with unrecorded():
            if usage.is_complete(story):
                people.load(story)
                bills.load(story)
                governance.load(story)
                closes.load(story)
            else:
                say(f"Writing and importing {calls:,} calls of an invented company…")
                for chapter in CHAPTERS:
                    chapter.load(story)
        refresh()
        return status()


def remove(*, now: datetime, say: Say) -> list[str]:
    """Take the sample data away and nothing else; gives what was kept, and why."""
    with _alone(say):
        begun = begun_at()
        if begun is None:
            return []
        story, removal = story_until(begun), Removal(now)
        with unrecorded():
            return [
                kept for chapter in reversed(CHAPTERS) for kept in chapter.remove(story, removal)
            ]


def status() -> Status:
    """Look at what is there."""
    begun = begun_at()
    if begun is None:
        return Status("absent")
    story = story_until(begun)
    usage_files = Import.objects.filter(created_by=SAMPLE, kind=Source.USAGE)
    calls = sum(job.accepted for job in usage_files)
    state = "complete" if usage.is_complete(story) else "partly"
    return Status(state, calls, story.calendar.start, story.calendar.now)


@contextmanager
def _alone(say: Say) -> Iterator[None]:
    """Wait for whoever else loads or removes the sample data."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            say("Another process is at the sample data; waiting for it…")
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
