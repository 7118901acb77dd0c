"""What was promised and what is to be decided, beside the numbers that asked for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from finops.domain import display
from finops.domain.money import exact_sum
from finops.models import Action, Decision
from finops.reviews.actions import actions
from finops.reviews.preparing import to_hold

#: How many actions stand on the page.
SHOWN: Final = 5
#: A review is held in the week after the one that it is about: on its Sunday at the latest.
_LAST_CHANCE: Final = timedelta(days=6)


class Meeting(NamedTuple):
    """The review that a meeting held now is about; ``key`` is empty until it is prepared."""

    key: str
    about: str
    due: str


class Promises(NamedTuple):
    """Open actions, those due first, what they are expected to save, and the next meeting."""

    heading: str
    shown: list[Action]
    more: int
    today: date
    meeting: Meeting


def promises(now: datetime, today: date, currency: str) -> Promises:
    """Read the open actions and the review to hold: three queries."""
    found = list(actions().filter(state=Action.OPEN).order_by("due", "pk"))
    return Promises(
        heading(found, currency), found[:SHOWN], max(len(found) - SHOWN, 0), today, _meeting(now)
    )


def heading(found: list[Action], currency: str) -> str:
    """Say how much is to come: ``Open actions: $5,000 a month expected``."""
    if not found:
        return "No open actions"
    saving = exact_sum(each.expected_saving for each in found if each.expected_saving)
    if not saving:
        return display.counted(len(found), "open action")
    return f"Open actions: {display.set_money(saving, currency)} a month expected"


def _meeting(now: datetime) -> Meeting:
    week, review = to_hold(now)
    about = display.days(week.starts, week.ends - timedelta(days=1))
    if review is None:
        return Meeting("", about, "")
    due = display.day(week.ends + _LAST_CHANCE, weekday=True, year=False)
    decided = Decision.objects.filter(review=review).exclude(choice="").count()
    made = display.counted(decided, "decision") if decided else "no decision"
    return Meeting(review.key, about, f"{made} yet, due by {due}")
