"""A meeting's pulse: a few letters that change whenever somebody says something in it.

Pages of several scribes ask for it every few seconds, so it reads the meeting's own tables alone.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from finops.models import Organization, Review
from finops.reviews.talk import last_actions, notes, read_back
from finops.reviews.weeks import today


def pulse(review: Review, now: datetime) -> str:
    """Give a digest of decisions, actions, notes, confirmations, chair, attendees and state."""
    day = today(now, Organization.current().zone)
    said = (
        review.state,
        review.version,
        review.chair_id,
        sorted(review.attendees.values_list("pk", flat=True)),
        notes(review),
        read_back(review, (), day),
        last_actions(review, day),
    )
    return sha256(repr(said).encode()).hexdigest()[:16]
