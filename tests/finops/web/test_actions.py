"""The Actions room: listed with late ones first, added, edited, ended, exported."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from finops.access.rights import RIGHTS, Right
from finops.models import Action, Person
from finops.reviews import actions
from tests.finops.access.people_at_hand import person
from tests.finops.reviews.meetings import (
    HOSTILE,
    MONDAY,
    calls_on,
    days,
    promised,
    take_in,
    two_weeks,
)

pytestmark = pytest.mark.usefixtures("ledger")

SignIn = Callable[[str], Client]
NEXT_WEEK = (MONDAY + timedelta(days=7)).date().isoformat()


@pytest.fixture(autouse=True)
def _it_is_monday() -> Iterator[None]:
    with patch("django.utils.timezone.now", return_value=MONDAY):
        yield


@pytest.fixture
def tom(ledger: None) -> Person:
    return person("engineering", name="Tom")


@pytest.fixture
def engineer(signed_in: SignIn, ledger: None) -> Client:
    return signed_in("engineering")


def page(client: Client, address: str = "/actions/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().split())


def body(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def typed(tom: Person, **fields: str) -> dict[str, str]:
    return {
        "what": "Cache the playbook",
        "owner": str(tom.pk),
        "due": NEXT_WEEK,
        "saving": "$1.9k",
        "workflow": "",
    } | fields


def test_nothing_is_promised_yet(engineer: Client, signed_in: SignIn) -> None:
    assert "No open actions." in page(engineer)
    assert "Nobody has promised anything yet." in page(engineer)
    assert "Add an action" not in page(signed_in("viewer"))


def test_late_ones_come_first_and_say_so(engineer: Client, tom: Person) -> None:
    promised(tom, what="On its way")
    promised(tom, what="Overdue", now=MONDAY - timedelta(days=20), due=date(2026, 6, 19))
    shown = page(engineer)

    assert shown.index("Overdue") < shown.index("On its way")
    assert "3 days late" in shown
    assert "2 actions are open and should save <b>$2,600</b> a month; <b>1</b> is late." in shown


def test_filters_by_state_and_owner(engineer: Client, tom: Person) -> None:
    priya = person("datascience", name="Priya")
    promised(tom, what="Tom’s")
    promised(priya, what="Priya’s")
    done = promised(tom, what="Finished")
    actions.finish(done.pk, by=tom, now=MONDAY)

    assert "Finished" not in page(engineer)
    assert "Tom’s" not in page(engineer, "/actions/?state=done")
    only = page(engineer, f"/actions/?owner={priya.pk}")
    assert "Priya’s" in only
    assert "Tom’s" not in only
    assert "Tom’s" in page(engineer, "/actions/?state=nonsense&owner=abc&page=-1")
    assert "No action matches these filters." in page(engineer, "/actions/?state=late")


def test_an_action_is_added(engineer: Client, tom: Person) -> None:
    two_weeks()
    answer = engineer.post("/actions/add/", typed(tom, workflow="agent"), follow=True)
    action = Action.objects.get()

    assert "Saved. The next review reads it." in body(answer)
    assert (action.what, action.owner, str(action.expected_saving)) == (
        "Cache the playbook",
        tom,
        "1900.00",
    )
    assert (action.workflow, action.created_by) == ("agent", "Test engineering")


@pytest.mark.parametrize("words", ["", "not known yet"])
def test_a_saving_need_not_be_known(engineer: Client, tom: Person, words: str) -> None:
    engineer.post("/actions/add/", typed(tom, saving=words))

    assert Action.objects.get().expected_saving is None
    assert "not known yet" in page(engineer)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"what": ""}, "Say what will be done."),
        ({"owner": ""}, "Choose an owner."),
        ({"owner": "999999"}, "Choose somebody from the list."),
        ({"due": ""}, "Choose the day it is due."),
        ({"due": "2026-06-21"}, "Choose today or a later day."),
        ({"due": "soon"}, "Enter a day such as 2026-11-03."),
        ({"saving": "about a lot"}, "Enter"),
        ({"workflow": "nobody"}, "No workflow is called nobody."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    engineer: Client, tom: Person, fields: dict[str, str], says: str
) -> None:
    answer = engineer.post("/actions/add/", typed(tom, **fields))

    assert answer.status_code == 422
    assert "There is a problem" in body(answer)
    assert says in body(answer)
    assert fields.get("what", "Cache the playbook") in body(answer)
    assert not Action.objects.exists()


def test_an_action_is_edited(engineer: Client, tom: Person) -> None:
    action = promised(tom)
    assert "Cap repeats at one" in page(engineer, f"/actions/{action.pk}/")
    told = typed(tom, what="Cap repeats at two", version="1")
    answer = engineer.post(f"/actions/{action.pk}/", told, follow=True)

    assert "Saved." in body(answer)
    action.refresh_from_db()
    assert (action.what, action.version) == ("Cap repeats at two", 2)
    assert "Changed by Test engineering" in body(answer)


def test_of_two_people_the_second_sees_the_first_and_keeps_their_words(
    engineer: Client, signed_in: SignIn, tom: Person
) -> None:
    action = promised(tom)
    address = f"/actions/{action.pk}/"
    signed_in("finance").post(address, typed(tom, what="Finance’s words", version="1"))
    answer = engineer.post(address, typed(tom, what="My words", version="1"))

    assert answer.status_code == 422
    assert "Test finance changed this at" in body(answer)
    assert "My words" in body(answer)
    assert 'name="version" value="2"' in body(answer)
    engineer.post(address, typed(tom, what="My words", version="2"))
    action.refresh_from_db()
    assert action.what == "My words"


def test_done_from_the_list_and_again(engineer: Client, tom: Person) -> None:
    action = promised(tom)
    told = {"version": "1", "in_list": "1"}
    answer = engineer.post(f"/actions/{action.pk}/done/", told)
    assert answer["Location"] == "/actions/"
    action.refresh_from_db()
    assert (action.state, action.done_on) == (Action.DONE, MONDAY.date())

    assert "Done on Mon 22 Jun 2026" in page(engineer, f"/actions/{action.pk}/")
    engineer.post(f"/actions/{action.pk}/again/", {"version": "2"})
    action.refresh_from_db()
    assert action.state == Action.OPEN


def test_it_is_moved_and_dropped_with_a_reason(engineer: Client, tom: Person) -> None:
    action = promised(tom)
    refused = engineer.post(f"/actions/{action.pk}/move/", {"due": "2026-06-01", "version": "1"})
    assert "Choose today or a later day." in body(refused)
    engineer.post(f"/actions/{action.pk}/move/", {"due": "2026-07-20", "version": "1"})
    silent = engineer.post(f"/actions/{action.pk}/drop/", {"note": "", "version": "2"})
    assert (silent.status_code, "Say why." in body(silent)) == (422, True)
    stale = engineer.post(f"/actions/{action.pk}/drop/", {"note": "Gone anyway", "version": "1"})
    assert "changed this at" in body(stale)
    engineer.post(f"/actions/{action.pk}/drop/", {"note": "Gone anyway", "version": "2"})

    action.refresh_from_db()
    assert (action.state, action.due, action.closing_note) == (
        Action.DROPPED,
        date(2026, 7, 20),
        "Gone anyway",
    )


def test_an_owner_who_left_is_flagged(engineer: Client, tom: Person) -> None:
    action = promised(tom)
    tom.is_active = False
    tom.save()

    assert "has left" in page(engineer)
    assert "Tom has left. Choose somebody else." in page(engineer, f"/actions/{action.pk}/")


def test_what_was_saved_stands_beside_what_was_expected(engineer: Client, tom: Person) -> None:
    done_on = date(2026, 6, 8)
    take_in(
        calls_on(days(done_on - timedelta(days=28), 28), "agent", cost="30"),
        calls_on(days(done_on + timedelta(days=1), 13), "agent", cost="10"),
    )
    action = promised(tom, workflow="agent", now=MONDAY - timedelta(days=14))
    actions.finish(action.pk, by=tom, now=MONDAY - timedelta(days=14))
    shown = page(engineer, "/actions/?state=done")

    assert "What is done has saved about <b>$260.00</b> so far." in shown
    assert "Did they pay?" in shown
    assert "expected $555.62" in shown
    detail = page(engineer, f"/actions/{action.pk}/")
    assert "A run cost $30.00 in the four weeks before and $10.00 since, over 13 runs." in detail


@pytest.mark.parametrize("role", RIGHTS)
def test_every_role_sees_and_those_who_take_part_change(
    signed_in: SignIn, tom: Person, role: str
) -> None:
    action = promised(tom)
    client = signed_in(role)
    posts = {
        "/actions/add/": typed(tom),
        f"/actions/{action.pk}/": typed(tom, version="1"),
        f"/actions/{action.pk}/move/": {"due": "2026-07-20"},
        f"/actions/{action.pk}/done/": {},
        f"/actions/{action.pk}/again/": {},
        f"/actions/{action.pk}/drop/": {"note": "no need"},
    }
    answers = {client.post(address, told).status_code for address, told in posts.items()}

    assert answers == ({302} if Right.TAKE_PART in RIGHTS[role] else {403})
    for address in ("/actions/", "/actions/add/", f"/actions/{action.pk}/", "/actions/actions.csv"):
        assert client.get(address).status_code == 200


def test_what_is_not_there_is_not_found(engineer: Client) -> None:
    for address in ("/actions/0/", "/actions/99999999/"):
        assert engineer.get(address).status_code == 404
        assert engineer.post(f"{address}done/", {}).status_code == 404


def test_the_export_holds_raw_amounts_and_no_formula(engineer: Client, tom: Person) -> None:
    for text in HOSTILE:
        promised(tom, what=text)
    rows = list(
        csv.reader(io.StringIO(engineer.get("/actions/actions.csv?state=all").content.decode()))
    )

    assert rows[0][:4] == ["action", "workflow", "owner", "due"]
    assert {row[6] for row in rows[1:]} == {"1300"}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(engineer: Client, tom: Person, text: str) -> None:
    tom.name = text[:200]
    tom.save()
    take_in(calls_on([date(2026, 6, 1)], text))
    action = promised(tom, what=text, workflow=text)
    actions.drop(action.pk, note=text, by=tom, now=MONDAY)

    for address in ("/actions/?state=all", f"/actions/{action.pk}/", "/actions/add/"):
        assert "<script>alert" not in page(engineer, address)
