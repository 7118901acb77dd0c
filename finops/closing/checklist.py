"""What has to be done before a month is closed: one question each, answered from what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from finops.closing import asking
from finops.domain.display import counted
from finops.models import Reconciliation
from finops.reconciliation.states import ACCEPTED, EXPLAINED, LOCKED, MATCHED
from finops.rollups.spend import spend
from finops.sql import snapshot

#: The share of a month's cost that may be nobody's, before somebody has to say why.
UNALLOCATED_LIMIT: Final = Decimal("0.05")
#: How many names an answer lists before it counts the rest.
_NAMED: Final = 5
_SETTLED: Final = frozenset({MATCHED, EXPLAINED, ACCEPTED, LOCKED})


class Item(NamedTuple):
    """One item: whether it is done, in words, and whether finance may close without it.

    ``code`` names it for links and for scripts.
    """

    code: str
    title: str
    is_done: bool
    words: str
    may_be_overridden: bool = True

    def as_json(self) -> dict[str, Any]:
        """Give it as it is kept."""
        return self._asdict()


class Checklist(NamedTuple):
    """All items of a month, in the order in which finance goes through them."""

    month: date
    items: tuple[Item, ...]

    @property
    def open_items(self) -> list[Item]:
        """Give what is not done."""
        return [item for item in self.items if not item.is_done]

    @property
    def in_the_way(self) -> list[Item]:
        """Give what no reason helps against."""
        return [item for item in self.open_items if not item.may_be_overridden]

    @property
    def needs_a_reason(self) -> bool:
        """Say whether closing overrides anything."""
        return any(item.may_be_overridden for item in self.open_items)

    def as_json(self) -> dict[str, Any]:
        """Give it as it is kept with a close."""
        return {"items": [item.as_json() for item in self.items]}


def checklist(month: date, *, now: datetime) -> Checklist:
    """Go through the items of a month (its first day), from one moment."""
    with snapshot():
        return Checklist(month, tuple(question(month, now) for question in _QUESTIONS))


# --- the turn of the month ------------------------------------------------------------------------


def _is_over(month: date, now: datetime) -> Item:
    begins = asking.begins_after(month)
    words = "The month is over everywhere." if now >= begins else "The month is not over yet."
    return Item("over", "The month is over", now >= begins, words, may_be_overridden=False)


def _is_next(month: date, _: datetime) -> Item:
    earlier = asking.open_before(month)
    words = "No earlier month is open."
    if earlier:
        words = f"Close {_listed(f'{each:%B %Y}' for each in earlier)} first."
    return Item("order", "Earlier months are closed", not earlier, words, may_be_overridden=False)


def _is_counted(month: date, _: datetime) -> Item:
    is_fresh = asking.is_counted(month)
    words = "All calls that arrived are counted."
    if not is_fresh:
        words = "Calls have just arrived and are being counted. Look again in a minute."
    return Item("counted", "Figures are up to date", is_fresh, words, may_be_overridden=False)


# --- bills ----------------------------------------------------------------------------------------


def _bills_arrived(month: date, _: datetime) -> Item:
    expected = asking.expected_bills(month)
    missing = [bill.words for bill in expected if not bill.is_whole]
    if missing:
        words = f"Waiting for {_listed(missing)}."
    elif expected:
        words = f"{counted(len(expected), 'account')} billed, to the month’s last day."
    else:
        words = "No account has sent a bill so far."
    return Item("bills", "Bills have arrived", not missing, words)


def _nothing_waits(month: date, _: datetime) -> Item:
    held = asking.held_bills(month)
    words = "No version of a bill waits for a decision."
    if held:
        words = f"{counted(held, 'version')} of bills to publish or discard."
    return Item("held", "No bill waits", not held, words)


def _reconciled(month: date, _: datetime) -> Item:
    rows = list(Reconciliation.objects.filter(month=month).order_by("provider"))
    with_bill = [row for row in rows if row.billed is not None]
    left = [
        f"{row.provider} ({row.status.replace('_', ' ')})"
        for row in with_bill
        if row.status not in _SETTLED
    ]
    without = [row.provider for row in rows if row.billed is None]
    words = f"{counted(len(with_bill), 'provider')} reconciled."
    if left:
        words = f"Not settled: {_listed(left)}."
    if without:
        words += f" No bill from {_listed(without)}."
    return Item("reconciled", "Bills are reconciled", not left, words)


def _rates_complete(month: date, _: datetime) -> Item:
    missing = asking.unconverted(month)
    words = "Every charge has an exchange rate."
    if missing:
        charges = counted(sum(missing.values()), "charge")
        words = f"{charges} in {_listed(missing)} without a rate: in no amount."
    return Item("rates", "Exchange rates are complete", not missing, words)


# --- whose cost it is -----------------------------------------------------------------------------


def _shared_cost(month: date, _: datetime) -> Item:
    state, words = asking.shared_cost(month)
    return Item("shared", "Shared cost is published", state, words)


def _is_allocated(month: date, _: datetime) -> Item:
    shares = asking.unallocated_shares(month)
    done = all(share <= UNALLOCATED_LIMIT for share in shares.values())
    words = "Nothing was spent."
    if shares:
        told = " and ".join(f"{share:.1%} of {basis}" for basis, share in shares.items())
        words = f"{told} cost has no team. Up to {UNALLOCATED_LIMIT:.0%} is fine."
    return Item("unallocated", "Cost has an owner", done, words)


def _is_priced(month: date, _: datetime) -> Item:
    totals = spend(asking.window(month))
    unpriced = sum(each.unpriced_calls for each in totals.values())
    words = "Every call has a price."
    if unpriced:
        words = f"{counted(unpriced, 'call')} without a price: in no amount."
    return Item("unpriced", "Calls are priced", not unpriced, words)


_QUESTIONS: Final[tuple[Callable[[date, datetime], Item], ...]] = (
    _is_over,
    _is_next,
    _is_counted,
    _bills_arrived,
    _nothing_waits,
    _reconciled,
    _rates_complete,
    _shared_cost,
    _is_allocated,
    _is_priced,
)


def _listed(names: Iterable[str]) -> str:
    """Name some, and count the others."""
    told = [name[:60] for name in names]
    rest = len(told) - _NAMED
    return ", ".join(told[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
