"""What the meeting says while it runs: decisions, notes, confirmations, and who is there.

Everything here refuses once the review is closed (``ReviewClosed``). Several people write at once:
in each field the last word wins, and says whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction

from finops.attribution.values import labels
from finops.models import Budget, Confirmation, Decision, Person, Review, ReviewNote
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.reviews.refusals import NotYours, Refused, ReviewClosed

LONGEST_SENTENCE: Final = 2_000
LONGEST_NOTE: Final = 20_000
#: The ledger's own limit for a value, and room for the name of its dimension.
_LONGEST_SUBJECT: Final = 520
_MOST_ATTENDEES: Final = 200

#: What each choice is called on its button.
CHOICES: Final[Mapping[str, str]] = {
    Decision.ACCEPT: "Accept",
    Decision.INVESTIGATE: "Investigate",
    Decision.FIX: "Fix",
    Decision.STOP: "Stop",
    Decision.CHANGE_BUDGET: "Change budget",
    Decision.ASSIGN: "Assign an owner",
}
#: What can be decided about each kind of row, in the order of the buttons.
CHOICES_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    Decision.WORKFLOW: tuple(choice for choice in CHOICES if choice != Decision.ASSIGN),
    Decision.BUDGET: tuple(choice for choice in CHOICES if choice != Decision.ASSIGN),
    Decision.NEW: (Decision.ACCEPT, Decision.INVESTIGATE, Decision.STOP, Decision.ASSIGN),
}
#: What each function that confirms is called; its name is also that of its role.
FUNCTIONS: Final[Mapping[str, str]] = {
    "finance": "Finance",
    "engineering": "Engineering",
    "datascience": "Data science",
}
_ADMIN: Final = "admin"


class Subject(NamedTuple):
    """The row that a decision is about, as ``subject_kind`` and ``subject`` of the document."""

    kind: str
    value: str
    name: str


class NoteSaved(NamedTuple):
    """A note that was saved. ``overwritten`` is what somebody else had written meanwhile.

    It is empty when nothing was lost; otherwise ``by`` and ``at`` say whose text it was.
    """

    note: ReviewNote
    overwritten: str = ""
    by: str = ""
    at: datetime | None = None


def subject(kind: str, value: str) -> Subject:
    """Find a row by its kind and value, under the name that it has now.

    Raises Refused for a kind that is none, a budget that is none, or a value nothing can have.
    """
    if kind not in Decision.SUBJECTS or not 0 < len(value) <= _LONGEST_SUBJECT or "\0" in value:
        raise Refused("There is no such row in this review.")
    return Subject(kind, value, _named(kind, value)[:_LONGEST_SUBJECT])


@transaction.atomic
def choose(review: Review, row: Subject, choice: str, *, by: Person, now: datetime) -> Decision:
    """Decide about a row; an empty choice takes the decision back. The last word wins."""
    if choice and choice not in CHOICES_FOR[row.kind]:
        raise Refused("Choose one of the decisions offered.")
    hold_open(review)
    decision = _decision(review, row)
    decision.choice, decision.choice_by, decision.choice_at = choice, _name(by), now
    if choice != Decision.ASSIGN:
        decision.assignee = None
    decision.save()
    return decision


@transaction.atomic
def say(review: Review, row: Subject, sentence: str, *, by: Person, now: datetime) -> Decision:
    """Add a sentence to the decision about a row, made or not; an empty one takes it away."""
    text = clean(sentence, LONGEST_SENTENCE)
    hold_open(review)
    decision = _decision(review, row)
    if decision.sentence != text:
        decision.sentence, decision.sentence_by, decision.sentence_at = text, _name(by), now
        decision.save()
    return decision


@transaction.atomic
def assign(review: Review, row: Subject, owner: Person, *, by: Person, now: datetime) -> Decision:
    """Decide that somebody answers for a row from now on. Raises Refused for who has left."""
    if not owner.is_active:
        raise Refused(f"{owner} has left. Choose somebody else.")
    if Decision.ASSIGN not in CHOICES_FOR[row.kind]:
        raise Refused("Choose one of the decisions offered.")
    hold_open(review)
    decision = _decision(review, row)
    decision.choice, decision.choice_by, decision.choice_at = Decision.ASSIGN, _name(by), now
    decision.assignee = owner
    decision.save()
    return decision


@transaction.atomic
def write_note(
    review: Review, section: int, text: str, *, seen: int, by: Person, now: datetime
) -> NoteSaved:
    """Save the text box of a section (1 to 6). The last writer wins, and gets back what was lost.

    ``seen`` is the version that the writer's box began with. Raises Refused for a text that is
    too long, or a section that is none.
    """
    if not 1 <= section <= 6:
        raise Refused("A review has sections 1 to 6.")
    written = clean(text, LONGEST_NOTE)
    hold_open(review)
    note, _ = ReviewNote.objects.get_or_create(review=review, section=section)
    if note.text == written:
        return NoteSaved(note)
    lost = NoteSaved(note)
    if note.version != seen and note.text and note.text not in written:
        lost = NoteSaved(note, note.text, note.written_by, note.written_at)
    note.text, note.written_by, note.written_at = written, _name(by), now
    note.version += 1
    note.save()
    return lost


def may_confirm(person: Person, function: str) -> bool:
    """Say whether a person speaks for a function: their own one; an admin for any."""
    return person.is_active and person.role in {function, _ADMIN}


@transaction.atomic
def confirm(review: Review, function: str, *, by: Person, now: datetime) -> Confirmation:
    """Give a function's word. Raises NotYours for another function than one's own."""
    _check_function(function, by)
    hold_open(review)
    confirmation, _ = Confirmation.objects.get_or_create(
        review=review, function=function, defaults={"person": by, "name": _name(by), "at": now}
    )
    return confirmation


@transaction.atomic
def take_back(review: Review, function: str, *, by: Person) -> None:
    """Take a function's word back."""
    _check_function(function, by)
    hold_open(review)
    Confirmation.objects.filter(review=review, function=function).delete()


