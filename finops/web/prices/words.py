"""Prices in words: kinds of use as finance reads them, exact amounts, dates in a zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from finops.domain import display
from finops.domain.money import plain
from finops.pricing.calculate import NO_PRICE, NO_RATE, PARENT_KINDS, UNKNOWN_MODEL, RateLine
from finops.pricing.cards import per_unit
from finops.pricing.history import COMING, ENDED, IN_FORCE, REPLACED, Entry
from finops.pricing.price_book import CATALOGUE_SOURCE
from finops.pricing.timeline import Span

#: What each kind of use is called, in the order of a price list.
KINDS: Final[Mapping[str, str]] = {
    "input_tokens": "Input",
    "output_tokens": "Output",
    "cache_read_tokens": "Input read from cache",
    "cache_write_tokens": "Input kept in cache, 5 minutes",
    "cache_write_1h_tokens": "Input kept in cache, 1 hour",
    "input_audio_tokens": "Audio input",
    "input_image_tokens": "Image input",
    "reasoning_tokens": "Reasoning",
    "output_audio_tokens": "Audio output",
    "requests": "Each call",
}
MODES: Final[Mapping[str, str]] = {
    "standard": "Standard",
    "batch": "Batch",
    "flex": "Flex",
    "priority": "Priority",
}
#: Why calls wait for a price, and what helps.
REASONS: Final[Mapping[str, str]] = {
    UNKNOWN_MODEL: "the price book does not know this name",
    NO_PRICE: "no price was in force at the time",
    NO_RATE: "the price lacks a kind of use that the calls had",
}
STATES: Final[Mapping[str, tuple[str, str, str]]] = {
    IN_FORCE: ("In force", "ok", "ok"),
    COMING: ("Coming", "stale", "stale"),
    ENDED: ("Ended", "none", "none"),
    REPLACED: ("Replaced", "none", "none"),
}


class Line(NamedTuple):
    """One line of a card: what it is for, and its amount in dollars, exact."""

    label: str
    amount: str


class Rates(NamedTuple):
    """A card's lines for a table: the two that everybody asks for, the others, long prompts'."""

    input: str
    output: str
    others: tuple[Line, ...]
    long_prompts: tuple[Line, ...]


class Compared(NamedTuple):
    """A line of a new card beside the one before it; a dash where there is none."""

    label: str
    before: str
    after: str
    change: str


class CardRow(NamedTuple):
    """A card with its dates, for a table."""

    entry: Entry
    rates: Rates
    dates: str
    hours: str
    source: str
    state: tuple[str, str, str]


def dollars(amount: Decimal) -> str:
    """Write a price with every digit and at least cents: ``$2.50``, ``$0.075``, ``$0``."""
    if amount == 0:
        return "$0"
    whole, _, decimals = plain(amount).partition(".")
    return f"${int(whole):,}.{decimals.ljust(2, '0')}"


def rates(lines: Sequence[RateLine]) -> Rates:
    """Sort a card's lines for a table."""
    plain_lines = {line.kind: line for line in lines if line.above_input_tokens == 0}
    amounts = {kind: dollars(per_unit(line)) for kind, line in plain_lines.items()}
    return Rates(
        amounts.get("input_tokens", display.NOTHING),
        amounts.get("output_tokens", display.NOTHING),
        tuple(
            Line(KINDS[kind], amount)
            for kind, amount in amounts.items()
            if kind not in {"input_tokens", "output_tokens"}
        ),
        tuple(
            Line(_label(line.kind, line.above_input_tokens), dollars(per_unit(line)))
            for line in lines
            if line.above_input_tokens
        ),
    )


def compared(lines: Sequence[RateLine], before: Sequence[RateLine]) -> list[Compared]:
    """Put the lines of a card beside those of the card before it."""
    new, old = ({line[:2]: per_unit(line) for line in card} for card in (lines, before))
    order = list(KINDS)
    places = sorted({*new, *old}, key=lambda place: (place[1], order.index(place[0])))
    return [
        Compared(
            _label(kind, above),
            _amount(old.get((kind, above))),
            _amount(new.get((kind, above))),
            _change(new.get((kind, above)), old.get((kind, above))),
        )
        for kind, above in places
    ]


