"""Hostile words in every field: shown as they are, on every screen and on paper."""

from __future__ import annotations

import pytest
from django.test import Client

from finops.models import DimensionValue, Organization, Person, Review
from tests.finops.reviews.budgets_at_hand import standing
from tests.finops.reviews.meetings import HOSTILE, calls_on, meeting, promised, take_in, week_of
from tests.finops.web.reviews.weekly.table import PAGE, decision, paper, send, told, words

pytestmark = pytest.mark.parametrize("text", HOSTILE)


def harmless(page: str) -> bool:
    return "<script>alert" not in page


@pytest.fixture
def hostile(text: str, finance: Client, engineer: Client) -> Review:
    """A week in which everything is called so."""
    take_in(calls_on(week_of("2026-W24"), "agent"), calls_on(week_of(), text, cost="9"))
    Person.objects.filter(role="engineering").update(name=text[:200])
    Organization.objects.update(name=text[:200])
    DimensionValue.objects.create(dimension="workflow", value="agent", display_name=text[:200])
    standing(text[:200], reasons=[{"code": "above_red", "text": text}])
    return meeting()


def test_names_are_shown_as_they_are(finance: Client, hostile: Review, text: str) -> None:
    promised(Person.objects.get(role="engineering"), what=text)
    for screen in range(1, 7):
        answer = finance.get(PAGE, {"screen": screen})
        assert answer.status_code == 200
        assert harmless(answer.content.decode())
    assert text in paper(finance)


def test_what_is_typed_is_shown_as_it_was_typed(
    finance: Client, hostile: Review, text: str
) -> None:
    row = {"kind": "workflow", "subject": text}
    send(finance, "decide", **row, choice="fix")
    send(finance, "say", **row, sentence=text)
    send(finance, "promise", **row, **told(what=text))
    send(finance, "note", section="3", seen="0", text=text)
    send(finance, "attend", chair=str(Person.objects.get(role="engineering").pk))
    live = send(finance, "say", live=True, **row, seen="before", sentence="Other words")

    assert decision(hostile, text).sentence == "Other words"
    assert harmless(live.content.decode())
    for screen in (3, 6):
        page = finance.get(PAGE, {"screen": screen}).content.decode()
        assert harmless(page)
        assert text in words(finance.get(PAGE, {"screen": 6}))
    assert text in paper(finance)


def test_a_closed_page_is_harmless_too(finance: Client, hostile: Review, text: str) -> None:
    send(finance, "note", section="1", seen="0", text=text)
    finance.post(f"{PAGE}close/")
    finance.post(f"{PAGE}add-note/", {"text": text})

    page = finance.get(PAGE)
    assert harmless(page.content.decode())
    assert words(page).count(text) >= 2
    assert finance.post(f"{PAGE}reopen/", {"reason": text}).status_code == 302
    earlier = finance.get(PAGE, {"version": 1})
    assert harmless(earlier.content.decode())
    assert text in words(earlier)


def test_a_refused_text_is_given_back_harmlessly(
    finance: Client, hostile: Review, text: str
) -> None:
    answer = send(finance, "note", section="9", text=text)

    assert answer.status_code == 422
    assert harmless(answer.content.decode())
    assert text in words(answer)
