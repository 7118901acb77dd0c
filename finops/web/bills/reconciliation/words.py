"""What the reconciliation pages say: states, parts, findings, sentences; each with a test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from finops.bills.words import TOKEN_KINDS, provider_name
from finops.domain import display
from finops.models import ReconciliationEvent
from finops.reconciliation.findings import Driver, Finding
from finops.reconciliation.parts import NOT_BILLED, PRICE, UNLOGGED_KEY, UNLOGGED_MODEL
from finops.reconciliation.reading import Cell, Whole
from finops.reconciliation.states import (
    ACCEPTED,
    EXPLAINED,
    INVESTIGATING,
    LOCKED,
    MATCHED,
    NOT_DUE,
    PROVISIONAL,
)
from finops.web.sentences import join


class State(NamedTuple):
    """A state as shape, word and colour: the icon and class, and what it is called."""

    kind: str
    label: str
    means: str


class Part(NamedTuple):
    """What a part is called, and what it means."""

    label: str
    means: str


STATES: Final[Mapping[str, State]] = {
    NOT_DUE: State("none", "Not due", "The month is not over, or ended a few days ago."),
    PROVISIONAL: State("stale", "Provisional", "The bill is missing or not whole yet."),
    MATCHED: State("ok", "Matched", "Bill and calls agree within the tolerance."),
    EXPLAINED: State("ok", "Explained", "They differ, and the causes are named."),
    INVESTIGATING: State("bad", "Investigating", "They differ, and somebody has to find out why."),
    ACCEPTED: State("ok", "Accepted", "Finance accepted the difference, on record."),
    LOCKED: State("none", "Locked", "The month is closed. Nothing changes any more."),
}
PART_WORDS: Final[Mapping[str, Part]] = {
    "cut_off": Part(
        "Cut-off and time zones",
        "Calls at the edges of the month, and usage that another month’s bill holds.",
    ),
    "missing_logs": Part(
        "Missing logs",
        "The bill counts more than the logs, at book price. Below zero, the logs count more.",
    ),
    "unlogged_keys": Part("Unlogged keys and models", "On the bill, and in no log of the month."),
    "price": Part("Price", "The bill asks other prices than the book, for what was billed."),
    "discount": Part("Discount", "Negotiated prices, commitments, and what was bought ahead."),
    "credits": Part(
        "Credits and corrections", "Credits, refunds, and corrections of earlier months."
    ),
    "unexplained": Part("Unexplained", "What is left, rounding included."),
}
FINDING_WORDS: Final[Mapping[str, str]] = {
    UNLOGGED_KEY: "Key in no log",
    UNLOGGED_MODEL: "Model in no log",
    NOT_BILLED: "Logged, not billed",
    PRICE: "Other price than the book",
}
_EVENTS: Final[Mapping[str, str]] = {
    ReconciliationEvent.INVESTIGATE: "looks into it",
    ReconciliationEvent.ACCEPT: "accepted the difference",
    ReconciliationEvent.REOPEN: "gave it back",
    ReconciliationEvent.LOCK: "closed the month",
    ReconciliationEvent.UNLOCK: "opened the month again",
    ReconciliationEvent.RESTATED: "opened it again: the figures moved",
}
_MILLION: Final = Decimal(1_000_000)
#: Less than half a cent is nobody's cause.
NOTABLE: Final = Decimal("0.005")


def month_name(month: date) -> str:
    """Name a month."""
    return f"{month:%B %Y}"


def coverage(metered: Decimal, billed: Decimal) -> str:
    """Say how much of the bill the calls account for: ``96.4%``."""
    return display.share(metered, billed)


def gap(difference: Decimal | None, billed: Decimal | None, currency: str) -> str:
    """Write a difference, and what part of the bill it is: ``+$360 (3.6%)``."""
    if difference is None:
        return "no bill"
    money = display.signed_money(difference, currency)
    if not billed or not difference:
        return money
    return f"{money} ({display.share(difference.copy_abs(), billed.copy_abs())})"


def story(seen: Whole, currency: str) -> SafeString | str:
    """Tell a month in two sentences: both amounts, and how much of the gap has a name."""
    cell, row = seen.cell, seen.cell.row
    name, month = provider_name(row.provider), f"{row.month:%B}"
    if cell.difference is None or row.billed is None:
        return format_html(
            "Calls of {} come to <b>{}</b> with {}. No bill for them has arrived.",
            month,
            display.money(row.metered, currency),
            name,
        )
    amounts = format_html(
        "{} billed <b>{}</b> for {} before tax, and the calls come to <b>{}</b>.",
        name,
        display.money(row.billed, currency),
        month,
        display.money(row.metered, currency),
    )
    return join(amounts, _named(cell, row.unexplained, currency))


def _named(cell: Cell, unexplained: Decimal, currency: str) -> SafeString | str:
    difference = cell.difference
    if not difference:
        return "They agree to the last digit." if not unexplained else ""
    if not unexplained:
        return format_html(
            "All of the difference of <b>{}</b> has a name.",
            display.money(difference.copy_abs(), currency),
        )
    return format_html(
        "Of the difference of <b>{}</b>, <b>{}</b> has no name: {} of the bill.",
        display.money(difference.copy_abs(), currency),
        display.money(unexplained.copy_abs(), currency),
        display.share(unexplained.copy_abs(), (cell.row.billed or Decimal(0)).copy_abs()),
    )


def why(seen: Whole, currency: str) -> str:
    """Say what the state rests on."""
    row, limit = seen.cell.row, seen.tolerance
    if seen.cell.status == NOT_DUE:
        return f"It is judged from {display.day(seen.due)} on."
    if seen.cell.status == PROVISIONAL:
        return _not_whole(seen)
    if row.billed is None:
        return ""
    tolerance = display.money(limit.matched(row.billed), currency)
    if seen.cell.status == MATCHED:
        return f"A difference up to {tolerance} counts as none."
    if seen.cell.status == EXPLAINED:
        return f"What has no name is within {tolerance}."
    if seen.cell.status == INVESTIGATING and not seen.is_taken_up:
        return f"More than {tolerance} has no name, or the match is too coarse to name causes."
    return ""


def _not_whole(seen: Whole) -> str:
    row = seen.cell.row
    if row.billed is None:
        return "No bill for model usage has arrived."
    if row.unconverted:
        return "Some lines are in no amount: they lack an exchange rate or a cost."
    return "More may come: lines without an invoice, missing days, or a version that waits."


def unconverted(told: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Say what stands in no amount: ``3 lines in EUR without an exchange rate: EUR 12.30``."""
    said = []
    for currency, each in told.items():
        rows, missing = int(str(each["rows"])), int(str(each["missing"]))
        if rows:
            amount = display.money(Decimal(str(each["billed_cost"])), currency)
            said.append(
                f"{display.counted(rows, 'line')} in {currency} without an exchange rate: {amount}."
            )
        if missing:
            said.append(f"{display.counted(missing, 'line')} in {currency} without a cost.")
    return said


