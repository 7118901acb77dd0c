"""Read a weekly review: everything that its page shows, at one moment."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from finops.domain.windows import Period
from finops.insights.overview import parts_of
from finops.models import Organization, Review
from finops.reviews.budget_rows import budget_rows, needs_a_word
from finops.reviews.document import SHAPE, Document, Head
from finops.reviews.people import person_row
from finops.reviews.spending import days_row, stand
from finops.reviews.talk import last_actions, notes, read_back
from finops.reviews.top_workflows import top_workflows
from finops.reviews.unknowns import data_completeness, news
from finops.reviews.weeks import month_read, today, week_read
from finops.rollups.question import Question
from finops.sql import snapshot


class Ending(NamedTuple):
    """How a review is being closed, as its document says; ``by`` is empty for automatically."""

    version: int
    by: str

    @property
    def automatic(self) -> bool:
        """Say whether nobody closed it."""
        return not self.by


def read(review: Review, now: datetime, *, ending: Ending | None = None) -> Document:
    """Read a review as of an instant, in one snapshot; ``ending`` when that closes it."""
    with snapshot():
        organization = Organization.current()
        period = week_read(review.starts, review.ends, now, organization.zone)
        week = Question(period, organization, now)
        day = today(now, organization.zone)
        parts = parts_of(week, "workflow")
        budgets = budget_rows(now)
        completeness = data_completeness(period.window, now)
        workflows = top_workflows(week, parts)
        in_question = [row for row in budgets if needs_a_word(row)]
        unknown = news(week, parts, completeness)
        rows = [*workflows["rows"], *in_question, *unknown["rows"]]
        return {
            "shape": SHAPE,
            "review": _head(review, period, organization, now, ending),
            "stand": stand(week, month_read(period, now, organization.zone), parts, budgets),
            "last_actions": last_actions(review, day),
            "workflows": workflows,
            "budgets": in_question,
            "green_budgets": [row for row in budgets if not needs_a_word(row)],
            "news": unknown,
            "read_back": read_back(
                review, [(row["subject_kind"], row["subject"]) for row in rows], day
            ),
            "notes": notes(review),
            "completeness": completeness,
            "exchange_rates": {},
        }


def _head(
    review: Review,
    period: Period,
    organization: Organization,
    now: datetime,
    ending: Ending | None,
) -> Head:
    attendees = review.attendees.order_by("name", "email")
    return {
        "key": review.key,
        "days": days_row(period.window),
        "days_before": days_row(period.before),
        "state": Review.CLOSED if ending else review.state,
        "version": ending.version if ending else review.version,
        "read_at": now.isoformat(),
        "zone": organization.time_zone,
        "currency": organization.currency,
        "organization": organization.name,
        "prepared_at": review.prepared_at.isoformat(),
        "started_at": review.started_at.isoformat() if review.started_at else None,
        "started_by": review.started_by,
        "closed_by": ending.by if ending else "",
        "closed_automatically": ending.automatic if ending else False,
        "chair": person_row(review.chair),
        "attendees": [row for each in attendees if (row := person_row(each))],
    }
