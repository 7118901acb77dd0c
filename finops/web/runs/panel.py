"""The panel beside a run: a call in words, its cost line by line, and what a machine said."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from finops.domain import display
from finops.domain.chain import Fate, Place
from finops.domain.usage import TOKEN_KINDS
from finops.insights.step import Owner, StepSeen
from finops.models import Price
from finops.pricing.cards import per_unit
from finops.pricing.explain import CostLine
from finops.rollups.call import Call
from finops.rollups.question import Question
from finops.web.data.words import REASONS
from finops.web.prices.words import KINDS, dollars, short_source, since
from finops.web.runs.rows import attempt

_STATUSES: Final = {
    "ok": "Answered",
    "error": "Failed",
    "timeout": "Timed out",
    "cancelled": "Cancelled",
    "cached": "Answered from the gateway's cache",
}
#: Letters of an error that are shown; sources send whole stack traces.
_LONGEST_ERROR: Final = 500


class Line(NamedTuple):
    """One line of what a call cost: so many of a kind, at a price, come to an amount."""

    kind: str
    quantity: str
    price: str
    amount: str


class Said(NamedTuple):
    """A dimension in words: its value, and who said so."""

    dimension: str
    value: str
    by: str


class Panel(NamedTuple):
    """Everything that the panel shows; each field is words already."""

    name: str
    cost: str
    exact_cost: str
    status: str
    failed: bool
    error: str
    notes: list[str]
    lines: list[Line]
    total: str
    how: str
    price_query: str
    facts: list[tuple[str, str]]
    owners: list[Said]
    technical: list[tuple[str, str]]
    import_id: int | None


def panel_of(seen: StepSeen, place: Place, question: Question) -> Panel:
    """Write a call for people."""
    call, currency = seen.call, question.currency
    lines = seen.bill.lines if seen.bill else ()
    return Panel(
        name=call.dimensions["step"] or "Unnamed step",
        cost=display.money(call.cost, currency) if call.cost is not None else "No price",
        exact_cost=display.exact_money(call.cost, currency),
        status=_STATUSES[call.status],
        failed=place.fate is Fate.FAILED,
        error=(call.error or "")[:_LONGEST_ERROR],
        notes=_notes(call, place),
        lines=[_line(line) for line in lines],
        total=_dollars(seen.bill.total) if seen.bill else "",
        how=_how(seen, question),
        price_query=urlencode({"provider": call.provider, "model": call.model}),
        facts=_facts(call, question.zone),
        owners=[_said(owner) for owner in seen.owners],
        technical=_technical(seen),
        import_id=seen.job.pk if seen.job else None,
    )


def _notes(call: Call, place: Place) -> list[str]:
    """Say what is not as usual, in whole sentences."""
    notes = []
    if place.fate is Fate.REPEATED and call.attempt > 1:
        notes.append(f"This is the {attempt(call.attempt)} at a step that had answered before.")
    elif place.fate is Fate.REPEATED:
        notes.append(f"This step has run {display.number(place.nth)} times so far in this run.")
    elif call.attempt > 1:
        notes.append(f"This is the {attempt(call.attempt)}: the one before had failed.")
    if call.unpriced_reason:
        notes.append(f"It has no price. {REASONS[call.unpriced_reason]}")
    return notes


def _line(line: CostLine) -> Line:
    if line.rate is None:
        price = "no price"
    else:
        unit = "each" if line.rate.kind == "requests" else "a million"
        price = f"{dollars(per_unit(line.rate))} {unit}"
    return Line(KINDS[line.kind], display.number(line.quantity), price, _dollars(line.cost))


def _dollars(amount: Decimal | None) -> str:
    """Price lists are in US dollars, whatever is reported in; lines keep every digit, to add up."""
    return display.NOTHING if amount is None else dollars(amount)


def _how(seen: StepSeen, question: Question) -> str:
    """Say where the counted cost comes from, and what the other one would be."""
    call = seen.call
    if call.status == "cached":
        return "A gateway answered from its cache. That costs nothing."
    if call.cost is None:
        reported = _reported(call)
        return f"The source reported {reported}, which does not count here." if reported else ""
    if call.cost_source == "reported":
        told = "The source reported this cost, and its word counts."
        if call.computed_cost is None:
            return told
        return f"{told} By the price book it is {_dollars(call.computed_cost)}."
    told = f"Computed from {_card(seen.bill.price, question.zone)}." if seen.bill else "Computed."
    reported = _reported(call)
    return f"{told} The source reported {reported}." if reported else told


def _reported(call: Call) -> str:
    if call.reported_cost is None:
        return ""
    return display.exact_money(call.reported_cost, call.currency or "USD")


def _card(price: Price, zone: ZoneInfo) -> str:
    """Name a price: whose list, and from when it holds."""
    begun = since(price.effective_from, zone)
    held = "in force from the start" if begun == "Always" else f"in force since {begun}"
    return f"the price of {price.model}, {held} ({short_source(price.source).lower()})"


def _facts(call: Call, zone: ZoneInfo) -> list[tuple[str, str]]:
    local = call.started_at.astimezone(zone)
    facts = [
        ("Model", call.model),
        ("Provider", call.provider),
        ("Started", f"{display.day(local.date())}, {local:%H:%M:%S} {display.zone_label(local)}"),
        ("Took", display.duration(call.latency_ms)),
        ("Attempt", display.number(call.attempt)),
    ]
    if call.processing != "standard":
        facts.append(("Processing", call.processing.capitalize()))
    if call.requests > 1:
        facts.append(("Stands for", display.counted(call.requests, "call")))
    return facts


def _said(owner: Owner) -> Said:
    if not owner.value:
        by = "nobody said"
    elif owner.rule is None:
        by = "said by the call"
    else:
        by = f"by the rule “{owner.rule}”" if owner.rule else "by a rule that is gone"
    return Said(owner.dimension.capitalize(), owner.value or "Not attributed", by)


def _technical(seen: StepSeen) -> list[tuple[str, str]]:
    """Give what a machine said, as it said it; what it left out is left out."""
    call = seen.call
    given: Sequence[tuple[str, object]] = (
        *((_plain(kind), call.counts[kind]) for kind in TOKEN_KINDS),
        ("Call id", call.call_ref),
        ("Response id", call.response_id),
        ("Parent call", call.parent),
        ("Model as given", call.model_given),
        ("Provider as given", call.provider_given),
        ("Region", call.region),
        ("Source", call.source),
        ("Import", f"{seen.job.label}, line {call.line:,}" if seen.job else None),
        *((f"Tag {name}", value) for name, value in sorted(call.tags.items())),
    )
    return [
        (name, display.number(value) if isinstance(value, int) else str(value))
        for name, value in given
        if value not in (None, "")
    ]


def _plain(kind: str) -> str:
    return kind.replace("_", " ").capitalize()
