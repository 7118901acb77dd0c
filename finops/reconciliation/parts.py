"""Why billed is not metered: the difference in parts that sum to it, to the last digit.

A quantity that differs counts at *book* price, a price that differs at *billed* quantity, so that
the two add up; ``docs/reconciliation.md`` has worked numbers. Nothing here reads a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import exact_difference, exact_sum
from finops.reconciliation.grain import Grain, at_grain, callers_of, common_grain
from finops.reconciliation.money import rounded_product, unit_price
from finops.reconciliation.sides import Charged, ChargedSide, Key, Logged, LoggedSide

#: Findings in a word, as lines carry them.
UNLOGGED_KEY: Final = "unlogged_key"
UNLOGGED_MODEL: Final = "unlogged_model"
NOT_BILLED: Final = "not_billed"
PRICE: Final = "price"

#: Gives the book price of one token, for what no call of the month says it; None when unknown.
BookPrice = Callable[[Key], Decimal | None]

_ZERO: Final = Decimal(0)
_NOTHING_LOGGED: Final = Logged()
_NOTHING_CHARGED: Final = Charged()
#: Unit prices nearer than this are one price: amounts on bills are rounded.
_SAME_PRICE: Final = Decimal("0.005")
_A_CENT: Final = Decimal("0.01")


class Parts(NamedTuple):
    """The difference in parts, in the order of CONTRACT 6."""

    cut_off: Decimal = _ZERO
    missing_logs: Decimal = _ZERO
    unlogged_keys: Decimal = _ZERO
    price: Decimal = _ZERO
    discount: Decimal = _ZERO
    credits: Decimal = _ZERO
    unexplained: Decimal = _ZERO

    @property
    def total(self) -> Decimal:
        """What they sum to."""
        return exact_sum(self)


class Line(NamedTuple):
    """One key compared. ``billed - metered`` is exactly what its parts sum to.

    Quantities are tokens, None for a side that has or counts none; prices are of one token.
    """

    key: Key
    logged_tokens: Decimal | None
    billed_tokens: Decimal | None
    metered: Decimal
    billed: Decimal
    book_price: Decimal | None
    billed_price: Decimal | None
    parts: Parts
    finding: str = ""

    @property
    def has_something(self) -> bool:
        """Say whether there is anything to tell of it: calls without usage have nothing."""
        return self.billed_tokens is not None or any(
            (self.logged_tokens, self.metered, self.billed, *self.parts)
        )


class Comparison(NamedTuple):
    """A provider's month compared: its lines, and what they come to."""

    grain: Grain
    lines: tuple[Line, ...]
    metered: Decimal
    billed: Decimal
    parts: Parts

    @property
    def difference(self) -> Decimal:
        """What was billed beyond what was metered."""
        return exact_difference(self.billed, self.metered)


def compare(logged: LoggedSide, charged: ChargedSide, book: BookPrice) -> Comparison:
    """Compare what was logged with what was billed, at the finest grain that both sides have.

    ``unexplained`` is the exact rest, whatever the data.
    """
    grain = common_grain(logged, charged)
    used, billed = at_grain(grain, logged, charged)
    comparing = _Comparing(grain, used, billed, book)
    compared = (comparing.line(key) for key in sorted(used.keys() | billed.keys(), key=_order))
    lines = tuple(line for line in compared if line.has_something)
    metered = exact_sum(line.metered for line in lines)
    total = exact_sum(line.billed for line in lines)
    named = [exact_sum(column) for column in zip(*(line.parts[:-1] for line in lines), strict=True)]
    rest = exact_difference(exact_difference(total, metered), exact_sum(named))
    return Comparison(grain, lines, metered, total, Parts(*named)._replace(unexplained=rest))


def _order(key: Key) -> tuple[str, ...]:
    return (key.credential, key.account, key.model, key.token_kind, str(key.day or ""))


class _Known(NamedTuple):
    """Callers and models of a side."""

    callers: set[tuple[str, str]]
    models: set[str]