def _label(kind: str, above: int) -> str:
    return f"{KINDS[kind]}, long prompts over {above:,}" if above else KINDS[kind]


def _amount(amount: Decimal | None) -> str:
    return display.NOTHING if amount is None else dollars(amount)


def _change(now: Decimal | None, before: Decimal | None) -> str:
    return "" if now is None or before is None else display.change(now, before)


def card_row(entry: Entry, zone: ZoneInfo) -> CardRow:
    """Write a card of a model's history."""
    price = entry.price
    hours = (
        f"{price.daily_from:%H:%M} to {price.daily_to:%H:%M} UTC each day"
        if price.daily_from and price.daily_to
        else ""
    )
    return CardRow(
        entry,
        rates(entry.lines),
        dates(entry.spans or (Span(price.effective_from, price.effective_to),), zone),
        hours,
        source(price.source),
        STATES[entry.state],
    )


def source(name: str) -> str:
    """Say where a card comes from: the list that ships with Costline, or what was written."""
    if name.startswith(CATALOGUE_SOURCE):
        return f"Published list, {name.removeprefix(CATALOGUE_SOURCE)}"
    return name[:1].upper() + name[1:]


def short_source(name: str) -> str:
    """Say the same without the version."""
    return source(name).partition(",")[0] if name.startswith(CATALOGUE_SOURCE) else source(name)


def unpriced_noun(modes: Sequence[str]) -> str:
    """Name calls by their mode when they have one that is priced on its own."""
    odd = [mode for mode in modes if mode != "standard"]
    return f"{odd[0]} call" if len(odd) == len(modes) == 1 else "call"


def book_story(priced: int, used: int, unpriced_calls: int, *, is_cut: bool) -> str:
    """Say in a sentence whether the totals can be trusted."""
    more = "more than " if is_cut else ""
    waits = "waits" if unpriced_calls == 1 and not is_cut else "wait"
    waiting = f"{more}{display.counted(unpriced_calls, 'call')}"
    if not used:
        rest = f"; {waiting} of before {waits} for a price." if unpriced_calls else "."
        return f"No model was called in these days{rest}"
    if priced < used:
        first = f"{priced:,} of {display.counted(used, 'model')} in use have a price"
    else:
        first = (
            "The model in use has a price"
            if used == 1
            else f"All {used:,} models in use have a price"
        )
    return (
        f"{first}; {waiting} {waits} for one."
        if unpriced_calls
        else f"{first}. No call waits for one."
    )


def dates(spans: Sequence[Span], zone: ZoneInfo) -> str:
    """Write the periods in which a card charges; the last day is the last whole one."""
    return "; ".join(_period(span, zone) for span in spans)


def since(instant: datetime | None, zone: ZoneInfo) -> str:
    """Write from when a price holds."""
    return boundary(instant, zone) if instant else "Always"


def boundary(instant: datetime, zone: ZoneInfo) -> str:
    """Write a beginning: a day at midnight of the zone or of UTC, else to the minute."""
    local = instant.astimezone(zone)
    if (local.hour, local.minute) == (0, 0):
        return display.day(local.date())
    universal = instant.astimezone(UTC)
    if (universal.hour, universal.minute) == (0, 0):
        return f"{display.day(universal.date())} UTC"
    return display.moment(instant, zone)


def unused_kinds_charge_as(kind: str) -> str:
    """Say what a kind without a price of its own costs."""
    parent = PARENT_KINDS.get(kind)
    return f"Empty: charged like {KINDS[parent].lower()}." if parent else ""


def first_day(value: date) -> str:
    """Write the first day of something."""
    return display.day(value)


def _period(span: Span, zone: ZoneInfo) -> str:
    if span.since is None and span.until is None:
        return "Always"
    if span.since is None:
        assert span.until is not None
        return f"Until {boundary(span.until, zone)}"
    if span.until is None:
        return f"From {boundary(span.since, zone)}"
    return f"{boundary(span.since, zone)} to {boundary(span.until, zone)}"
