"""Writes the messages: mails as text and HTML, a chat's blocks, a webhook's JSON.

Everything is written from an alert's frozen facts when it is queued, and kept in the outbox as it
was sent; only a recipient's own link (``links.OWN_LINK``) is filled in at the last moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.template.loader import render_to_string

from finops.alerts import links, words
from finops.alerts.facts import BudgetFacts, CapFacts, Facts, read, stored
from finops.alerts.words import Fact, plain_words
from finops.caps.kinds import KINDS
from finops.domain import display
from finops.models import Alert

#: Of the webhook's JSON. Fields are added without a new version, never renamed or taken away.
WEBHOOK_VERSION: Final = 1
#: A chat refuses longer texts.
_SECTION: Final = 2_900
_BUTTONS: Final = {
    "budget": "Open the budget",
    "workflow": "Open the workflow",
    "run": "Open the dearest run",
    "alert": "Open the alert",
}
_BADGES: Final = {Alert.RED: "Red", Alert.YELLOW: "Yellow", Alert.HEADING: "Heading"}


class Mail(NamedTuple):
    """A mail as it is kept: subject, text, and the same as HTML."""

    subject: str
    text: str
    html: str


class Link(NamedTuple):
    """Where a message leads: what it is to programs, to people, and its address."""

    rel: str
    label: str
    href: str


class Part(NamedTuple):
    """One of the things that the money went to; ``href`` is empty where it has no page."""

    label: str
    value: str
    href: str = ""


def mail(alert: Alert, *, why: str, intro: str = "", acknowledge: bool = False) -> Mail:
    """Write an alert as a mail to somebody who hears about it because of ``why``."""
    facts = read(alert.facts)
    shown = told(alert) | {
        "subject": words.subject(facts),
        "intro": intro,
        "why": words.why(why),
        "acknowledge": links.OWN_LINK if acknowledge else "",
    }
    return Mail(
        words.subject(facts),
        _tidy(render_to_string("mail/alert.txt", shown)),
        render_to_string("mail/alert.html", shown),
    )


def digest(alerts: Sequence[Alert]) -> Mail:
    """Write one mail of a day's alerts, in the order given."""
    subject = f"Costline: {display.counted(len(alerts), 'alert')} since the last summary"
    shown = {
        "subject": subject,
        "sentence": f"{display.counted(len(alerts), 'alert')} since the last summary",
        "why": "You get one mail a day for everything but red.",
        "alerts": [
            {
                "subject": words.subject(facts),
                "sentence": _summary(facts),
                "href": links.alert_page(alert.pk),
            }
            for alert in alerts
            for facts in [read(alert.facts)]
        ],
    }
    return Mail(
        subject,
        _tidy(render_to_string("mail/digest.txt", shown)),
        render_to_string("mail/digest.html", shown),
    )


def slack(alert: Alert) -> dict[str, Any]:
    """Write an alert for a Slack-compatible webhook: a line of text, and blocks.

    Names are escaped, so that none of them calls a channel or becomes a link.
    """
    facts = read(alert.facts)
    shown = told(alert)
    lines = [f"{fact.label}: *{fact.value}*" for fact in shown["figures"]]
    parts = [f"{part.label}: *{part.value}*" for part in shown["parts"]]
    sections = ["\n".join(map(_escape, lines))]
    if parts:
        heading = _escape(shown["parts_heading"])
        sections.append("\n".join([f"*{heading}*", *map(_escape, parts)]))
    return {
        "text": _escape(words.subject(facts)),
        "blocks": [
            {"type": "section", "text": _mrkdwn(f"*{_escape(words.subject(facts))}*")},
            *({"type": "section", "text": _mrkdwn(section)} for section in sections),
            {"type": "actions", "elements": [_button(link) for link in shown["links"]]},
        ],
    }


