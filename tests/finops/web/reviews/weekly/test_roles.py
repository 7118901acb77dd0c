"""Who may do what: everybody looks, those who take part write, finance closes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from finops.access.rights import RIGHTS, Right
from finops.models import Decision, Review
from tests.finops.web.reviews.weekly.table import AGENT, PAGE, seen, send, told


@pytest.mark.parametrize("role", RIGHTS)
@pytest.mark.parametrize("screen", range(1, 7))
def test_everybody_sees_and_controls_go_with_the_right(
    signed_in: Callable[[str], Client], review: Review, role: str, screen: int
) -> None:
    client = signed_in(role)
    page = client.get(PAGE, {"screen": screen}).content.decode()
    own = page.split('<div class="rv-print">')[0].split('class="head"')[1]

    writes = Right.TAKE_PART in RIGHTS[role]
    assert ("hx-post" in own) == writes
    assert ("<textarea" in own) == writes
    assert ("htmx" in page.split("</head>")[0].split("htmx-config")[1]) == writes
    closes = Right.SET_MONEY in RIGHTS[role]
    assert ("Close meeting" in own) == (closes and screen == 6)


@pytest.mark.usefixtures("review")
def test_who_only_looks_sees_values_in_place_of_controls(finance: Client, viewer: Client) -> None:
    send(finance, "decide", **AGENT, choice="fix")
    send(finance, "say", **AGENT, sentence="It repeats clauses.")
    send(finance, "note", section="3", seen="0", text="Tom looks.")
    page = seen(viewer, 3)

    assert "Fix Test finance" in page
    assert "It repeats clauses." in page
    assert "Notes Tom looks. Test finance, Mon 22 Jun 2026, 09:31 UTC" in page
    assert "Accept" not in page


@pytest.mark.parametrize("role", RIGHTS)
@pytest.mark.parametrize(
    ("to", "fields", "right"),
    [
        ("decide", AGENT | {"choice": "fix"}, Right.TAKE_PART),
        ("say", AGENT | {"sentence": "Words"}, Right.TAKE_PART),
        ("note", {"section": "1", "seen": "0", "text": "Words"}, Right.TAKE_PART),
        ("attend", {}, Right.TAKE_PART),
        ("close", {}, Right.SET_MONEY),
        ("reopen", {"reason": "It is open"}, Right.SET_MONEY),
    ],
)
def test_changes_are_made_by_the_roles_with_the_right(
    signed_in: Callable[[str], Client],
    review: Review,
    role: str,
    to: str,
    fields: dict[str, str],
    right: Right,
) -> None:
    answer = send(signed_in(role), to, **fields)

    assert (answer.status_code == 403) == (right not in RIGHTS[role])


def test_each_function_confirms_for_itself(
    signed_in: Callable[[str], Client], review: Review
) -> None:
    may = {
        role
        for role in RIGHTS
        if send(signed_in(role), "confirm", function="datascience").status_code == 302
    }
    assert may == {"datascience", "admin"}


def test_finance_closes_and_others_are_told_who_does(engineer: Client, review: Review) -> None:
    assert "Finance closes the meeting." in seen(engineer, 6)


def test_a_viewer_changes_nothing(viewer: Client, engineer: Client, review: Review) -> None:
    assert send(viewer, "promise", **AGENT, **told()).status_code == 403
    assert not Decision.objects.exists()


def test_a_look_is_not_written_down(finance: Client, review: Review) -> None:
    before = Review.objects.values().get()
    for screen in range(1, 7):
        finance.get(PAGE, {"screen": screen})
    assert Review.objects.values().get() == before
