"""A closed review shows what was read, whatever has happened since, and says so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from finops.models import Action, Budget, BudgetStanding, DimensionValue, Person, Review
from finops.reviews.preparing import prepare_due
from tests.finops.reviews.meetings import MONDAY, calls_on, take_in, week_of
from tests.finops.web.reviews.weekly.table import (
    AGENT,
    PAGE,
    budget,
    paper,
    seen,
    send,
    told,
    words,
)


def close(client: Client, *, follow: bool = True) -> Any:
    return client.post(f"{PAGE}close/", follow=follow)


@contextmanager
def on(now: datetime, client: Client) -> Iterator[None]:
    """Look at the page at another time, signed in anew."""
    with patch("django.utils.timezone.now", return_value=now):
        client.force_login(Person.objects.get(role="finance"))
        yield


def body(client: Client, screen: int, **asked: Any) -> str:
    """The screen's own part of a page, with its tags."""
    page = client.get(PAGE, {"screen": screen, **asked}).content.decode()
    found = re.search(r'<section class="rv-screen".*?<div class="rv-foot">', page, re.DOTALL)
    assert found is not None
    return found[0]


@pytest.fixture
def decided(finance: Client, engineer: Client, review: Review) -> Review:
    """A meeting that has decided, promised and noted something."""
    send(finance, "decide", **AGENT, choice="fix")
    send(finance, "say", **AGENT, sentence="It repeats clauses.")
    send(finance, "promise", **AGENT, **told())
    send(finance, "decide", **budget("All AI"), choice="accept")
    send(finance, "note", section="3", seen="0", text="Tom looks at the cap.")
    send(finance, "confirm", function="finance")
    return review


def test_closing_keeps_what_was_read(finance: Client, decided: Review) -> None:
    before = [paper(finance)]
    page = words(close(finance))

    assert "Closed. What was read is kept as version 1." in page
    assert "As read on Mon 22 Jun 2026, 09:31 UTC ." in page
    assert "These days still add up to $134.75 ." in page
    assert "Version 1, closed by Test finance." in page
    assert [paper(finance)] == before


def test_a_closed_page_has_no_way_to_decide(finance: Client, decided: Review) -> None:
    close(finance)
    for screen in range(1, 7):
        page = body(finance, screen)
        assert "<form" not in page
        assert "hx-" not in page
    assert "agent It repeats clauses. Fix" in seen(finance, 6)
    assert "It repeats clauses." in seen(finance, 3)
    assert "Tom looks at the cap." in seen(finance, 3)
    assert "Finance Test finance, 09:31 UTC Confirmed" in seen(finance, 6)


def test_nothing_that_happens_later_changes_the_page(finance: Client, decided: Review) -> None:
    close(finance)
    before = [body(finance, screen) for screen in range(1, 7)]
    version = decided.versions.get()
    answer = finance.get(f"{PAGE}document.json")

    take_in(calls_on(week_of()[:1], "agent", cost="176"), source="late gateway")
    DimensionValue.objects.update_or_create(
        dimension="workflow", value="agent", defaults={"display_name": "Renamed agent"}
    )
    Budget.objects.filter(name="All AI").update(name="Renamed budget")
    BudgetStanding.objects.all().delete()
    Action.objects.all().delete()
    Person.objects.filter(role="engineering").update(name="Somebody else", is_active=False)
    with on(MONDAY + timedelta(days=2), finance):
        assert [body(finance, screen) for screen in range(1, 7)] == before
        assert finance.get(f"{PAGE}document.json").content == answer.content
        page = seen(finance, 1)

    assert "Today these days add up to $310.75 (+$176.00)." in page.replace(" (", " (")
    version.refresh_from_db()
    assert sha256(answer.content).hexdigest() == version.sha256
    assert version.sha256 in page


def test_the_document_is_given_to_the_byte(finance: Client, decided: Review) -> None:
    close(finance)
    answer = finance.get(f"{PAGE}document.json", {"version": "1"})

    assert answer.headers["Content-Type"] == "application/json"
    assert (
        'filename="weekly-review-2026-W25-version-1.json"' in answer.headers["Content-Disposition"]
    )
    assert answer.content.decode() == decided.versions.get().document
    assert json.loads(answer.content)["review"]["key"] == "2026-W25"


@pytest.mark.usefixtures("review")
@pytest.mark.parametrize("version", ["", "1", "0", "x", "-1", "999999", "²"])
def test_there_is_no_document_that_nobody_froze(finance: Client, version: str) -> None:
    asked = {"version": version} if version else {}
    assert finance.get(f"{PAGE}document.json", asked).status_code == 404
    if version:
        assert finance.get(PAGE, asked).status_code == 404


