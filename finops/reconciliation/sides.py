"""The two sides that are compared, at a grain: what was logged, and what was billed.

Amounts are in the reporting currency and exact. Tokens are whole on the logged side; a bill may
count fractions of its units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import exact_difference, exact_sum

_ZERO: Final = Decimal(0)


class Key(NamedTuple):
    """What a line is about; what a side does not know, or the grain leaves out, is empty.

    ``token_kind`` is one of ``TOKEN_MEASURES``; ``account`` is a sub-account or project,
    ``credential`` a key or principal. ``day`` is the provider's.
    """

    day: date | None = None
    account: str = ""
    credential: str = ""
    model: str = ""
    token_kind: str = ""


class Logged(NamedTuple):
    """What calls used and cost at the counted price.

    ``tokens`` and ``amount`` are those of the provider's month; of them ``priced`` tokens had a
    price. ``inside`` is the amount of the month in the reporting zone, which pages call metered.
    """

    tokens: Decimal = _ZERO
    priced: Decimal = _ZERO
    amount: Decimal = _ZERO
    inside: Decimal = _ZERO

    def plus(self, other: Logged) -> Logged:
        """Add two up, exactly."""
        return Logged(*(exact_sum(pair) for pair in zip(self, other, strict=True)))


class Charged(NamedTuple):
    """What bills say of usage in the provider's month, and what else this month's bill holds.

    ``tokens`` is None when the bill counts none for some of it. ``listed`` is the same usage at
    list price, or at the best price that the bill knows. ``amount`` is what was billed for it, of
    which ``elsewhere`` stands on other months' bills. On this month's bill stand besides: ``late``
    usage of other months, ``credits`` (with refunds and corrections), and ``bought`` ahead.
    """

    tokens: Decimal | None = _ZERO
    listed: Decimal = _ZERO
    amount: Decimal = _ZERO
    elsewhere: Decimal = _ZERO
    late: Decimal = _ZERO
    credits: Decimal = _ZERO
    bought: Decimal = _ZERO

    @property
    def has_usage(self) -> bool:
        """Say whether any usage of the month was billed."""
        return self.tokens is None or bool(self.tokens or self.listed or self.amount)

    @property
    def billed(self) -> Decimal:
        """What this month's bill says in all."""
        here = exact_difference(self.amount, self.elsewhere)
        return exact_sum((here, self.late, self.credits, self.bought))

    def plus(self, other: Charged) -> Charged:
        """Add two up, exactly; tokens that one of them does not know are not known."""
        pairs = list(zip(self, other, strict=True))
        tokens = None if None in pairs[0] else exact_sum(t for t in pairs[0] if t is not None)
        return Charged(tokens, *(exact_sum(a for a in pair if a is not None) for pair in pairs[1:]))


LoggedSide = Mapping[Key, Logged]
ChargedSide = Mapping[Key, Charged]


def add_logged(pairs: Iterable[tuple[Key, Logged]]) -> dict[Key, Logged]:
    """Add up what has the same key."""
    found: dict[Key, Logged] = {}
    for key, each in pairs:
        known = found.get(key)
        found[key] = each if known is None else known.plus(each)
    return found


def add_charged(pairs: Iterable[tuple[Key, Charged]]) -> dict[Key, Charged]:
    """Add up what has the same key."""
    found: dict[Key, Charged] = {}
    for key, each in pairs:
        known = found.get(key)
        found[key] = each if known is None else known.plus(each)
    return found
