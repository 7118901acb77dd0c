"""The mail that tells what a review decided: to who was there, who promised, and who leads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from finops.alerts.outbox import queue_mail
from finops.domain import display
from finops.domain.periods import zone_named
from finops.models import Decision, Delivery, Person, Review
from finops.reviews.document import ActionRow, DecisionRow, Document


def queue_summary(review: Review, document: Document, now: datetime) -> int:
    """Queue the summary of a version that is being closed; each address gets it once.

    Gives how many mails wait now. It is part of the closing's transaction: without that, no mail.
    """
    context = summary(document)
    text = render_to_string("mail/review.txt", context)
    html = render_to_string("mail/review.html", context)
    addresses = recipients(review)
    version = document["review"]["version"]
    for address in addresses:
        queue_mail(
            key=f"review:{review.pk}:{version}:{address}",
            purpose=Delivery.REVIEW,
            to=address,
            subject=context["subject"],
            text=text,
            html=html,
            now=now,
            is_sample=review.is_sample,
        )
    return len(addresses)


def recipients(review: Review) -> list[str]:
    """List who hears of a review: the attendees, owners of its actions, and executives."""
    attending = review.attendees.filter(is_active=True)
    promised = Person.objects.filter(is_active=True, actions__review=review)
    leading = Person.objects.filter(is_active=True, role="executive", is_sample=review.is_sample)
    people: Iterable[Person] = (*attending, *promised, *leading)
    return sorted({person.email for person in people})


def summary(document: Document) -> dict[str, Any]:
    """Write what the mail says: plain words and amounts, nothing but the document's."""
    head, back = document["review"], document["read_back"]
    currency = head["currency"]
    days = display.days(_day(head["days"]["first"]), _day(head["days"]["last"]))
    spent = display.money(Decimal(document["workflows"]["total"]), currency)
    read_at = datetime.fromisoformat(head["read_at"])
    return {
        "subject": f"Weekly review, {days}: {spent}",
        "title": f"Weekly review, {days}",
        "story": document["stand"]["story"],
        "how": _how(document, display.moment(read_at, zone_named(head["zone"]), weekday=True)),
        "decisions": [_decision(row) for row in back["decisions"]],
        "actions": [_action(row, currency) for row in back["actions"]],
        "expected": _expected(document, currency),
        "confirmed": [row for row in back["confirmations"] if row["name"]],
        "notes": [note for note in document["notes"] if note["text"]],
        "why": "You get this as somebody who took part, promised an action, or leads.",
        "page": f"{settings.COSTLINE_URL}/reviews/weekly/{head['key']}/",
    }


def _how(document: Document, read_at: str) -> str:
    """Say who closed it, and whether that was not for the first time."""
    head = document["review"]
    by = f"Closed by {head['closed_by']}" if head["closed_by"] else "Closed automatically"
    again = f", version {head['version']}" if head["version"] > 1 else ""
    return f"{by}{again}, as read on {read_at}."


def _decision(row: DecisionRow) -> dict[str, str]:
    """Write a decision in a line; a budget is told apart from a workflow of the same name."""
    about = {Decision.BUDGET: ", a budget", Decision.NEW: ", new"}.get(row["subject_kind"], "")
    said = row["choice_label"] or "No decision"
    if row["assignee"]:
        said += f": {row['assignee']['name']}"
    return {
        "name": row["subject_name"],
        "about": about,
        "said": f"{said}. {row['sentence']}" if row["sentence"] else f"{said}.",
    }


def _action(row: ActionRow, currency: str) -> dict[str, str]:
    saving = row["expected_saving"]
    return {
        "what": row["what"],
        "owner": row["owner"]["name"] if row["owner"] else "Nobody",
        "due": display.day(_day(row["due"]), weekday=True),
        "saving": f"{display.set_money(Decimal(saving), currency)} a month"
        if saving is not None
        else "not known yet",
    }


def _expected(document: Document, currency: str) -> str:
    """Write the total of what is expected, as far as it is known."""
    back = document["read_back"]
    known = len(back["actions"]) - back["unknown_savings"]
    if not known:
        return ""
    amount = display.set_money(Decimal(back["expected_saving"]), currency)
    return f"Expected saving: {amount} a month."


def _day(text: str) -> date:
    return date.fromisoformat(text)