def mostly(driver: Driver | None, currency: str) -> str:
    """Say what most of a part is due to: ``mostly cache write of claude-…, key k1: +$120``."""
    if driver is None or driver.amount.copy_abs() < NOTABLE:
        return ""
    if not (driver.model or driver.token_kind or driver.caller):
        return ""
    kind = TOKEN_KINDS.get(driver.token_kind, driver.token_kind).lower()
    about = " of ".join(word for word in (kind, driver.model) if word)
    about = ", ".join(word for word in (about, driver.caller) if word)
    return f"mostly {about}: {display.signed_money(driver.amount, currency)}"


def grain(words: str) -> str:
    """Say at which grain both sides were compared."""
    if words == "provider":
        return "Only totals could be compared: bill and calls share no names."
    return f"Compared by {words}: the names that both sides have."


def finding(found: Finding, currency: str) -> str:
    """Say what was found, in a sentence."""
    caller = found.credential or found.account
    amount = display.money(found.amount.copy_abs(), currency)
    if found.kind == UNLOGGED_KEY:
        return f"{caller} was billed {amount} and is in no log of the month."
    if found.kind == UNLOGGED_MODEL:
        return f"{found.model or 'Usage'} was billed {amount} and is in no log of the month."
    if found.kind == NOT_BILLED:
        about = ", ".join(name for name in (found.model, caller) if name)
        return f"{about} was logged for {amount} and is on no bill."
    return _price(found, currency)


def _price(found: Finding, currency: str) -> str:
    kind = TOKEN_KINDS.get(found.token_kind, "Usage").lower()
    now = a_million(found.billed_price, currency)
    if found.book_price is None:
        return (
            f"{found.model}, {kind}: the bill asks {now} a million tokens, the book has no price."
        )
    before = a_million(found.book_price, currency)
    return f"{found.model}, {kind}: the bill asks {now} a million tokens, the calls {before}."


def a_million(price: Decimal | None, currency: str) -> str:
    """Write a price for a million tokens."""
    return display.money(None if price is None else price * _MILLION, currency)


def event(said: ReconciliationEvent) -> str:
    """Say who did what."""
    return f"{said.by} {_EVENTS[said.kind]}"
