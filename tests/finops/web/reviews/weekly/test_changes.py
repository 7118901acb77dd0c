"""What a meeting does on its page, without any script: every form leads back to its place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from finops.models import Action, Person, Review
from tests.finops.reviews.meetings import promised
from tests.finops.web.reviews.weekly.table import (
    AGENT,
    PAGE,
    budget,
    decision,
    seen,
    send,
    told,
    words,
)

NEW = {"kind": "new", "subject": "workflow:newcomer"}


@pytest.fixture
def priya(engineer: Client) -> Person:
    return Person.objects.get(role="engineering")


@pytest.mark.parametrize("choice", ["accept", "investigate", "fix", "stop", "change_budget"])
def test_a_decision_is_one_click(finance: Client, review: Review, choice: str) -> None:
    answer = send(finance, "decide", **AGENT, choice=choice)

    made = decision(review)
    assert (made.choice, made.choice_by) == (choice, "Test finance")
    place = answer.headers["Location"].partition("#")[2]
    assert answer.status_code == 302
    assert f'id="{place}"' in finance.get(answer.headers["Location"]).content.decode()
    assert f'value="{choice}"' in finance.get(answer.headers["Location"]).content.decode()


def test_the_last_click_counts_and_can_be_taken_back(finance: Client, review: Review) -> None:
    send(finance, "decide", **AGENT, choice="fix")
    send(finance, "decide", **AGENT, choice="accept")
    assert decision(review).choice == "accept"
    assert "1 of 3 decided" in seen(finance, 3)

    send(finance, "decide", **AGENT, choice="")

    assert decision(review).choice == ""
    assert "0 of 3 decided" in seen(finance, 3)


def test_a_sentence_needs_no_decision(finance: Client, review: Review) -> None:
    send(finance, "say", **AGENT, sentence="  It is the new contract.  ")

    assert decision(review).sentence == "It is the new contract."
    page = finance.get(PAGE, {"screen": 3}).content.decode()
    assert 'value="It is the new contract."' in page


def test_an_action_says_what_who_when_and_how_much(
    finance: Client, priya: Person, review: Review
) -> None:
    send(finance, "decide", **AGENT, choice="fix")
    answer = send(finance, "promise", **AGENT, **told())

    made = Action.objects.get()
    assert answer.status_code == 302
    assert (made.what, made.owner, made.due) == ("Cap repeats at one", priya, date(2026, 7, 6))
    assert (made.expected_saving, made.workflow) == (Decimal(1300), "agent")
    assert made.decision == decision(review)
    assert "Cap repeats at one" in finance.get(PAGE, {"screen": 3}).content.decode()
    assert "1 action: $1,300 a month expected" in seen(finance, 6)


@pytest.mark.parametrize("typed", ["", "not known yet", "?", "Unknown"])
def test_a_saving_may_be_unknown(
    finance: Client, priya: Person, review: Review, typed: str
) -> None:
    send(finance, "promise", **AGENT, **told(saving=typed))

    assert Action.objects.get().expected_saving is None
    assert "1 action, saving not known yet" in seen(finance, 6)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("what", "", "Say what will be done."),
        ("what", "x" * 501, "at most 500 characters"),
        ("owner", "", "Choose an owner."),
        ("owner", "0", "Choose somebody from the list."),
        ("owner", "x", "Choose somebody from the list."),
        ("due", "", "Choose the day it is due."),
        ("due", "soon", "Enter a day such as 2026-11-03."),
        ("due", "2026-06-21", "Choose today or a later day."),
        ("saving", "-5", "Enter 0 or more."),
        ("saving", "lots", "Enter an amount"),
        ("saving", "1.234", "can be read in two ways"),
    ],
)
def test_an_action_that_lacks_something_is_asked_for_again(
    finance: Client, priya: Person, review: Review, field: str, typed: str, says: str
) -> None:
    answer = send(finance, "promise", **AGENT, **told(**{field: typed}))

    assert answer.status_code == 422
    assert says in words(answer)
    assert "There is a problem" in words(answer)
    assert Action.objects.count() == 0
    if field != "what":
        assert 'value="Cap repeats at one"' in answer.content.decode(), "what was typed stays"


def test_somebody_who_left_cannot_be_asked(finance: Client, priya: Person, review: Review) -> None:
    typed = told()
    Person.objects.filter(pk=priya.pk).update(is_active=False)

    answer = send(finance, "promise", **AGENT, **typed)

    assert "Choose somebody from the list." in words(answer)


@pytest.mark.parametrize(
    ("field", "typed", "column", "kept"),
    [
        ("what", "Cap repeats at two", "what", "Cap repeats at two"),
        ("due", "2026-08-01", "due", date(2026, 8, 1)),
        ("saving", "2 000", "expected_saving", Decimal(2000)),
        ("saving", "", "expected_saving", None),
    ],
)
def test_an_action_is_changed_field_by_field(
    finance: Client, priya: Person, review: Review, field: str, typed: str, column: str, kept: Any
) -> None:
    send(finance, "promise", **AGENT, **told())
    made = Action.objects.get()

    send(finance, f"actions/{made.pk}", do="edit", **{field: typed})

    after = Action.objects.get()
    assert getattr(after, column) == kept
    others = {"what", "due", "expected_saving", "owner_id"} - {column}
    assert all(getattr(after, name) == getattr(made, name) for name in others)


def test_an_action_that_was_a_mistake_is_taken_out(
    finance: Client, priya: Person, review: Review
) -> None:
    send(finance, "promise", **AGENT, **told())

    send(finance, f"actions/{Action.objects.get().pk}", do="remove")

    assert Action.objects.count() == 0


def test_last_weeks_actions_are_ticked_moved_dropped_and_taken_up_again(
    finance: Client, priya: Person, review: Review
) -> None:
    ticked, moved, dropped = (
        promised(priya, what=what) for what in ("Tick me", "Move me", "Drop me")
    )
    send(finance, f"actions/{ticked.pk}", screen=2, do="finish")
    send(finance, f"actions/{moved.pk}", screen=2, do="move", due="2026-07-20")
    silent = send(finance, f"actions/{dropped.pk}", screen=2, do="drop", reason="")
    assert silent.status_code == 422
    assert "Say why it is dropped." in words(silent)
    send(finance, f"actions/{dropped.pk}", screen=2, do="drop", reason="No need any more")

    page = seen(finance, 2)
    assert "Tick me Test engineering Done" in page
    assert "Move me Test engineering due Mon 20 Jul" in page
    assert "Dropped" in page

    send(finance, f"actions/{ticked.pk}", screen=2, do="again")
    assert "Tick me Test engineering due Mon 29 Jun" in seen(finance, 2)


@pytest.mark.parametrize("do", ["", "explode", "edit\0"])
def test_nothing_else_is_done_to_an_action(
    finance: Client, priya: Person, review: Review, do: str
) -> None:
    made = promised(priya)

    assert send(finance, f"actions/{made.pk}", do=do).status_code in {302, 404, 422}
    after = Action.objects.get()
    assert (after.state, after.what, after.due) == (made.state, made.what, made.due)


def test_something_new_gets_an_owner(finance: Client, priya: Person, review: Review) -> None:
    send(finance, "assign", screen=5, **NEW, owner=priya.pk)
    made = decision(review, "workflow:newcomer")
    assert (made.choice, made.assignee) == ("assign", priya)
    assert "Owner: Test engineering" in seen(finance, 6)

    send(finance, "assign", screen=5, **NEW, owner="")
    assert decision(review, "workflow:newcomer").assignee is None


def test_a_note_is_kept_by_section(finance: Client, review: Review) -> None:
    send(finance, "note", screen=4, section="4", seen="0", text="Ask legal.\n\nThen again.")

    assert review.notes.get(section=4).text == "Ask legal.\n\nThen again."
    assert "Ask legal." in finance.get(PAGE, {"screen": 4}).content.decode()
    assert "<textarea" in finance.get(PAGE, {"screen": 3}).content.decode()


def test_functions_confirm_themselves(finance: Client, engineer: Client, review: Review) -> None:
    assert send(finance, "confirm", screen=6, function="finance").status_code == 302
    refused = send(finance, "confirm", screen=6, function="engineering")
    assert refused.status_code == 403
    assert "Engineering confirms this itself." in words(refused)
    send(engineer, "confirm", screen=6, function="engineering")

    assert "Finance Test finance, 09:31 UTC" in seen(finance, 6)
    assert "Engineering Test engineering, 09:31 UTC" in seen(finance, 6)

    send(finance, "confirm", screen=6, function="finance", take_back="yes")
    assert not review.confirmations.filter(function="finance").exists()


def test_chair_and_attendees_are_on_record(finance: Client, priya: Person, review: Review) -> None:
    maya = Person.objects.get(role="finance")

    send(finance, "attend", screen=6, chair=maya.pk, attendees=[priya.pk])

    review.refresh_from_db()
    assert review.chair == maya
    assert set(review.attendees.all()) == {maya, priya}
    assert "Test engineering and Test finance" in seen(finance, 6)


@pytest.mark.parametrize(
    ("to", "fields"),
    [
        ("decide", {"kind": "workflow", "subject": "agent", "choice": "shrug"}),
        ("decide", {"kind": "planet", "subject": "agent", "choice": "fix"}),
        ("decide", {"kind": "workflow", "subject": "", "choice": "fix"}),
        ("decide", {"kind": "budget", "subject": "999", "choice": "fix"}),
        ("decide", {"kind": "budget", "subject": "9" * 30, "choice": "fix"}),
        ("decide", {}),
        ("say", {"kind": "workflow", "subject": "agent", "sentence": "x" * 2_001}),
        ("assign", {"kind": "new", "subject": "workflow:x", "owner": "999999"}),
        ("assign", {"kind": "workflow", "subject": "agent", "owner": "999999999999999999999"}),
        ("note", {"section": "7", "text": "x"}),
        ("note", {"section": "", "text": "x"}),
        ("note", {"section": "1", "text": "x" * 20_001}),
        ("confirm", {"function": "gardening"}),
        ("attend", {"chair": "x"}),
        ("reopen", {"reason": "It is open"}),
        ("add-note", {"text": "It is open"}),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    finance: Client, review: Review, to: str, fields: dict[str, str]
) -> None:
    answer = send(finance, to, **fields)

    assert answer.status_code in {403, 422}
    assert "Nothing was changed" in words(answer)
    assert not review.decisions.exclude(choice="", sentence="").exists()


def test_what_was_typed_is_given_back_when_it_is_refused(finance: Client, review: Review) -> None:
    long = "A long story. " * 200
    answer = send(finance, "say", **budget("All AI"), sentence=long)

    assert answer.status_code == 422
    assert long in answer.content.decode()
