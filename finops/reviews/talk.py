"""What people said in a review, as its document has it: decisions, notes, actions, consent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Q

from finops.domain.money import plain
from finops.models import Action, Confirmation, Decision, Review
from finops.reviews.action_rows import action_rows, expected, late_first
from finops.reviews.actions import actions
from finops.reviews.deciding import CHOICES, FUNCTIONS
from finops.reviews.document import (
    SECTIONS,
    ActionRow,
    ConfirmationRow,
    DecisionRow,
    NoteRow,
    ReadBack,
)
from finops.reviews.people import person_row

#: For how long a finished action is talked about: so does the first estimate of its saving.
_TALKED_ABOUT: Final = timedelta(days=14)

Subjects = Iterable[tuple[str, str]]


def last_actions(review: Review, day: date) -> list[ActionRow]:
    """Give the actions that other reviews left open, and those that were closed since."""
    since = _last_closing(review) or review.prepared_at
    closed = Q(done_on__gte=day - _TALKED_ABOUT, state=Action.DONE)
    closed |= Q(changed_at__gte=since, state__in=(Action.DONE, Action.DROPPED))
    earlier = actions().exclude(review=review).filter(Q(state=Action.OPEN) | closed)
    return late_first(action_rows(earlier, day))


def read_back(review: Review, subjects: Subjects, day: date) -> ReadBack:
    """Read back what was decided about the ``subjects`` on the page, and what was promised."""
    decisions = [_decision(each) for each in _decisions(review)]
    decided = {(row["subject_kind"], row["subject"]) for row in decisions if row["choice"]}
    promised = late_first(action_rows(actions().filter(review=review), day))
    counted = [row for row in promised if row["state"] != Action.DROPPED]
    return {
        "decisions": decisions,
        "undecided": len(set(subjects) - decided),
        "actions": promised,
        "expected_saving": plain(expected(counted)),
        "unknown_savings": sum(1 for row in counted if row["expected_saving"] is None),
        "confirmations": confirmations(review),
    }


def notes(review: Review) -> list[NoteRow]:
    """Give the text boxes of all sections, written in or not."""
    written = {note.section: note for note in review.notes.all()}
    return [
        {
            "section": section,
            "title": title,
            "text": note.text if note else "",
            "version": note.version if note else 0,
            "written_by": note.written_by if note else "",
            "written_at": _moment(note.written_at) if note else None,
        }
        for section, title in enumerate(SECTIONS, start=1)
        for note in [written.get(section)]
    ]


def confirmations(review: Review) -> list[ConfirmationRow]:
    """Give each function's word, given or not."""
    given: dict[str, Confirmation] = {each.function: each for each in review.confirmations.all()}
    return [
        {
            "function": function,
            "label": label,
            "name": given[function].name if function in given else "",
            "at": _moment(given[function].at) if function in given else None,
        }
        for function, label in FUNCTIONS.items()
    ]


def _decisions(review: Review) -> Sequence[Decision]:
    """Give what was decided or said, in the order of the sections, then of time."""
    said = review.decisions.select_related("assignee").exclude(choice="", sentence="")
    return sorted(said, key=lambda each: (Decision.SUBJECTS.index(each.subject_kind), each.pk))


def _decision(decision: Decision) -> DecisionRow:
    return {
        "subject_kind": decision.subject_kind,
        "subject": decision.subject,
        "subject_name": decision.subject_name,
        "choice": decision.choice,
        "choice_label": CHOICES.get(decision.choice, ""),
        "choice_by": decision.choice_by,
        "choice_at": _moment(decision.choice_at),
        "sentence": decision.sentence,
        "sentence_by": decision.sentence_by,
        "sentence_at": _moment(decision.sentence_at),
        "assignee": person_row(decision.assignee),
    }


def _last_closing(review: Review) -> datetime | None:
    """Say when the review before this one was closed; None when there is none."""
    before = Review.objects.filter(
        kind=review.kind, starts__lt=review.starts, state=Review.CLOSED
    ).order_by("-starts")
    return before.values_list("closed_at", flat=True).first()


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
