"""What the Bills room says: sentences, states and short rows, each a function with a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from finops.bills.words import KINDS, account_name, provider_name
from finops.domain import display
from finops.domain.dimensions import UNALLOCATED
from finops.domain.money import exact_difference
from finops.insights.bills import Bill, BillMonth
from finops.models import BillSnapshot, Reconciliation
from finops.web.kpis import Kpi, money_kpi
from finops.web.sentences import join


class State(NamedTuple):
    """A state as shape, word and colour: the icon and class, and what it is called."""

    kind: str
    label: str


#: How a provider's bill stands against the calls, as the reconciliation page calls it.
_RECONCILED: Final[Mapping[str, State]] = {
    "not_due": State("none", "Not due"),
    "provisional": State("stale", "Provisional"),
    "matched": State("ok", "Matched"),
    "explained": State("ok", "Explained"),
    "investigating": State("warn", "Investigating"),
    "accepted": State("ok", "Accepted"),
    "locked": State("ok", "Locked"),
}


def month_choices(months: Iterable[date], chosen: date) -> list[tuple[str, str]]:
    """Offer the months that have a bill, newest first, and the one that is shown."""
    offered = sorted({*months, chosen}, reverse=True)
    return [(f"{month:%Y-%m}", f"{month:%B %Y}") for month in offered]


def story(seen: BillMonth) -> SafeString | str:
    """Tell the month in two sentences: what the bills come to, and what is not in yet."""
    if not seen.has_arrived:
        return _nothing_yet(seen)
    currency = seen.question.currency
    come_to = format_html(
        "The bills of {} come to <b>{}</b>{}.",
        f"{seen.question.month:%B}",
        display.money(seen.now.billed, currency),
        _against(seen),
    )
    part = format_html(
        "AI is <b>{}</b> of it, {} before tax.",
        display.money(seen.now.ai, currency),
        display.share(seen.now.ai, seen.now.before_tax),
    )
    return join(come_to, part if seen.now.ai else "None of it is known to be AI.", _absent(seen))


def _nothing_yet(seen: BillMonth) -> SafeString | str:
    month = f"{seen.question.month:%B %Y}"
    if seen.held:
        verb = "waits" if len(seen.held) == 1 else "wait"
        return (
            f"{display.counted(len(seen.held), 'bill')} of {month} {verb} for somebody to decide."
        )
    return f"No bill of {month} has arrived."


def _against(seen: BillMonth) -> SafeString | str:
    """Hold whole months against each other; one that is not whole is held against nothing."""
    difference = exact_difference(seen.now.billed, seen.before.billed)
    if not seen.is_comparable:
        return ""
    then = f"{seen.question.month_before:%B}"
    if not difference:
        return f", as much as in {then}"
    return format_html(
        ", <b>{}</b> {} than in {}",
        display.money(abs(difference), seen.question.currency),
        "more" if difference > 0 else "less",
        then,
    )


def _absent(seen: BillMonth) -> SafeString | str:
    if not seen.missing or seen.question.period.running:
        return ""
    if len(seen.missing) == 1:
        bill = seen.missing[0]
        return format_html(
            "{} has sent no bill for <b>{}</b> yet.", provider_name(bill.provider), bill.name
        )
    return f"{display.counted(len(seen.missing), 'account')} that had a bill before have none yet."


def kpis(seen: BillMonth) -> list[Kpi]:
    """Give the four numbers on top; only whole months are held against each other."""
    now, before, currency = seen.now, seen.before, seen.question.currency
    fair = seen.is_comparable
    against = f"against {seen.question.month_before:%B}" if fair else ""
    running = seen.question.period.running

    def kpi(label: str, amount: Decimal, was: Decimal, note: str) -> Kpi:
        known, past = _known(amount, now.has_amount), (was or None) if fair else None
        return money_kpi(label, known, past, currency, note=against if past else note)

    return [
        kpi("Billed so far" if running else "Billed", now.billed, before.billed, "tax included"),
        kpi("AI on the bills", now.ai, before.ai, _of_whole(now.ai, now.before_tax)),
        kpi("Effective", now.effective, before.effective, "purchases spread over their use"),
        kpi("Not classified yet", now.unknown, Decimal(0), _of_whole(now.unknown, now.before_tax)),
    ]


def _known(amount: Decimal, known: bool) -> Decimal | None:
    return amount if known else None


def _of_whole(part: Decimal, whole: Decimal) -> str:
    return f"{display.share(part, whole)} before tax" if whole else ""


def row(bill: Bill, seen: BillMonth) -> dict[str, Any]:
    """Give what the table shows of a bill."""
    now = bill.now
    known = bill.arrived is not None and now.has_amount
    return {
        "bill": bill,
        "provider": provider_name(bill.provider),
        "account": account_name(bill.known),
        "known": known,
        "in_currency": _in_currency(bill.arrived) if bill.arrived and not known else "",
        "past": _past(bill, seen),
        "before": bill.before.billed if bill.before and bill.is_whole else None,
        "state": state(bill, seen),
        "freshness": freshness(bill, seen),
        "reconciled": reconciled(seen.reconciled.get(bill.provider)) if now.ai else None,
    }


def _in_currency(bill: BillSnapshot) -> str:
    """Write what was billed in the bill's own currencies, where no rate says what that is."""
    told = (
        f"{display.money(Decimal(sums['billed_cost']), currency)}"
        for currency, sums in sorted(bill.totals.items())
        if sums.get("billed_cost") is not None
    )
    return " and ".join(told)


