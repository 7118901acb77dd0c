"""Reviews come by themselves: prepared when their week has ended, closed when nobody did."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from finops.domain.periods import day_start
from finops.insights.news import first_day
from finops.models import Organization, Person, Review, ReviewVersion
from finops.reviews.closing import REOPENS_FOR, close
from finops.reviews.refusals import AlreadyClosed
from finops.reviews.weeks import Week, today


def prepare_due(now: datetime) -> list[Review]:
    """Prepare the review of the week that ended last, and close those that nobody closed in time.

    A review is held in the week after the one it is about, and closed automatically when that is
    over. Without a single call before the week's end there is nothing to review. Gives the reviews
    that this call made or closed; harmless to repeat, and to call twice at once.
    """
    last = Week.around(today(now, Organization.current().zone)).before
    closed = [review for review in _overdue(now) if _close(review, now)]
    first = first_day()
    if first is None or first >= last.ends:
        return closed
    review, is_new = _prepared(last, now)
    return [*closed, review] if is_new else closed


def to_hold(now: datetime) -> tuple[Week, Review | None]:
    """Say which week a meeting held now is about, and its review if there is one.

    That is the week that ended last, until its review is closed; then it is the running one.
    """
    running = Week.around(today(now, Organization.current().zone))
    keys = (running.key, running.before.key)
    known = {
        review.key: review for review in Review.objects.filter(kind=Review.WEEKLY, key__in=keys)
    }
    last = known.get(running.before.key)
    first = first_day()
    had_calls = first is not None and first < running.before.ends
    if had_calls and (last is None or last.state == Review.OPEN):
        return running.before, last
    return running, known.get(running.key)


def start(*, by: Person, now: datetime) -> Review:
    """Give the review that a meeting holds now, made if need be, and note who began it.

    Whoever begins leads the meeting until somebody else is named.
    """
    week, _ = to_hold(now)
    with transaction.atomic():
        review, _ = _prepared(week, now)
        review = Review.objects.select_for_update().get(pk=review.pk)
        if review.state == Review.OPEN and review.started_at is None:
            review.started_at, review.started_by = now, str(by)[:200]
            review.chair = review.chair or by
            review.save(update_fields=["started_at", "started_by", "chair"])
            review.attendees.add(by)
    return review


def _prepared(week: Week, now: datetime) -> tuple[Review, bool]:
    """Find the review of a week, or make it; of two at once, one makes it."""
    return Review.objects.get_or_create(
        kind=Review.WEEKLY,
        key=week.key,
        defaults={"starts": week.starts, "ends": week.ends, "prepared_at": now},
    )


def _overdue(now: datetime) -> list[Review]:
    """List the open reviews whose meeting week is over; reopened ones keep their 24 hours."""
    monday = Week.around(today(now, Organization.current().zone)).starts
    due = Review.objects.filter(kind=Review.WEEKLY, state=Review.OPEN, ends__lt=monday)
    lately = ReviewVersion.objects.filter(reopened_at__gt=now - REOPENS_FOR)
    return list(due.exclude(versions__in=lately).order_by("starts"))


def _close(review: Review, now: datetime) -> bool:
    try:
        close(review, by=None, now=now)
    except AlreadyClosed:
        return False
    return True


def closes_at(review: Review) -> datetime:
    """Say when an open review closes automatically: when its meeting week is over."""
    return day_start(Week(review.starts).next.ends, Organization.current().zone)
