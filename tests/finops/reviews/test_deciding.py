"""What a meeting says while it runs, by several people at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from finops.access.rights import RIGHTS
from finops.attribution.values import describe
from finops.models import Decision, Review
from finops.reviews import deciding
from finops.reviews.closing import close
from finops.reviews.deciding import (
    assign,
    attend,
    choose,
    confirm,
    may_confirm,
    say,
    subject,
    take_back,
    write_note,
)
from finops.reviews.reading import read
from finops.reviews.refusals import NotYours, Refused, ReviewClosed
from tests.finops.access.people_at_hand import person
from tests.finops.ledger.side_by_side import at_once
from tests.finops.reviews.budgets_at_hand import standing
from tests.finops.reviews.meetings import HOSTILE, MONDAY, meeting, promised, two_weeks

pytestmark = pytest.mark.usefixtures("ledger")

AGENT = (Decision.WORKFLOW, "agent")
LATER = MONDAY + timedelta(minutes=2)


@pytest.fixture
def review(ledger: None) -> Review:
    two_weeks()
    return meeting()


def test_the_last_word_wins_in_each_field_and_says_whose_it_is(review: Review) -> None:
    ada, tom = person("finance", name="Ada"), person("engineering", name="Tom")
    choose(review, subject(*AGENT), Decision.ACCEPT, by=ada, now=MONDAY)
    say(review, subject(*AGENT), "Longer documents.", by=tom, now=MONDAY)
    choose(review, subject(*AGENT), Decision.FIX, by=tom, now=LATER)

    decision = review.decisions.get()
    assert (decision.choice, decision.choice_by, decision.choice_at) == ("fix", "Tom", LATER)
    assert (decision.sentence, decision.sentence_by) == ("Longer documents.", "Tom")


def test_a_decision_can_be_taken_back(review: Review) -> None:
    ada = person("finance", name="Ada")
    choose(review, subject(*AGENT), Decision.STOP, by=ada, now=MONDAY)
    choose(review, subject(*AGENT), "", by=ada, now=LATER)

    assert read(review, LATER)["read_back"]["decisions"] == []


def test_scribes_at_once_leave_one_decision(review: Review) -> None:
    people = [person("finance", name=f"Scribe {n}") for n in range(4)]
    row = subject(*AGENT)

    def writes(n: int) -> None:
        choose(review, row, Decision.CHOICES[n], by=people[n], now=MONDAY)

    at_once(*[lambda n=n: writes(n) for n in range(4)])  # type: ignore[misc]

    decision = review.decisions.get()
    assert decision.choice_by == f"Scribe {Decision.CHOICES.index(decision.choice)}"


def test_a_row_keeps_the_name_that_it_had(review: Review) -> None:
    ada = person("finance", name="Ada")
    choose(review, subject(*AGENT), Decision.ACCEPT, by=ada, now=MONDAY)
    describe("workflow", "agent", display_name="Renamed", business_owner=None, technical_owner=None)

    assert review.decisions.get().subject_name == "agent"
    assert subject(*AGENT).name == "Renamed"


def test_budgets_and_news_are_decided_too(review: Review) -> None:
    ada = person("finance", name="Ada")
    budget = standing("All AI spend").budget
    row = subject(Decision.BUDGET, str(budget.pk))
    choose(review, row, Decision.CHANGE_BUDGET, by=ada, now=MONDAY)
    new = assign(review, subject(Decision.NEW, "model:gpt-9"), ada, by=ada, now=MONDAY)

    assert row.name == "All AI spend"
    assert (new.subject_name, new.assignee, new.choice) == ("gpt-9", ada, Decision.ASSIGN)
    assert (
        choose(review, subject(Decision.NEW, "model:gpt-9"), "accept", by=ada, now=LATER).assignee
        is None
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("planet", "x"),
        ("workflow", ""),
        ("workflow", "x" * 521),
        ("workflow", "a\0b"),
        ("budget", "7"),
        ("budget", "x"),
    ],
)
def test_what_is_no_row_is_refused(review: Review, kind: str, value: str) -> None:
    with pytest.raises(Refused):
        subject(kind, value)


def test_a_choice_that_is_not_offered_is_refused(review: Review) -> None:
    ada = person("finance", name="Ada")
    for choice in ("maybe", Decision.ASSIGN):
        with pytest.raises(Refused):
            choose(review, subject(*AGENT), choice, by=ada, now=MONDAY)
    gone = person("engineering", name="Gone", is_active=False)
    with pytest.raises(Refused, match="Gone has left"):
        assign(review, subject(Decision.NEW, "team:new"), gone, by=ada, now=MONDAY)


def test_a_note_that_somebody_wrote_over_comes_back_to_be_shown(review: Review) -> None:
    ada, tom = person("finance", name="Ada"), person("engineering", name="Tom")
    first = write_note(review, 3, "Ada’s words", seen=0, by=ada, now=MONDAY)
    second = write_note(review, 3, "Tom’s words", seen=0, by=tom, now=LATER)

    assert (first.overwritten, first.note.version) == ("", 1)
    assert (second.overwritten, second.by, second.at) == ("Ada’s words", "Ada", MONDAY)
    assert (second.note.text, second.note.version) == ("Tom’s words", 2)


def test_nothing_is_lost_when_the_note_was_seen_or_goes_on(review: Review) -> None:
    ada, tom = person("finance", name="Ada"), person("engineering", name="Tom")
    write_note(review, 3, "One.", seen=0, by=ada, now=MONDAY)

    assert write_note(review, 3, "Other.", seen=1, by=tom, now=LATER).overwritten == ""
    assert write_note(review, 3, "Other. And more.", seen=0, by=ada, now=LATER).overwritten == ""
    same = write_note(review, 3, "Other. And more.", seen=0, by=tom, now=LATER)
    assert (same.note.version, same.note.written_by) == (3, "Ada")


def test_notes_have_bounds(review: Review) -> None:
    ada = person("finance", name="Ada")
    for section in (0, 7):
        with pytest.raises(Refused):
            write_note(review, section, "x", seen=0, by=ada, now=MONDAY)
    with pytest.raises(Refused, match="at most"):
        write_note(review, 1, "x" * (deciding.LONGEST_NOTE + 1), seen=0, by=ada, now=MONDAY)


def test_two_scribes_at_once_lose_nothing_unseen(review: Review) -> None:
    people = [person("finance", name=f"Scribe {n}") for n in range(3)]
    saved = at_once(
        *[
            lambda n=n: write_note(review, 1, f"words {n}", seen=0, by=people[n], now=MONDAY)  # type: ignore[misc]
            for n in range(3)
        ]
    )

    kept = review.notes.get().text
    shown_back = {each.overwritten for each in saved} - {""}
    assert {kept} | shown_back == {"words 0", "words 1", "words 2"}


@pytest.mark.parametrize("role", RIGHTS)
def test_everybody_confirms_for_their_own_function_alone(review: Review, role: str) -> None:
    who = person(role)
    confirmed = set()
    for function in deciding.FUNCTIONS:
        try:
            confirm(review, function, by=who, now=MONDAY)
        except NotYours:
            assert not may_confirm(who, function)
        else:
            confirmed.add(function)

    expected = set(deciding.FUNCTIONS) if role == "admin" else {role} & set(deciding.FUNCTIONS)
    assert confirmed == expected


def test_the_first_confirmation_stands_until_it_is_taken_back(review: Review) -> None:
    ada, bea = person("finance", name="Ada"), person("finance", name="Bea")
    confirm(review, "finance", by=ada, now=MONDAY)
    confirm(review, "finance", by=bea, now=LATER)
    assert review.confirmations.get().name == "Ada"

    take_back(review, "finance", by=bea)
    assert not review.confirmations.exists()
    with pytest.raises(Refused):
        confirm(review, "marketing", by=ada, now=MONDAY)


def test_the_chair_attends(review: Review) -> None:
    ada, tom = person("finance", name="Ada"), person("engineering", name="Tom")
    attend(review, chair=ada, attendees=[tom])
    head = read(review, MONDAY)["review"]

    assert head["chair"] is not None
    assert head["chair"]["name"] == "Ada"
    assert [each["name"] for each in head["attendees"]] == ["Ada", "Tom"]


def test_nothing_is_said_in_a_closed_review(review: Review) -> None:
    ada = person("finance", name="Ada")
    close(review, by=ada, now=MONDAY)
    row = subject(*AGENT)
    works = (
        lambda: choose(review, row, Decision.FIX, by=ada, now=LATER),
        lambda: say(review, row, "x", by=ada, now=LATER),
        lambda: assign(review, subject("new", "team:x"), ada, by=ada, now=LATER),
        lambda: write_note(review, 1, "x", seen=0, by=ada, now=LATER),
        lambda: confirm(review, "finance", by=ada, now=LATER),
        lambda: take_back(review, "finance", by=ada),
        lambda: attend(review, chair=None, attendees=[]),
        lambda: promised(ada, review=review),
    )
    for work in works:
        with pytest.raises(ReviewClosed, match="This review is closed"):
            work()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept_as_it_is(review: Review, text: str) -> None:
    ada = person("finance", name="Ada")
    say(review, subject(*AGENT), f"{text}\0", by=ada, now=MONDAY)
    write_note(review, 2, text, seen=0, by=ada, now=MONDAY)
    document = read(review, MONDAY)

    assert document["read_back"]["decisions"][0]["sentence"] == text
    assert document["notes"][1]["text"] == text