def _past(bill: Bill, seen: BillMonth) -> str:
    if bill.before is None or not bill.before.has_amount:
        return ""
    amount = display.money(bill.before.billed, seen.question.currency)
    return f"{amount} in {seen.question.month_before:%B}"


def state(bill: Bill, seen: BillMonth) -> State:
    """Say how far a bill can be relied on."""
    if bill.arrived is None:
        return State("warn", "Waits") if bill.held else State("none", "Not arrived")
    if seen.is_closed:
        return State("ok", "Closed")
    if bill.is_whole:
        return State("ok", "Whole month")
    return State("stale", "Partial")


def freshness(bill: Bill, seen: BillMonth) -> str:
    """Say how far a bill reaches and when it came: ``last day 18 Nov, delivered 2 h ago``."""
    if bill.arrived is None:
        return ""
    told = []
    if bill.arrived.last_day:
        told.append(f"last day {display.day(bill.arrived.last_day, year=False)}")
    if bill.arrived.published_at:
        told.append(f"delivered {display.ago(bill.arrived.published_at, seen.question.now)}")
    return ", ".join(told)


def reconciled(found: Reconciliation | None) -> State | None:
    """Say how a provider's bill stands against its calls; None where nobody has compared."""
    return _RECONCILED.get(found.status) if found else None


def aprils(seen: BillMonth) -> dict[str, Any]:
    """Give the two answers to what a month cost, and why they differ."""
    difference = exact_difference(seen.for_its_days, seen.now.billed)
    return {
        "billing": seen.now.billed,
        "charge": seen.for_its_days,
        "difference": difference,
        "words": (
            "Both answers agree: every charge lies in the month that it is billed in."
            if not difference
            else "Corrections, purchases and late usage stand on the bill of another month."
        ),
    }


class Paid(NamedTuple):
    """What a part of the bills pays for; ``kind`` is spelt as filters of the explorer are."""

    kind: str
    name: str
    billed: Decimal


def kinds(seen: BillMonth) -> list[Paid]:
    """Say what the bills pay for, dearest first."""
    return [
        Paid(kind or UNALLOCATED, KINDS.get(kind, kind), billed)
        for kind, billed in seen.kinds.items()
    ]


class Warned(NamedTuple):
    """Something that is wrong with the numbers, and where it can be mended."""

    text: SafeString | str
    href: str = ""
    action: str = ""


def warnings(seen: BillMonth) -> list[Warned]:
    """Say what is wrong with the numbers above."""
    found = [
        Warned(
            format_html(
                "{} in {} without an exchange rate: in no amount here.",
                display.counted(rows, "charge"),
                currency,
            ),
            reverse("bills-rates"),
            "Set a rate",
        )
        for currency, rows in seen.unconverted.items()
    ]
    found += [
        Warned(
            format_html(
                "{} send a bill of the account <b>{}</b>. Both count.",
                _listed([bill.source.name for bill in same]),
                account,
            )
        )
        for account, same in seen.twice.items()
    ]
    missing = seen.now.missing_billed_rows
    if missing:
        verb = "does" if missing == 1 else "do"
        told = f"{display.counted(missing, 'charge')} {verb} not say what was billed."
        found.append(Warned(told))
    return found


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
