"""A rate card on its way into the price book: plain values, checked, not yet in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from finops.domain.usage import PROCESSING_MODES, Processing
from finops.models import Price, Rate
from finops.models.prices import RATE_KINDS
from finops.pricing.calculate import EXACT, InexactRateError, RateLine, rate_table

#: Where cards and names come from that people have put into the book.
BY_HAND: Final = "entered by hand"
#: Units that a person's amount is for: the token kinds by the million, requests one by one.
UNITS: Final[Mapping[str, int]] = {
    kind: 1 if kind == "requests" else 1_000_000 for kind in RATE_KINDS
}


class CardRefused(ValueError):
    """A rate card that must not go into the book; the message says why, for its writer."""


class RateCard(msgspec.Struct, frozen=True, kw_only=True):
    """What one model costs from ``since`` (always, when none) until ``until`` (open, when none).

    ``provider`` and ``model`` are the catalogue's names; ``region`` is empty for any region.
    Instants are UTC, amounts US dollars.
    """

    provider: str
    model: str
    region: str = ""
    processing: Processing = "standard"
    since: datetime | None = None
    until: datetime | None = None
    lines: tuple[RateLine, ...] = ()

    @classmethod
    def from_json(cls, stored: Any) -> RateCard:
        """Read back what ``as_json`` gave."""
        return msgspec.convert(stored, cls)

    def as_json(self) -> dict[str, Any]:
        """Give plain values for a JSON column; amounts are strings and keep every digit."""
        stored: dict[str, Any] = msgspec.to_builtins(self)
        return stored

    def check(self) -> None:
        """Raise CardRefused unless calls can be charged by the card, exactly."""
        if not self.provider or not self.model:
            raise CardRefused("Name the provider and the model.")
        if self.processing not in PROCESSING_MODES:
            raise CardRefused(f"Choose one of {', '.join(PROCESSING_MODES)}.")
        if self.since and self.until and self.since >= self.until:
            raise CardRefused("The price must end after it begins.")
        self._check_lines()

    def _check_lines(self) -> None:
        if not self.lines:
            raise CardRefused("Enter at least one price.")
        places = [(line.kind, line.above_input_tokens) for line in self.lines]
        if len(set(places)) < len(places):
            raise CardRefused("Each kind has one price at each prompt size.")
        if not all(line.kind in UNITS and _is_amount(line.amount) for line in self.lines):
            raise CardRefused("A price is for a kind of use that is known, and 0 or more.")
        try:
            rate_table(self.lines)
        except InexactRateError as error:
            raise CardRefused(f"The price cannot be charged exactly: {error}.") from error

    def save(self, *, approved_by: str, note: str, now: datetime) -> Price:
        """Put the card into the book; the caller holds the book's lock."""
        price = Price.objects.create(
            provider=self.provider,
            model=self.model,
            region=self.region,
            processing=self.processing,
            effective_from=self.since,
            effective_to=self.until,
            source=BY_HAND,
            approved_by=approved_by,
            note=note,
            created_at=now,
        )
        for line in self.lines:  # one by one: the change log looks at rows that are saved
            Rate.objects.create(price=price, **line._asdict())
        return price


def _is_amount(amount: Decimal) -> bool:
    return amount.is_finite() and amount >= 0


def per_unit(line: RateLine) -> Decimal:
    """Give a line's amount for the unit that people think in: a million tokens, or one request."""
    return EXACT.divide(EXACT.multiply(line.amount, Decimal(UNITS[line.kind])), Decimal(line.per))
