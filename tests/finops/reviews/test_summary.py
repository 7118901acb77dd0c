"""The mail that a closing queues: to whom, how often, and harmless whatever was written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from finops.models import Decision, Delivery, Person, Review
from finops.reviews import closing, deciding
from finops.reviews.closing import close, reopen
from finops.reviews.preparing import prepare_due
from tests.finops.access.people_at_hand import person
from tests.finops.reviews.meetings import HOSTILE, MONDAY, meeting, promised, two_weeks

pytestmark = pytest.mark.usefixtures("ledger")


@pytest.fixture
def ada(ledger: None) -> Person:
    return person("finance", name="Ada")


@pytest.fixture
def review(ada: Person) -> Review:
    two_weeks()
    review = meeting()
    deciding.attend(review, chair=ada, attendees=[])
    return review


def mails() -> list[Delivery]:
    return list(Delivery.objects.filter(purpose=Delivery.REVIEW).order_by("recipient"))


def test_it_goes_to_who_was_there_who_promised_and_who_leads(ada: Person, review: Review) -> None:
    tom, lena = person("engineering", name="Tom"), person("executive", name="Lena")
    person("viewer", name="Nobody")
    gone = person("executive", name="Gone", is_active=False)
    deciding.attend(review, chair=ada, attendees=[lena, gone])
    promised(tom, review=review)
    close(review, by=ada, now=MONDAY)

    assert [mail.recipient for mail in mails()] == [ada.email, lena.email, tom.email]


def test_it_says_what_was_read_decided_and_promised(ada: Person, review: Review) -> None:
    row = deciding.subject(Decision.WORKFLOW, "agent")
    deciding.choose(review, row, Decision.FIX, by=ada, now=MONDAY)
    deciding.say(review, row, "The loop is known.", by=ada, now=MONDAY)
    deciding.write_note(review, 3, "Three minutes each.", seen=0, by=ada, now=MONDAY)
    deciding.confirm(review, "finance", by=ada, now=MONDAY)
    promised(ada, review=review)
    close(review, by=ada, now=MONDAY)
    (mail,) = mails()

    assert mail.subject == "Weekly review, 15–21 June 2026: $128.75"
    for words in (
        "AI cost $128.75 on 15–21 June 2026, $44.75 more than the week before.",
        "Closed by Ada, as read on Mon 22 Jun 2026, 09:31 UTC.",
        "agent: Fix. The loop is known.",
        "Cap repeats at one. Ada, due Mon 29 Jun 2026. Expected saving: $1,300 a month.",
        "Top five workflows: Three minutes each.",
        "Confirmed by Ada (Finance).",
        "/reviews/weekly/2026-W25/",
    ):
        assert words in mail.text, words
    assert "<b>agent</b>: Fix" in mail.html


def test_each_version_is_mailed_once(ada: Person, review: Review) -> None:
    close(review, by=ada, now=MONDAY)
    reopened = reopen(review, reason="More", by=ada, now=MONDAY + timedelta(hours=1))
    close(reopened, by=ada, now=MONDAY + timedelta(hours=2))

    assert len(mails()) == 2
    assert "version 2" in max(mails(), key=lambda mail: mail.pk).text


def test_a_closing_that_fails_mails_nothing(
    ada: Person, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    def queue_and_break(*args: object) -> None:
        original(*args)  # type: ignore[arg-type]
        raise RuntimeError("the worker was killed")

    original = closing.queue_summary
    monkeypatch.setattr(closing, "queue_summary", queue_and_break)
    with pytest.raises(RuntimeError):
        close(review, by=ada, now=MONDAY)

    assert mails() == []
    review.refresh_from_db()
    assert (review.state, review.versions.count()) == (Review.OPEN, 0)


def test_what_closed_by_itself_says_so(review: Review) -> None:
    prepare_due(MONDAY + timedelta(days=7))

    assert "Closed automatically, as read on Mon 29 Jun 2026, 09:31 UTC." in mails()[0].text


@pytest.mark.parametrize("text", [*HOSTILE, "two\nlines\r\nBcc: all@example.com"])
def test_hostile_words_stay_words(ada: Person, review: Review, text: str) -> None:
    row = deciding.subject(Decision.WORKFLOW, "agent")
    deciding.say(review, row, text, by=ada, now=MONDAY)
    deciding.write_note(review, 1, text, seen=0, by=ada, now=MONDAY)
    promised(ada, review=review, what=text)
    ada.name = text[:200]
    ada.save()
    close(review, by=ada, now=MONDAY)
    (mail,) = mails()

    assert "<script>" not in mail.html
    assert "49" not in mail.text
    assert "\n" not in mail.subject
    assert mail.recipient == ada.email