@pytest.mark.parametrize(
    ("to", "fields"),
    [
        ("decide", AGENT | {"choice": "stop"}),
        ("say", AGENT | {"sentence": "My words"}),
        ("assign", {"kind": "new", "subject": "workflow:newcomer", "owner": ""}),
        ("note", {"section": "3", "text": "My words"}),
        ("promise", {}),
        ("actions", {"do": "finish"}),
        ("confirm", {"function": "finance"}),
        ("attend", {}),
        ("close", {}),
    ],
)
def test_a_closed_review_refuses_everything(
    finance: Client, decided: Review, to: str, fields: dict[str, str]
) -> None:
    close(finance)
    frozen = decided.versions.get().document
    if to == "actions":
        to = f"actions/{Action.objects.get().pk}"
    typed = AGENT | told() if to == "promise" else fields
    answers = [send(finance, to, live=live, **typed) for live in (False, True)]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert "closed" in words(answers[0])
    assert "Back to the review" in words(answers[0])
    assert answers[1].headers["Content-Type"].startswith("text/plain")
    if "My words" in fields.values():
        assert "My words" in answers[0].content.decode(), "nothing that was typed is lost"
    assert decided.versions.get().document == frozen
    assert Action.objects.get().state == "open"


def test_pages_that_are_still_open_are_told(
    finance: Client, engineer: Client, decided: Review
) -> None:
    close(finance)
    told = engineer.get(f"{PAGE}live/", {"screen": 3, "seen": "before"})

    assert "This meeting is closed. What you type now is not saved." in words(told)
    assert "<textarea" not in told.content.decode()


def test_a_note_is_added_to_it_and_the_rest_stays(
    finance: Client, engineer: Client, decided: Review
) -> None:
    close(finance)
    answer = engineer.post(f"{PAGE}add-note/", {"text": "The invoice came late."}, follow=True)

    page = words(answer)
    assert "Note added." in page
    assert "The invoice came late. Test engineering, 22 Jun 2026, 09:31 UTC" in page
    assert "The invoice came late." in paper(finance)
    assert "The invoice" not in decided.versions.get().document
    assert engineer.post(f"{PAGE}add-note/", {"text": "  "}).status_code == 422


def test_it_is_reopened_within_a_day_and_read_as_both(finance: Client, decided: Review) -> None:
    close(finance)
    silent = finance.post(f"{PAGE}reopen/", {"reason": " "})
    assert "Say why it is reopened." in words(silent)

    reopened = finance.post(f"{PAGE}reopen/", {"reason": "We forgot legal."}, follow=True)
    assert "Reopened." in words(reopened)
    assert "<textarea" in finance.get(PAGE, {"screen": 3}).content.decode()
    send(finance, "decide", **AGENT, choice="stop")
    assert "kept as version 2" in words(close(finance))

    first = seen(finance, 6, version=1)
    assert "agent It repeats clauses. Fix" in first
    assert "Version 1, an earlier one." in first
    assert "Test finance reopened it 22 Jun 2026, 09:31 UTC: We forgot legal." in first
    assert "agent It repeats clauses. Stop" in seen(finance, 6)
    assert "Version 1" in seen(finance, 6), "it leads to the earlier one"


def test_after_a_day_it_stays_closed(finance: Client, decided: Review) -> None:
    close(finance)
    assert "Reopen this review" in seen(finance, 1)

    with on(MONDAY + timedelta(hours=24), finance):
        assert "Reopen this review" not in seen(finance, 1)
        refused = finance.post(f"{PAGE}reopen/", {"reason": "Too late"})
    assert refused.status_code == 422
    assert "A review can be reopened for 24 hours." in words(refused)


def test_what_nobody_closed_says_that_it_closed_itself(finance: Client, decided: Review) -> None:
    with on(MONDAY + timedelta(days=7), finance):
        prepare_due(MONDAY + timedelta(days=7))
        page = seen(finance, 1)

    assert "Closed automatically" in page
    assert "closed by" not in page


def test_a_text_that_was_tampered_with_is_noticed(finance: Client, decided: Review) -> None:
    close(finance)
    version = decided.versions.get()
    altered = version.document.replace('"It repeats clauses."', '"It is fine."')
    decided.versions.update(document=altered)

    assert "The text does not match its digest." in seen(finance, 1)


def test_savings_are_added_up_exactly(finance: Client, decided: Review) -> None:
    send(finance, "promise", **AGENT, **told(what="Cache", saving="0.10"))
    send(finance, "promise", **AGENT, **told(what="Cache more", saving="0.20"))
    close(finance)

    document = json.loads(decided.versions.get().document)
    assert Decimal(document["read_back"]["expected_saving"]) == Decimal("1300.30")
    assert "3 actions: $1,300 a month expected" in seen(finance, 6)
