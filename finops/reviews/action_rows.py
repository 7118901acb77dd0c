"""Actions as pages, documents and answers show them: one row each, late ones first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from finops.attribution.values import labels
from finops.domain.money import exact_sum, plain
from finops.models import Action
from finops.reviews.document import ActionRow, Realised
from finops.reviews.people import person_row
from finops.reviews.savings import realised


def action_rows(actions: Iterable[Action], today: date) -> list[ActionRow]:
    """Write actions down as of a day, with what the finished ones saved."""
    listed = list(actions)
    saved = realised(listed, today)
    names = labels("workflow")
    return [_row(action, saved.get(action.pk), names, today) for action in listed]


def late_first(rows: Sequence[ActionRow]) -> list[ActionRow]:
    """Sort rows: late ones, others by their due day, then what was done and dropped."""
    states = (Action.OPEN, Action.DONE, Action.DROPPED)
    return sorted(rows, key=lambda row: (states.index(row["state"]), row["due"], int(row["id"])))


def expected(rows: Iterable[ActionRow]) -> Decimal:
    """Add up what is expected of actions, dollars a month; what is not known yet adds nothing."""
    return exact_sum(Decimal(row["expected_saving"]) for row in rows if row["expected_saving"])


def realised_so_far(rows: Iterable[ActionRow]) -> Decimal | None:
    """Add up what finished actions saved; None while nothing of it can be estimated."""
    return _sum(rows, "amount")


def realised_a_month(rows: Iterable[ActionRow]) -> Decimal | None:
    """Add up what finished actions save in a month; None while nothing can be estimated."""
    return _sum(rows, "a_month")


def within(rows: Iterable[ActionRow]) -> Decimal:
    """Say how far off ``realised_so_far`` may be: estimates of different work err on their own."""
    squares = (Decimal(each["band"] or 0) ** 2 for each in _estimates(rows))
    return sum(squares, Decimal(0)).sqrt()


def _sum(rows: Iterable[ActionRow], name: Literal["amount", "a_month"]) -> Decimal | None:
    amounts = [Decimal(each[name] or 0) for each in _estimates(rows)]
    return exact_sum(amounts) if amounts else None


def _estimates(rows: Iterable[ActionRow]) -> list[Realised]:
    """Give what counts into a sum: of several actions on one workflow, the one done first.

    Its estimate holds what the later ones changed as well; to add theirs would count that twice.
    """
    first: dict[str, Realised] = {}
    for row in sorted(rows, key=lambda row: (row["done_on"] or "", int(row["id"]))):
        found = row["realised"]
        if found is not None and found["state"] == "estimate":
            first.setdefault(row["workflow"], found)
    return list(first.values())


def _row(action: Action, saved: Realised | None, names: dict[str, str], today: date) -> ActionRow:
    late = max((today - action.due).days, 0) if action.state == Action.OPEN else 0
    saving = action.expected_saving
    return {
        "id": str(action.pk),
        "version": action.version,
        "what": action.what,
        "workflow": action.workflow,
        "workflow_name": names.get(action.workflow, action.workflow),
        "owner": person_row(action.owner),
        "due": action.due.isoformat(),
        "late": late > 0,
        "days_late": late,
        "expected_saving": None if saving is None else plain(saving),
        "state": action.state,
        "done_on": action.done_on.isoformat() if action.done_on else None,
        "closing_note": action.closing_note,
        "realised": saved,
        "review_key": action.review.key if action.review else "",
        "subject_kind": action.decision.subject_kind if action.decision else "",
        "subject": action.decision.subject if action.decision else "",
        "created_by": action.created_by,
        "changed_by": action.changed_by,
        "changed_at": action.changed_at.isoformat(),
    }
