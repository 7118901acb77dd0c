"""The months that finance has closed: all whose differences are settled, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from finops.closing.closing import close
from finops.domain.periods import month_of, next_month
from finops.models import MonthClose, ReconciliationEvent
from ingest.demo.people import PEOPLE
from ingest.demo.removal import Removal
from ingest.demo.story import Story

#: Why they were closed although not everything was done; it is also how they are known again.
_REASON: Final = "Paid as billed. The cluster's own models come without a bill."
#: The running month and the one before it stay open.
_OPEN: Final = 2
_FINANCE: Final = next(person.name for person in PEOPLE if person.role == "finance")


def load(story: Story) -> None:
    """Close the months, unless that is done."""
    if MonthClose.objects.filter(reason=_REASON).exists():
        return
    for month in _months(story):
        close(month, by=_FINANCE, reason=_REASON, now=story.calendar.now)


def remove(story: Story, removal: Removal) -> Iterator[str]:
    """Forget that they were closed: what they stand on is about to go."""
    MonthClose.objects.filter(reason=_REASON).delete()
    ReconciliationEvent.objects.filter(
        kind=ReconciliationEvent.LOCK, reason=_REASON, by=_FINANCE
    ).delete()
    yield from ()


def _months(story: Story) -> list[date]:
    """Give every month of the story that is to be closed, oldest first."""
    months = [month_of(story.calendar.start.date())]
    while months[-1] < month_of(story.calendar.now.date()):
        months.append(next_month(months[-1]))
    return months[:-_OPEN]
