"""Actions: promised with an owner and a day, changed by one person at a time, ended on record."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from finops.access.change_log import history
from finops.attribution.values import describe, merge
from finops.models import Action, Person
from finops.reviews import actions
from finops.reviews.action_rows import action_rows, late_first
from finops.reviews.actions import (
    UnknownWorkflow,
    drop,
    edit,
    find_workflow,
    finish,
    move,
    take_back,
    take_up_again,
)
from finops.reviews.refusals import ChangedMeanwhile, Refused
from tests.finops.access.people_at_hand import person
from tests.finops.ledger.side_by_side import at_once
from tests.finops.reviews.meetings import HOSTILE, MONDAY, in_zone, meeting, promised, two_weeks

pytestmark = pytest.mark.usefixtures("ledger")

TODAY = MONDAY.date()
LATER = MONDAY + timedelta(hours=1)


@pytest.fixture
def tom(ledger: None) -> Person:
    return person("engineering", name="Tom")


def test_a_promise_names_what_who_and_when(tom: Person) -> None:
    action = promised(tom, what="  Cap\n repeats  ", expected_saving=None)

    assert (action.what, action.owner, action.due) == ("Cap repeats", tom, date(2026, 6, 29))
    assert (action.expected_saving, action.state, action.created_by) == (None, Action.OPEN, "Tom")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"what": " \n "}, "Say what"),
        ({"what": "x" * 501}, "at most 500"),
        ({"owner": None}, "Say who"),
        ({"due": None}, "by which day"),
        ({"due": TODAY - timedelta(days=1)}, "today or a later day"),
        ({"due": date(2200, 1, 1)}, "this century"),
        ({"expected_saving": Decimal(-1)}, "from 0 on"),
        ({"expected_saving": Decimal("NaN")}, "from 0 on"),
        ({"expected_saving": Decimal("1e15")}, "from 0 on"),
        ({"workflow": "x" * 501}, "no such workflow"),
    ],
)
def test_what_is_missing_or_cannot_be_is_refused(
    tom: Person, fields: dict[str, object], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        promised(tom, **fields)  # type: ignore[arg-type]
    assert not Action.objects.exists()


def test_today_is_the_day_of_the_reporting_zone(tom: Person) -> None:
    in_zone("Pacific/Auckland")
    late_evening = MONDAY.replace(hour=13)  # Tuesday there

    with pytest.raises(Refused):
        promised(tom, due=TODAY, now=late_evening)
    assert promised(tom, due=TODAY + timedelta(days=1), now=late_evening).pk


def test_nobody_who_left_is_asked_but_who_leaves_is_flagged(tom: Person) -> None:
    action = promised(tom)
    tom.is_active = False
    tom.save()

    with pytest.raises(Refused, match="Tom has left"):
        promised(tom)
    (row,) = action_rows([Action.objects.select_related("owner").get()], TODAY)
    assert row["owner"] is not None
    assert row["owner"]["left"]
    edit(
        action.pk,
        what="Other words",
        owner=tom,
        due=action.due,
        expected_saving=None,
        workflow="",
        seen=1,
        by=tom,
        now=LATER,
    )


def test_two_people_never_write_over_each_other_unseen(tom: Person) -> None:
    action = promised(tom)
    move(action.pk, due=TODAY + timedelta(days=30), seen=1, by=tom, now=LATER)

    with pytest.raises(ChangedMeanwhile, match="Tom changed this action"):
        finish(action.pk, seen=1, by=tom, now=LATER)
    assert finish(action.pk, seen=2, by=tom, now=LATER).version == 3


def test_of_two_at_once_one_is_told(tom: Person) -> None:
    action = promised(tom)

    def attempt() -> str:
        try:
            move(action.pk, due=TODAY + timedelta(days=30), seen=1, by=tom, now=LATER)
        except ChangedMeanwhile:
            return "told"
        return "saved"

    assert sorted(at_once(attempt, attempt, attempt)) == ["saved", "told", "told"]


def test_an_overdue_action_can_be_edited_but_not_moved_into_the_past(tom: Person) -> None:
    action = promised(tom, now=MONDAY - timedelta(days=30))
    told = {"what": "New words", "owner": tom, "expected_saving": None, "workflow": ""}
    saved = edit(action.pk, **told, due=action.due, seen=1, by=tom, now=MONDAY)  # type: ignore[arg-type]

    assert (saved.what, saved.due) == ("New words", action.due)
    with pytest.raises(Refused, match="today or a later"):
        edit(action.pk, **told, due=action.due + timedelta(days=1), seen=2, by=tom, now=MONDAY)  # type: ignore[arg-type]


def test_done_is_done_on_a_day_and_can_be_taken_back(tom: Person) -> None:
    action = promised(tom)
    done = finish(action.pk, note="Shipped.", by=tom, now=LATER)
    assert (done.state, done.done_on, done.closing_note) == (Action.DONE, TODAY, "Shipped.")
    for change in (finish, lambda pk, **told: drop(pk, note="x", **told)):
        with pytest.raises(Refused, match="done already"):
            change(action.pk, by=tom, now=LATER)

    again = take_up_again(action.pk, by=tom, now=LATER)
    assert (again.state, again.done_on, again.closing_note) == (Action.OPEN, None, "")
    with pytest.raises(Refused, match="open already"):
        take_up_again(action.pk, by=tom, now=LATER)


def test_dropping_says_why(tom: Person) -> None:
    action = promised(tom)
    with pytest.raises(Refused, match="Say why"):
        drop(action.pk, note=" ", by=tom, now=LATER)

    assert drop(action.pk, note=HOSTILE[0], by=tom, now=LATER).closing_note == HOSTILE[0]


def test_what_a_running_review_took_down_can_be_taken_back(tom: Person) -> None:
    two_weeks()
    review = meeting()
    own, other = promised(tom, review=review), promised(tom)
    take_back(own.pk, review=review, by=tom)

    with pytest.raises(Refused):
        take_back(other.pk, review=review, by=tom)
    assert list(Action.objects.all()) == [other]


def test_a_workflow_is_found_by_value_name_or_what_it_was_merged_into() -> None:
    two_weeks()
    describe(
        "workflow",
        "agent",
        display_name="Contract agent",
        business_owner=None,
        technical_owner=None,
    )
    merge("workflow", "helper", into="agent")

    found = [find_workflow(text) for text in ("agent", "Contract agent", " helper ", "")]
    assert found == ["agent", "agent", "agent", ""]
    with pytest.raises(UnknownWorkflow, match="No workflow is called nobody"):
        find_workflow("nobody")


def test_late_ones_come_first_then_others_by_their_day(tom: Person) -> None:
    long_ago = MONDAY - timedelta(days=60)
    for what, due, now in (
        ("later", TODAY + timedelta(days=9), MONDAY),
        ("soon", TODAY, MONDAY),
        ("late", TODAY - timedelta(days=9), long_ago),
        ("done", TODAY - timedelta(days=30), long_ago),
    ):
        promised(tom, what=what, due=due, now=now)
    finish(Action.objects.get(what="done").pk, by=tom, now=MONDAY)
    rows = late_first(action_rows(actions.actions(), TODAY))

    assert [row["what"] for row in rows] == ["late", "soon", "later", "done"]
    assert [row["days_late"] for row in rows] == [9, 0, 0, 0]


def test_changes_are_on_record(tom: Person) -> None:
    action = promised(tom)
    move(action.pk, due=date(2026, 7, 20), by=tom, now=LATER)
    newest = history(action)[0]

    assert ("due", "2026-06-29", "2026-07-20") in newest.fields


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_kept_as_they_are(tom: Person, text: str) -> None:
    assert promised(tom, what=text).what == text
