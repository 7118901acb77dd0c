"""What alerts say, as sentences. They go into mail headers and chats, so names are cleaned."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple

from finops.alerts import recipients
from finops.alerts.facts import BudgetFacts, CapFacts, Facts, Forecast
from finops.caps.kinds import KINDS
from finops.domain import display
from finops.models import Alert

#: No name takes more than this much of a subject.
_NAME: Final = 80
_SUBJECT: Final = 300
#: What people read for a severity: the chip's word, its tone, its icon.
SEVERITIES: Final[Mapping[str, tuple[str, str, str]]] = {
    Alert.RED: ("Red", "bad", "bad"),
    Alert.YELLOW: ("Yellow", "warn", "warn"),
    Alert.HEADING: ("Heading", "warn", "rising"),
    Alert.NOTE: ("Note", "none", "none"),
}
_WHY: Final[Mapping[str, str]] = {
    recipients.OWNER: "You get this because you own this budget.",
    recipients.RECIPIENT: "You get this because the budget names you.",
    recipients.STAND_IN: "You get this because nobody who is here owns it.",
    recipients.WORKFLOW_OWNER: "You get this because you own this workflow.",
    recipients.LEADERSHIP: "You get this because you are told when a budget is red.",
}


class Fact(NamedTuple):
    """One line of a message: what it is, and how much."""

    label: str
    value: str


def plain_words(text: str, longest: int = _NAME) -> str:
    """Make a name harmless wherever it stands: one line, no controls, not endless.

    Control and format characters would end a mail header or turn a line of text around.
    """
    kept = (" " if unicodedata.category(one) in {"Cc", "Cf", "Zl", "Zp"} else one for one in text)
    words = " ".join("".join(kept).split())
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"


def subject(facts: Facts) -> str:
    """Write the subject: ``Red: Growth is $1,240 over its red line (November)``."""
    return plain_words(f"{_begin(facts)}: {_said(facts)}", _SUBJECT)


def sentence(facts: Facts) -> str:
    """Say what happened in one sentence."""
    return f"{plain_words(_said(facts), _SUBJECT)}."


def said(title: str) -> str:
    """Give a title without the colour that it begins with, where a chip says that."""
    return title.partition(": ")[2] or title


def why(reason: str) -> str:
    """Say why somebody is told."""
    return _WHY.get(reason, "")


def figures(facts: Facts) -> list[Fact]:
    """Give the figures of a message in the order in which they are read."""
    return _cap_figures(facts) if isinstance(facts, CapFacts) else _budget_figures(facts)


def parts_heading(facts: BudgetFacts) -> str:
    """Head the list of what the money went to."""
    noun = {"workflow": "workflows", "step": "steps", "model": "models"}[facts.parts_are]
    return f"The dearest {noun} in {facts.days.label}"


def _begin(facts: Facts) -> str:
    if isinstance(facts, CapFacts):
        return "Beyond a cap"
    if facts.what == "heading":
        return f"Heading for {facts.heading_for or 'red'}"
    return "Yellow" if facts.what == "yellow" else "Red"


def _said(facts: Facts) -> str:
    return _cap_said(facts) if isinstance(facts, CapFacts) else _budget_said(facts)


def _budget_said(facts: BudgetFacts) -> str:
    name = plain_words(facts.name)
    if facts.what == "workflow_share":
        return f"{plain_words(facts.workflow)} takes {_share(facts)} of {name} ({facts.when})"
    over = display.money(facts.over, facts.currency)
    if facts.what == "heading":
        line = facts.heading_for or "red"
        return f"{name} may end {over} over its {line} line ({facts.when})"
    return f"{name} is {over} over its {facts.what} line ({facts.when})"


def _share(facts: BudgetFacts) -> str:
    """Write a share beside its limit; without the workflow's dollars only the limit is known."""
    limit = f"{facts.limit.normalize():f}%" if facts.limit is not None else "its limit"
    if facts.workflow_cost is None:
        return f"more than {limit}"
    return f"{display.share(facts.workflow_cost, facts.actual)} (more than {limit})"


def _cap_said(facts: CapFacts) -> str:
    runs = display.counted(facts.count, "run")
    went = "is" if facts.count == 1 else "are"
    limit = KINDS[facts.kind].limit(facts.limit, facts.currency)
    return f"{runs} of {plain_words(facts.workflow)} {went} beyond {limit} ({_day(facts)})"


def _day(facts: CapFacts) -> str:
    return display.day(facts.day, year=False)


def _budget_figures(facts: BudgetFacts) -> list[Fact]:
    money = facts.currency
    ended = "Spent in" if facts.late else "So far in"
    found = [Fact(f"{ended} {facts.days.label}", display.money(facts.actual, money))]
    if facts.workflow and facts.workflow_cost is not None:
        spent = display.money(facts.workflow_cost, money)
        found.append(Fact(f"Of it {plain_words(facts.workflow)}", spent))
    found += [
        Fact(label, display.set_money(amount, money))
        for label, amount in (
            ("Red above", facts.red),
            ("Yellow above", facts.yellow),
            ("Planned", facts.planned),
        )
        if amount is not None
    ]
    if facts.forecast and not facts.late:
        found.append(Fact("Forecast", _forecast(facts.forecast, money)))
    if facts.crosses_on:
        found.append(Fact("Crosses on", display.day(facts.crosses_on, weekday=True)))
    found.append(Fact("Owner", plain_words(facts.owner) or "Nobody"))
    return found


def _forecast(expected: Forecast, currency: str) -> str:
    low, mid, high = (
        display.forecast_money(amount, currency)
        for amount in (expected.low, expected.mid, expected.high)
    )
    return mid if expected.low is None else f"{mid}, likely {low} to {high}"


def _cap_figures(facts: CapFacts) -> list[Fact]:
    return [
        Fact("Cap", KINDS[facts.kind].limit(facts.limit, facts.currency)),
        Fact("Runs beyond it", display.number(facts.count)),
        Fact("Spent beyond it", display.money(facts.beyond, facts.currency)),
        Fact("Owner", plain_words(facts.owner) or "Nobody"),
    ]
