"""Closing a review freezes what it read. No import, price, name or person changes that again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import OperationalError, transaction
from psycopg.errors import SerializationFailure

from finops.domain.money import exact_difference
from finops.domain.windows import Window
from finops.models import AddedNote, Person, Review, ReviewVersion
from finops.reviews.deciding import clean
from finops.reviews.document import Days, Document, canonical, digest, loaded
from finops.reviews.reading import Ending, read
from finops.reviews.refusals import AlreadyClosed, Refused
from finops.reviews.summary import queue_summary
from finops.rollups.spend import total
from finops.sql import snapshot

#: For how long after its closing a review can be opened again.
REOPENS_FOR: Final = timedelta(hours=24)
LONGEST_REASON: Final = 2_000
LONGEST_ADDED_NOTE: Final = 5_000
#: How often a closing reads again because somebody decided something while it read.
_TRIES: Final = 20


class Since(NamedTuple):
    """What a closed review's days add up to today, and how much more that is than was read."""

    cost: Decimal
    difference: Decimal


def close(review: Review, *, by: Person | None, now: datetime) -> ReviewVersion:
    """Freeze a review as it reads now, and queue its summary; ``by`` None is automatically.

    All in one snapshot, also while calls are taken in. Raises AlreadyClosed when somebody was
    quicker.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            return _close(review.pk, by, now)
        except OperationalError as error:
            # Somebody decided or closed after the snapshot began: what was read is out of date.
            if not isinstance(error.__cause__, SerializationFailure) or not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def shown(review: Review, now: datetime) -> Document:
    """Give what the review's page shows: what was frozen last, or what it reads now."""
    if review.state == Review.OPEN:
        return read(review, now)
    return loaded(review.versions.latest("number").document)


def may_reopen(review: Review, now: datetime) -> bool:
    """Say whether a review was closed so lately that it may be opened again."""
    closed = review.closed_at
    return review.state == Review.CLOSED and closed is not None and now < closed + REOPENS_FOR


@transaction.atomic
def reopen(review: Review, *, reason: str, by: Person, now: datetime) -> Review:
    """Open a closed review again, on record; the version that was closed stays as it is.

    Raises Refused without a reason, later than 24 hours after the closing, and while it is open.
    """
    why = clean(reason, LONGEST_REASON)
    held = Review.objects.select_for_update().get(pk=review.pk)
    if held.state == Review.OPEN:
        raise Refused("This review is open already.")
    if not may_reopen(held, now):
        raise Refused("A review can be reopened for 24 hours. Add a note to it instead.")
    if not why:
        raise Refused("Say why it is reopened. It stays on record.")
    held.versions.filter(number=held.version).update(
        reopened_at=now, reopened_by=str(by)[:200], reopen_reason=why
    )
    held.state, held.closed_at = Review.OPEN, None
    held.save(update_fields=["state", "closed_at"])
    return held


@transaction.atomic
def add_note(review: Review, text: str, *, by: Person, now: datetime) -> AddedNote:
    """Add to a closed review what came to light later. Raises Refused while it is open."""
    written = clean(text, LONGEST_ADDED_NOTE)
    held = Review.objects.select_for_update().get(pk=review.pk)
    if held.state == Review.OPEN:
        raise Refused("This review is open. Write into the notes of its sections.")
    if not written:
        raise Refused("Write the note first.")
    return held.added_notes.create(text=written, added_at=now, added_by=str(by)[:200])


def since(review: Review) -> Since:
    """Add up today what the days of a closed review cost, and hold it against what was read."""
    document = loaded(review.versions.latest("number").document)
    today = total(_window(document["review"]["days"])).cost
    return Since(today, exact_difference(today, Decimal(document["workflows"]["total"])))


def verify(version: ReviewVersion) -> bool:
    """Say whether a frozen document still has the digest that it was frozen with."""
    return digest(version.document) == version.sha256


def _close(pk: int, by: Person | None, now: datetime) -> ReviewVersion:
    with snapshot():
        review = Review.objects.select_for_update().get(pk=pk)
        if review.state == Review.CLOSED:
            raise AlreadyClosed("This review is closed already.")
        ending = Ending(review.version + 1, str(by)[:200] if by else "")
        document = read(review, now, ending=ending)
        text = canonical(document)
        version = review.versions.create(
            number=ending.version,
            document=text,
            sha256=digest(text),
            closed_at=now,
            closed_by=ending.by,
            closed_automatically=ending.automatic,
        )
        review.state, review.version, review.closed_at = Review.CLOSED, ending.version, now
        review.save(update_fields=["state", "version", "closed_at"])
        queue_summary(review, document, now)
    return version


def _window(days: Days) -> Window:
    first, last = date.fromisoformat(days["first"]), date.fromisoformat(days["last"])
    return Window(first, last + timedelta(days=1))