@transaction.atomic
def attend(review: Review, *, chair: Person | None, attendees: Iterable[Person]) -> None:
    """Say who leads the meeting and who is there; the chair is there too."""
    people = {person.pk: person for person in (*attendees, *([chair] if chair else []))}
    if len(people) > _MOST_ATTENDEES:
        raise Refused(f"A meeting has at most {_MOST_ATTENDEES} people.")
    hold_open(review)
    review.refresh_from_db()
    review.chair = chair
    review.save(update_fields=["chair"])
    review.attendees.set(people.values())


def hold_open(review: Review) -> None:
    """Keep a review open until the transaction ends. Raises ReviewClosed when it is not.

    The row is written, not only locked: a closing that began to read before this commits then
    fails to lock it and reads again, so that it never misses what was decided meanwhile.
    """
    held = Review.objects.filter(pk=review.pk, state=Review.OPEN).update(state=Review.OPEN)
    if not held:
        raise ReviewClosed("This review is closed. Add a note to it, or reopen it.")


def clean(text: str, longest: int) -> str:
    """Trim what somebody typed. Raises Refused when it is too long."""
    trimmed = text.replace("\0", "").replace("\r\n", "\n").strip()
    if len(trimmed) > longest:
        raise Refused(f"Write at most {longest:,} letters.")
    return trimmed


def _decision(review: Review, row: Subject) -> Decision:
    decision, _ = Decision.objects.get_or_create(
        review=review,
        subject_kind=row.kind,
        subject=row.value,
        defaults={"subject_name": row.name},
    )
    return decision


def _named(kind: str, value: str) -> str:
    if kind == Decision.WORKFLOW:
        return labels("workflow").get(value, value)
    if kind == Decision.BUDGET:
        budget = Budget.objects.filter(pk=int(value)).first() if value.isdecimal() else None
        if budget is None:
            raise Refused("There is no such budget.")
        return budget.name
    dimension, _, new = value.partition(":")
    return labels(dimension).get(new, new) if dimension in NAMED_DIMENSIONS else new or value


def _check_function(function: str, person: Person) -> None:
    if function not in FUNCTIONS:
        raise Refused(f"Choose one of {', '.join(FUNCTIONS.values())}.")
    if not may_confirm(person, function):
        raise NotYours(f"{FUNCTIONS[function]} confirms this itself.")


def _name(person: Person) -> str:
    return str(person)[:200]
