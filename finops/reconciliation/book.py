"""What the price book asks for a token, where no call of the month says what it cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from finops.domain.money import exact_product
from finops.domain.periods import day_start
from finops.domain.usage import TOKEN_KINDS
from finops.pricing.price_book import Card, PriceBook, card_in_force
from finops.reconciliation.sides import Key

_PLACES: Final = {kind.removesuffix("_tokens"): n for n, kind in enumerate(TOKEN_KINDS)}


class BookPrices:
    """Answers with a provider's plain price for short prompts, per token; None where it has none.

    Without a day it is the price at the end of the month, when most bills are written.
    """

    def __init__(self, provider: str, month_ends: date, zone: ZoneInfo) -> None:
        self._provider, self._end, self._zone = provider, month_ends, zone
        self._book = PriceBook()

    def __call__(self, key: Key) -> Decimal | None:
        """Give the price of one token."""
        card = self.card(key.model, key.day)
        if card is None:
            return None
        rate = card.rates.tiers[-1].rates[_PLACES[key.token_kind]]
        return None if rate is None else exact_product(Decimal(rate), card.rates.unit)

    def card(self, model: str, day: date | None) -> Card | None:
        """Find the card in force when a day begins."""
        cards = self._book.quote(self._provider, model).cards
        return card_in_force(cards, day_start(day or self._end, self._zone))