class _Comparing:
    """What lines have in common: who is known to which side, and average prices of the month."""

    def __init__(
        self, grain: Grain, logged: LoggedSide, charged: ChargedSide, book: BookPrice
    ) -> None:
        self._grain, self._logged, self._charged, self._book = grain, logged, charged, book
        self._in_logs = _known(logged)
        self._on_bill = _known(key for key, each in charged.items() if each.has_usage)
        self._averages = _averages(logged)

    def line(self, key: Key) -> Line:
        """Compare one key."""
        logged = self._logged.get(key, _NOTHING_LOGGED)
        charged = self._charged.get(key, _NOTHING_CHARGED)
        price = self._price(key, logged)
        quantity, price_part, rest = _variances(logged, charged, price)
        finding = self._finding(key, logged, charged)
        unlogged = finding in {UNLOGGED_KEY, UNLOGGED_MODEL}
        if self._is_nameless(key) and not unlogged and not logged.tokens:
            quantity, price_part, rest = _ZERO, _ZERO, exact_sum((quantity, price_part, rest))
        parts = Parts(
            cut_off=_cut_off(logged, charged),
            missing_logs=_ZERO if unlogged else quantity,
            unlogged_keys=quantity if unlogged else _ZERO,
            price=price_part,
            discount=exact_sum((exact_difference(charged.amount, charged.listed), charged.bought)),
            credits=charged.credits,
            unexplained=rest,
        )
        implied = _implied(charged)
        return Line(
            key=key,
            logged_tokens=logged.tokens if logged.tokens else None,
            billed_tokens=charged.tokens if charged.has_usage else None,
            metered=logged.inside,
            billed=charged.billed,
            book_price=price,
            billed_price=implied,
            parts=parts,
            finding=finding or _odd_price(logged, charged, price, implied, price_part),
        )

    def _price(self, key: Key, logged: Logged) -> Decimal | None:
        """Give the price calls had: this key's, else this model's in the month, else the book's."""
        own = unit_price(logged.amount, logged.priced)
        if own is None:
            own = self._averages.get((key.model, key.token_kind))
        return own if own is not None or not key.token_kind else self._book(key)

    def _finding(self, key: Key, logged: Logged, charged: Charged) -> str:
        """Say what one side has that the other never has, in the whole month."""
        caller = (key.account, key.credential)
        if charged.has_usage and not (logged.tokens or logged.amount):
            if caller != ("", "") and caller not in self._in_logs.callers:
                return UNLOGGED_KEY
            if (key.model or not self._logged) and key.model not in self._in_logs.models:
                return UNLOGGED_MODEL
        if self._on_bill.models and not charged.has_usage and logged.amount:
            stranger = caller != ("", "") and caller not in self._on_bill.callers
            if stranger or (key.model and key.model not in self._on_bill.models):
                return NOT_BILLED
        return ""

    def _is_nameless(self, key: Key) -> bool:
        """Tell a line of the bill that lacks a name which the others have."""
        if self._grain.model and not key.model:
            return True
        return self._grain.token_kind and not key.token_kind and key.model not in self._grain.whole


def _variances(
    logged: Logged, charged: Charged, price: Decimal | None
) -> tuple[Decimal, Decimal, Decimal]:
    """Split list price less metered into quantity at book price, price at billed quantity, rest."""
    if not charged.has_usage:
        return exact_difference(_ZERO, logged.amount), _ZERO, _ZERO
    gap = exact_difference(charged.listed, logged.amount)
    if not (logged.tokens or logged.amount):
        if price is None or not charged.tokens:
            return gap, _ZERO, _ZERO
    elif not charged.tokens or not logged.tokens:
        return _ZERO, _ZERO, gap  # one side counts no quantity: price and quantity are one
    more = exact_difference(charged.tokens, logged.tokens)
    quantity = rounded_product(more, price) if price is not None else _ZERO
    return quantity, exact_difference(gap, quantity), _ZERO


def _cut_off(logged: Logged, charged: Charged) -> Decimal:
    zones = exact_difference(logged.amount, logged.inside)
    return exact_sum((zones, exact_difference(charged.late, charged.elsewhere)))


def _implied(charged: Charged) -> Decimal | None:
    return unit_price(charged.listed, charged.tokens) if charged.tokens else None


def _odd_price(
    logged: Logged,
    charged: Charged,
    price: Decimal | None,
    implied: Decimal | None,
    part: Decimal,
) -> str:
    """Say whether the bill implies another price than the book's; a cent's worth at least."""
    if implied is None or not logged.tokens or part.copy_abs() < _A_CENT:
        return ""
    if price is None:
        return PRICE
    apart = exact_difference(implied, price).copy_abs()
    return PRICE if apart > rounded_product(price.copy_abs(), _SAME_PRICE) else ""


def _averages(logged: LoggedSide) -> dict[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], list[Logged]] = {}
    for key, each in logged.items():
        if each.priced:
            sums.setdefault((key.model, key.token_kind), []).append(each)
    found = {}
    for name, cells in sums.items():
        amount = exact_sum(cell.amount for cell in cells)
        average = unit_price(amount, exact_sum(cell.priced for cell in cells))
        if average is not None:
            found[name] = average
    return found


def _known(keys: Iterable[Key]) -> _Known:
    held = list(keys)
    return _Known(callers_of(held), {key.model for key in held})
