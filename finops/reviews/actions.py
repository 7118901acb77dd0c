"""Actions: what somebody promised to do by a day, and what became of it.

Every change asks for the version that its writer saw (``seen``; None: whatever it is), so that two
people never write over each other unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from finops.attribution.values import labels
from finops.insights.workflow import final_value, identity
from finops.models import Action, Decision, Organization, Person, Review
from finops.reviews.deciding import clean, hold_open
from finops.reviews.refusals import ChangedMeanwhile, Refused
from finops.reviews.savings import baseline
from finops.reviews.weeks import today

LONGEST_WHAT: Final = 500
LONGEST_CLOSING_NOTE: Final = 2_000
#: What no single action saves; 16 digits fit.
MOST_SAVING: Final = Decimal(10) ** 12
_LONGEST_VALUE: Final = 500
_LAST_DUE: Final = date(2100, 1, 1)


class UnknownWorkflow(Refused):
    """No call has ever named this workflow."""


def actions() -> QuerySet[Action]:
    """Give all actions with the people and reviews that their rows name."""
    return Action.objects.select_related("owner", "review", "decision")


def find_workflow(text: str) -> str:
    """Give the value of a workflow by its value or its name; empty for empty.

    Raises UnknownWorkflow for one that nobody has described and no call has named.
    """
    asked = clean(text, _LONGEST_VALUE)
    if not asked:
        return ""
    by_name = {name: value for value, name in labels("workflow").items()}
    value = final_value(by_name.get(asked, asked))
    if identity(value) is None:
        raise UnknownWorkflow(
            f"No workflow is called {asked[:100]}. Leave it empty, or choose one."
        )
    return value


def workflow_name(value: str) -> str:
    """Give what a workflow is called."""
    return labels("workflow").get(value, value)


@transaction.atomic
def promise(
    *,
    what: str,
    owner: Person | None,
    due: date | None,
    expected_saving: Decimal | None = None,
    workflow: str = "",
    review: Review | None = None,
    decision: Decision | None = None,
    by: Person,
    now: datetime,
) -> Action:
    """Take an action down: what, who and by when; a saving of None is not known yet.

    Raises Refused naming what is missing, and ReviewClosed for one of a review that is closed.
    """
    if review is not None:
        hold_open(review)
    return Action.objects.create(
        what=_what(what),
        owner=_owner(owner),
        due=_due(due, now),
        expected_saving=_saving(expected_saving),
        workflow=_workflow(workflow),
        review=review,
        decision=decision,
        created_at=now,
        created_by=str(by)[:200],
        changed_at=now,
        changed_by=str(by)[:200],
    )


def edit(
    pk: int,
    *,
    what: str,
    owner: Person | None,
    due: date | None,
    expected_saving: Decimal | None,
    workflow: str,
    seen: int | None,
    by: Person,
    now: datetime,
) -> Action:
    """Change an open action; a due day in the past may stay, but not be set."""
    with _changing(pk, seen=seen, by=by, now=now) as action:
        _check_open(action)
        action.what = _what(what)
        action.owner = owner if owner and owner.pk == action.owner_id else _owner(owner)
        action.due = due if due and due == action.due else _due(due, now)
        action.expected_saving = _saving(expected_saving)
        action.workflow = _workflow(workflow)
    return action


def finish(
    pk: int, *, note: str = "", seen: int | None = None, by: Person, now: datetime
) -> Action:
    """Tick an action as done today. What its work cost until now is kept to be compared with."""
    with _changing(pk, seen=seen, by=by, now=now) as action:
        _check_open(action)
        done_on = today(now, Organization.current().zone)
        action.state, action.done_on = Action.DONE, done_on
        action.closing_note = clean(note, LONGEST_CLOSING_NOTE)
        action.baseline = baseline(action.workflow, done_on)
    return action


def drop(pk: int, *, note: str, seen: int | None = None, by: Person, now: datetime) -> Action:
    """Give an action up. Raises Refused without a note that says why."""
    with _changing(pk, seen=seen, by=by, now=now) as action:
        _check_open(action)
        action.closing_note = clean(note, LONGEST_CLOSING_NOTE)
        if not action.closing_note:
            raise Refused("Say why it is dropped. It stays on record.")
        action.state = Action.DROPPED
    return action


def move(
    pk: int, *, due: date | None, seen: int | None = None, by: Person, now: datetime
) -> Action:
    """Give an open action another due day, not before today."""
    with _changing(pk, seen=seen, by=by, now=now) as action:
        _check_open(action)
        action.due = _due(due, now)
    return action


def take_up_again(pk: int, *, seen: int | None = None, by: Person, now: datetime) -> Action:
    """Open an action again that was done or dropped, say by mistake."""
    with _changing(pk, seen=seen, by=by, now=now) as action:
        if action.state == Action.OPEN:
            raise Refused("This action is open already.")
        action.state, action.done_on, action.baseline = Action.OPEN, None, None
        action.closing_note = ""
    return action


def take_back(pk: int, *, review: Review, by: Person) -> None:
    """Take out an action that the running review has just taken down, say by mistake."""
    with transaction.atomic():
        hold_open(review)
        action = _held(pk)
        if action.review_id != review.pk or action.state != Action.OPEN:
            raise Refused("Only an open action of this review can be taken back.")
        action.delete()


@contextmanager
def _changing(pk: int, *, seen: int | None, by: Person, now: datetime) -> Iterator[Action]:
    with transaction.atomic():
        action = _held(pk)
        if seen is not None and seen != action.version:
            raise ChangedMeanwhile(
                f"{action.changed_by or 'Somebody'} changed this action meanwhile."
            )
        yield action
        action.version += 1
        action.changed_at, action.changed_by = now, str(by)[:200]
        action.save()


def _held(pk: int) -> Action:
    """Lock an action. Raises Action.DoesNotExist."""
    return Action.objects.select_for_update(of=("self",)).select_related("owner").get(pk=pk)


def _check_open(action: Action) -> None:
    if action.state != Action.OPEN:
        raise Refused(f"This action is {action.state} already.")


def _what(text: str) -> str:
    what = " ".join(clean(text, LONGEST_WHAT).split())
    if not what:
        raise Refused("Say what will be done.")
    return what


def _owner(owner: Person | None) -> Person:
    if owner is None:
        raise Refused("Say who will do it.")
    if not owner.is_active:
        raise Refused(f"{owner} has left. Choose somebody else.")
    return owner


def _due(due: date | None, now: datetime) -> date:
    if due is None:
        raise Refused("Say by which day it will be done.")
    if due < today(now, Organization.current().zone):
        raise Refused("Choose today or a later day.")
    if due > _LAST_DUE:
        raise Refused("Choose a day of this century.")
    return due


def _saving(amount: Decimal | None) -> Decimal | None:
    if amount is None:
        return None
    if not amount.is_finite() or not 0 <= amount < MOST_SAVING:
        raise Refused("An expected saving is an amount from 0 on.")
    return amount.quantize(Decimal("0.01"))


def _workflow(value: str) -> str:
    if len(value) > _LONGEST_VALUE or "\0" in value:
        raise Refused("There is no such workflow.")
    return value
