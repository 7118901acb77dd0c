"""All reviews in a row: what each decided, and whether its actions paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet

from finops.domain import display
from finops.domain.money import plain
from finops.models import Action, Review, ReviewVersion
from finops.reviews.action_rows import (
    action_rows,
    expected,
    realised_a_month,
    realised_so_far,
)
from finops.reviews.actions import actions
from finops.reviews.document import ActionRow


class ReviewLine(NamedTuple):
    """A review with its last version, and its actions but those that were dropped.

    ``version`` is None while it was never closed. ``expected`` is dollars a month; ``realised``
    what its finished actions saved so far, ``a_month`` what that comes to in a month; None before
    anything can be said.
    """

    review: Review
    version: ReviewVersion | None
    decisions: int
    actions: tuple[ActionRow, ...]
    expected: Decimal
    realised: Decimal | None
    a_month: Decimal | None

    @property
    def last(self) -> date:
        """The last day that it is about."""
        return self.review.ends - timedelta(days=1)

    @property
    def expected_unknown(self) -> bool:
        """Say whether nobody knows yet what any of its actions should save."""
        return all(action["expected_saving"] is None for action in self.actions)

    @property
    def days(self) -> str:
        """The days that it is about, for people."""
        return display.days(self.review.starts, self.last)

    def as_json(self) -> dict[str, Any]:
        """Give the line for the API; money is a decimal string."""
        review, version = self.review, self.version
        return {
            "kind": review.kind,
            "key": review.key,
            "first_day": review.starts.isoformat(),
            "last_day": self.last.isoformat(),
            "state": review.state,
            "version": review.version,
            "closed_at": version.closed_at.isoformat() if version else None,
            "closed_by": version.closed_by if version else "",
            "closed_automatically": bool(version and version.closed_automatically),
            "sha256": version.sha256 if version else None,
            "decisions": self.decisions,
            "actions": len(self.actions),
            "expected_saving": plain(self.expected),
            "realised_saving": None if self.realised is None else plain(self.realised),
        }


def reviews() -> QuerySet[Review]:
    """Give all reviews, the latest week first, with how many decisions each made."""
    decided = Count("decisions", filter=~Q(decisions__choice=""), distinct=True)
    return Review.objects.annotate(decided=decided).order_by("-starts", "-pk")


def lines(listed: Sequence[Review], today: date) -> list[ReviewLine]:
    """Describe reviews (of ``reviews()``) as of a day: four reads, however many they are."""
    versions = {
        version.review_id: version
        for version in ReviewVersion.objects.filter(review__in=listed)
        .defer("document")
        .order_by("number")
    }
    promised = _actions_of(listed, today)
    return [
        _line(review, versions.get(review.pk), promised.get(review.key, ())) for review in listed
    ]


def _line(
    review: Review, version: ReviewVersion | None, promised: Sequence[ActionRow]
) -> ReviewLine:
    return ReviewLine(
        review=review,
        version=version,
        decisions=review.decided,  # type: ignore[attr-defined]  # annotated by reviews()
        actions=tuple(promised),
        expected=expected(promised),
        realised=realised_so_far(promised),
        a_month=realised_a_month(promised),
    )


def _actions_of(listed: Iterable[Review], today: date) -> dict[str, list[ActionRow]]:
    kept = actions().filter(review__in=listed).exclude(state=Action.DROPPED)
    found: defaultdict[str, list[ActionRow]] = defaultdict(list)
    for row in action_rows(kept, today):
        found[row["review_key"]].append(row)
    return found
