"""Two scribes at once: the last writer of a field wins, and both see it."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from finops.models import Action, Review
from tests.finops.web.reviews.weekly.table import AGENT, HTMX, PAGE, decision, send, told, words


def pulse(client: Client, screen: int = 3) -> str:
    """What the page asks with, whether anything has changed."""
    page = client.get(PAGE, {"screen": screen}).content.decode()
    found = re.search(r'hx-get="[^"]*seen=(\w+)"', page)
    assert found is not None
    return found[1]


def ask(client: Client, since: str, screen: int = 3) -> Any:
    """What the page asks every few seconds."""
    return client.get(f"{PAGE}live/", {"screen": screen, "seen": since}, headers=HTMX)


def test_a_save_is_answered_with_its_time(finance: Client, review: Review) -> None:
    answer = send(finance, "decide", live=True, **AGENT, choice="fix")

    assert answer.status_code == 200
    assert '<p id="saved" hx-swap-oob="innerHTML">Saved 09:31 UTC</p>' in answer.content.decode()
    assert 'data-choice="fix"' in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_page_hears_nothing_while_nothing_happens(
    finance: Client, engineer: Client, review: Review
) -> None:
    since = pulse(engineer)
    assert ask(engineer, since).status_code == 204

    send(finance, "decide", **AGENT, choice="fix")

    told = ask(engineer, since)
    assert told.status_code == 200
    assert "Test finance, 09:31 UTC" in words(told)
    assert ask(engineer, pulse(engineer)).status_code == 204


def test_whatever_is_said_is_heard(finance: Client, engineer: Client, review: Review) -> None:
    changes = (
        ("say", {**AGENT, "sentence": "It repeats clauses."}),
        ("promise", AGENT | told()),
        ("note", {"section": "3", "seen": "0", "text": "Tom looks."}),
        ("confirm", {"function": "finance"}),
        ("attend", {"chair": "", "attendees": [str(review.pk)]}),
        ("decide", {**AGENT, "choice": "stop"}),
        ("decide", {**AGENT, "choice": ""}),
    )
    for to, fields in changes[:4] + changes[5:]:
        since = pulse(engineer)
        send(finance, to, **fields)
        assert ask(engineer, since).status_code == 200, to


def test_the_last_writer_of_a_note_wins_and_gets_back_what_was_lost(
    finance: Client, engineer: Client, review: Review
) -> None:
    send(engineer, "note", live=True, section="3", seen="0", text="Priya's text")
    answer = send(finance, "note", live=True, section="3", seen="0", text="Maya's text")

    assert review.notes.get(section=3).text == "Maya's text"
    assert (
        "Test engineering had written at 09:31 UTC: “Priya's text”. Yours has replaced it."
        in words(answer)
    )
    heard = ask(engineer, "before").content.decode()
    assert 'data-by="Test finance"' in heard
    assert "Maya&#x27;s text" in heard


def test_without_a_script_what_was_lost_is_said_too(
    finance: Client, engineer: Client, review: Review
) -> None:
    send(engineer, "note", section="3", seen="0", text="Priya's text")
    answer = finance.post(
        f"{PAGE}note/?screen=3", {"section": "3", "seen": "0", "text": "Maya's"}, follow=True
    )

    assert "Test engineering had written at 09:31 UTC: “Priya's text”." in words(answer)


def test_the_last_writer_of_a_sentence_wins_and_gets_back_what_was_lost(
    finance: Client, engineer: Client, review: Review
) -> None:
    send(engineer, "say", live=True, **AGENT, seen="", sentence="Priya's sentence")
    answer = send(finance, "say", live=True, **AGENT, seen="", sentence="Maya's sentence")

    assert decision(review).sentence == "Maya's sentence"
    assert "had written at 09:31 UTC: “Priya's sentence”" in words(answer)


def test_nothing_is_lost_by_writing_on(finance: Client, review: Review) -> None:
    send(finance, "note", live=True, section="3", seen="0", text="One")
    answer = send(finance, "note", live=True, section="3", seen="1", text="One and two")

    assert "had written" not in words(answer)
    made = decision_stamp(finance)
    answer = send(finance, "say", live=True, **AGENT, seen=made, sentence="Again")
    assert "had written" not in words(answer)


def decision_stamp(client: Client) -> str:
    """What the page sends along with a sentence after one was saved."""
    answer = send(client, "say", live=True, **AGENT, seen="", sentence="First").content.decode()
    found = re.search(r'data-stamp="([^"]+)"\s+data-by="Test finance"', answer)
    assert found is not None
    return found[1]


def test_two_fields_of_an_action_are_both_kept(
    finance: Client, engineer: Client, review: Review
) -> None:
    send(finance, "promise", **AGENT, **told())
    to = f"actions/{Action.objects.get().pk}"

    send(engineer, to, live=True, do="edit", what="Cap repeats at two")
    send(finance, to, live=True, do="edit", due="2026-08-01")

    after = Action.objects.get()
    assert (after.what, after.due.isoformat()) == ("Cap repeats at two", "2026-08-01")


def test_a_refusal_is_a_sentence(finance: Client, engineer: Client, review: Review) -> None:
    answer = send(finance, "promise", live=True, **AGENT, **told(what="", owner=""))

    assert answer.status_code == 422
    assert answer.content.decode() == "Say what will be done. Choose an owner."
    assert answer.headers["Content-Type"].startswith("text/plain")
    late = send(finance, "promise", live=True, **AGENT, **told(due="2026-06-21"))
    assert late.content.decode() == "Choose today or a later day."
