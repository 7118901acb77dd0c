"""What messages say, and that no name in them becomes a header, a tag, a channel or a link."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.mail import EmailMultiAlternatives
from django.urls import resolve
from hypothesis import given
from hypothesis import strategies as st

from finops.alerts import links, messages, words
from finops.alerts.facts import BudgetFacts, CapFacts, CapRun, Forecast, Part, Run, read, stored
from finops.models import Alert
from tests.finops.alerts.at_hand import HOSTILE, NOW

URL_ID = "b82f02f2f150586dbe942c24902372fc"

SHARE = {"what": "workflow_share", "workflow": "agent"}


def facts(**changed: Any) -> BudgetFacts:
    """November of a growth team that is $1,240 over red."""
    return BudgetFacts(
        **{
            "what": "red",
            "budget": 3,
            "name": "Growth team",
            "owner": "Priya Nair",
            "scope": {"team": "growth"},
            "period": "month",
            "start": date(2026, 11, 1),
            "end": date(2026, 12, 1),
            "currency": "USD",
            "zone": "UTC",
            "crossed_at": NOW,
            "actual": Decimal(15_740),
            "line": Decimal(14_500),
            "yellow": Decimal(12_000),
            "red": Decimal(14_500),
            "forecast": Forecast(Decimal(17_123), Decimal(18_249), Decimal(19_377)),
            "parts": (Part("agent", Decimal("9120.4")), Part("search", Decimal(812))),
            "run": Run(URL_ID, "run-1", "agent", Decimal("41.2")),
            **changed,
        }
    )


def cap_facts(**changed: Any) -> CapFacts:
    """Three runs of an agent beyond $5."""
    return CapFacts(
        **{
            "cap": 1,
            "kind": "run_cost",
            "workflow": "The agent",
            "address": "agent/x",
            "limit": Decimal(5),
            "day": date(2026, 11, 20),
            "currency": "USD",
            "owner": "",
            "runs": (CapRun(URL_ID, "run-1", Decimal("7.5"), Decimal("2.5"), "draft"),),
            "count": 3,
            "beyond": Decimal("4.1"),
            **changed,
        }
    )


def alert(told: BudgetFacts | CapFacts, severity: str = Alert.RED) -> Alert:
    """An alert that is not stored."""
    return Alert(
        pk=12,
        severity=severity,
        facts=stored(told),
        title=words.subject(told),
        raised_at=datetime(2026, 11, 20, tzinfo=UTC),
    )


# --- sentences ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        (facts(), "Red: Growth team is $1,240 over its red line (November)"),
        (
            facts(what="yellow", line=Decimal(12_000), actual=Decimal("12000.01")),
            "Yellow: Growth team is $0.01 over its yellow line (November)",
        ),
        (
            facts(what="heading", heading_for="red", actual=Decimal(9_000)),
            "Heading for red: Growth team may end $3,749 over its red line (November)",
        ),
        (
            facts(workflow_cost=Decimal(4_722), limit=Decimal("20.00"), **SHARE),
            "Red: agent takes 30.0% (more than 20%) of Growth team (November)",
        ),
        (
            facts(limit=Decimal("12.50"), **SHARE),
            "Red: agent takes more than 12.5% of Growth team (November)",
        ),
        (
            facts(period="quarter", start=date(2026, 10, 1), end=date(2027, 1, 1)),
            "Red: Growth team is $1,240 over its red line (1 Oct–31 Dec 2026)",
        ),
        (
            facts(start=date(2025, 11, 1), end=date(2025, 12, 1)),
            "Red: Growth team is $1,240 over its red line (November 2025)",
        ),
        (facts(currency="EUR"), "Red: Growth team is €1,240 over its red line (November)"),
        (cap_facts(), "Beyond a cap: 3 runs of The agent are beyond $5.00 a run (20 Nov)"),
        (
            cap_facts(count=1, kind="retries", limit=Decimal(3)),
            "Beyond a cap: 1 run of The agent is beyond 3 retries a run (20 Nov)",
        ),
    ],
)
def test_a_subject_says_what_and_by_how_much(told: BudgetFacts | CapFacts, subject: str) -> None:
    assert words.subject(told) == subject


def test_facts_survive_being_stored_to_the_last_digit() -> None:
    told = facts(actual=Decimal("0.000000000001"), line=Decimal("1E+3"))

    assert stored(told)["actual"] == "0.000000000001"
    assert stored(told)["line"] == "1000"
    assert read(json.loads(json.dumps(stored(told)))) == told
    assert read(stored(cap_facts())) == cap_facts()


def test_a_mail_says_everything_that_is_needed() -> None:
    mail = messages.mail(alert(facts(folded=("yellow",))), why="owner", acknowledge=True)

    for text in (mail.text, mail.html):
        for part in (
            "Growth team is $1,240 over its red line",
            "$15,740",
            "$14,500",
            "$18,200, likely $17,100 to $19,400",
            "Priya Nair",
            "agent",
            "$9,120",
            "Its yellow line was crossed as well.",
            links.budget_page(3),
            links.run_page(URL_ID),
            links.alert_page(12),
            links.OWN_LINK,
            "You get this because you own this budget.",
        ):
            assert part in text


def test_an_ended_period_has_no_forecast() -> None:
    text = messages.mail(alert(facts(late=True)), why="owner").text

    assert "Forecast" not in text
    assert "Spent in November 2026" in text


def test_a_mail_without_anything_known_is_still_one() -> None:
    bare = facts(parts=(), run=None, forecast=None, yellow=None, red=None, owner="")
    mail = messages.mail(alert(bare), why="")

    assert "Owner: Nobody" in mail.text
    assert "\n\n\n" not in mail.text
    assert links.OWN_LINK not in mail.html


@dataclass(frozen=True)
class Address:
    """An address that a message holds, and the page that it should lead to."""

    url: str
    route: str


def test_every_link_leads_to_a_page() -> None:
    found = (
        Address(links.run_page(URL_ID), "run"),
        Address(links.workflow_page("a/../b?c=d&e #f"), "workflow"),
        Address(links.alert_page(1), "alert"),
        Address(links.acknowledge_page("a:b:c-_x"), "alert-acknowledge"),
        Address(links.budget_page(1), "budget"),
    )
    for address in found:
        path = unquote(address.url.removeprefix(links.absolute("")))
        match = resolve(path)
        assert match.url_name == address.route
        if address.route == "workflow":
            assert match.kwargs == {"workflow": "a/../b?c=d&e #f"}


# --- hostile names ------------------------------------------------------------------------------


def hostile() -> BudgetFacts:
    return facts(
        name=HOSTILE,
        owner=HOSTILE,
        what="workflow_share",
        workflow=HOSTILE,
        workflow_cost=Decimal(1),
        parts=(Part(HOSTILE, Decimal(1)),),
        run=Run(URL_ID, HOSTILE, HOSTILE, Decimal(1)),
    )


def test_no_name_becomes_a_header() -> None:
    mail = messages.mail(alert(hostile()), why="owner")
    sent = EmailMultiAlternatives(mail.subject, mail.text, to=["a@example.com"]).message()

    assert "Bcc" not in sent
    assert len(mail.subject.splitlines()) == 1


def test_no_name_becomes_a_tag_or_turns_the_text_around() -> None:
    mail = messages.mail(alert(hostile()), why="owner")

    assert "<script" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in mail.html + mail.text + mail.subject


def test_no_name_calls_a_channel() -> None:
    payload = json.dumps(messages.slack(alert(hostile())), ensure_ascii=False)

    assert "<!channel>" not in payload
    assert "<script" not in payload
    assert "&lt;!channel&gt;" in payload
    assert "&amp;" in payload


def test_names_without_an_end_leave_room_for_the_rest() -> None:
    long = facts(name="x" * 500, parts=tuple(Part("y" * 500, Decimal(1)) for _ in range(3)))
    mail, chat = messages.mail(alert(long), why="owner"), messages.slack(alert(long))

    assert len(mail.subject) <= 300
    assert mail.subject.endswith("over its red line (November)")
    assert all(len(block["text"]["text"]) < 3_000 for block in chat["blocks"] if "text" in block)
    assert all(len(one["text"]["text"]) <= 75 for one in chat["blocks"][-1]["elements"])


@given(st.text(max_size=600))
def test_any_name_becomes_one_harmless_line(name: str) -> None:
    line = words.plain_words(name)

    assert len(line.splitlines()) <= 1
    assert len(line) <= 80
    assert line == line.strip()
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", line)


# --- programs -----------------------------------------------------------------------------------


def test_a_webhook_is_versioned_and_its_money_is_text() -> None:
    payload = messages.webhook(alert(facts()), uid="u-1")

    assert (payload["version"], payload["type"], payload["id"]) == (1, "alert", "u-1")
    told = payload["alert"]
    assert told["severity"] == "red"
    assert told["title"] == "Red: Growth team is $1,240 over its red line (November)"
    assert set(told["links"]) == {"budget", "run", "alert"}
    assert told["facts"]["actual"] == "15740"
    assert told["facts"]["parts"][0] == {"name": "agent", "cost": "9120.4"}
    assert not [value for value in _leaves(payload) if isinstance(value, float)]


def test_what_a_chat_gets_is_what_slack_understands() -> None:
    payload = messages.slack(alert(cap_facts()))

    assert payload["text"].startswith("Beyond a cap")
    assert [block["type"] for block in payload["blocks"]] == [
        "section",
        "section",
        "section",
        "actions",
    ]
    assert all(one["url"].startswith("http") for one in payload["blocks"][-1]["elements"])


def test_a_digest_names_every_alert_and_where_it_is() -> None:
    mail = messages.digest([alert(facts(), Alert.YELLOW), alert(hostile(), Alert.HEADING)])

    assert mail.subject == "Costline: 2 alerts since the last summary"
    assert mail.text.count(links.alert_page(12)) == 2
    assert "<script" not in mail.html


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in _leaves(part)]
    return [value]