def webhook(alert: Alert, *, uid: str) -> dict[str, Any]:
    """Write an alert for a signed webhook: versioned JSON, money as decimal strings."""
    facts = read(alert.facts)
    return {
        "version": WEBHOOK_VERSION,
        "type": "alert",
        "id": uid,
        "alert": {
            "id": alert.pk,
            "severity": alert.severity,
            "title": words.subject(facts),
            "raised_at": alert.raised_at.isoformat(),
            "url": links.alert_page(alert.pk),
            "links": {link.rel: link.href for link in _links(alert, facts)},
            "facts": stored(facts),
        },
    }


def test_message(kind: str, *, name: str, uid: str) -> dict[str, Any]:
    """Write what *send a test message* sends."""
    text = f"A test message from Costline to {plain_words(name)}. Alerts will arrive here."
    if kind == "slack":
        return {"text": _escape(text)}
    return {"version": WEBHOOK_VERSION, "type": "test", "id": uid, "text": text}


def told(alert: Alert) -> dict[str, Any]:
    """Give what every form of a message, and the alert's page, shows."""
    facts = read(alert.facts)
    word, tone, _ = words.SEVERITIES[alert.severity]
    return {
        "sentence": words.sentence(facts),
        "tone": tone,
        "badge": _BADGES.get(alert.severity, word),
        "figures": [Fact(plain_words(f.label, 200), f.value) for f in words.figures(facts)],
        "parts_heading": words.parts_heading(facts)
        if isinstance(facts, BudgetFacts)
        else "The runs that went furthest",
        "parts": _parts(facts),
        "folded": isinstance(facts, BudgetFacts) and "yellow" in facts.folded,
        "links": _links(alert, facts),
    }


def _parts(facts: Facts) -> list[Part]:
    if isinstance(facts, CapFacts):
        return [
            Part(
                plain_words(run.run),
                _beyond(facts, run.value, run.beyond),
                links.run_page(run.url_id),
            )
            for run in facts.runs
        ]
    return [
        Part(plain_words(part.name), display.money(part.cost, facts.currency))
        for part in facts.parts
    ]


def _beyond(facts: CapFacts, value: Any, beyond: Any) -> str:
    reached = KINDS[facts.kind].value(value, facts.currency)
    if beyond is None:
        return reached
    return f"{reached}, {display.money(beyond, facts.currency)} beyond the cap"


def _links(alert: Alert, facts: Facts) -> list[Link]:
    """Lead to the budget or workflow, to the dearest run, and to the alert itself."""
    if isinstance(facts, CapFacts):
        return [
            Link("workflow", "Open the workflow", links.workflow_page(facts.address)),
            Link("run", "Open the run", links.run_page(facts.runs[0].url_id)),
            Link("alert", "Open the alert", links.alert_page(alert.pk)),
        ]
    found = [Link("budget", "Open the budget", links.budget_page(facts.budget))]
    if facts.run:
        cost = display.money(facts.run.cost, facts.currency)
        of = plain_words(facts.run.workflow, 40)
        label = f"Open the dearest run of {of}, {cost}"
        found.append(Link("run", label, links.run_page(facts.run.url_id)))
    return [*found, Link("alert", "Open the alert", links.alert_page(alert.pk))]


def _summary(facts: Facts) -> str:
    return ", ".join(f"{fact.label.lower()} {fact.value}" for fact in words.figures(facts)[:3])


def _tidy(text: str) -> str:
    """End every text with one line break; templates leave some more."""
    return f"{text.strip()}\n"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mrkdwn(text: str) -> dict[str, Any]:
    """Give a text object; ``verbatim`` keeps names from becoming links or channels."""
    return {"type": "mrkdwn", "text": text[:_SECTION], "verbatim": True}


def _button(link: Link) -> dict[str, Any]:
    """Give a button; its words are ours, without a name that would have to be escaped."""
    label = {"type": "plain_text", "text": _BUTTONS[link.rel]}
    return {"type": "button", "text": label, "url": link.href}
