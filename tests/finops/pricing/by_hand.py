"""Short ways to write prices that people enter, and to take all of them back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from finops.models import ModelAlias, Price, PriceProposal
from finops.pricing.calculate import RateLine
from finops.pricing.cards import BY_HAND, RateCard
from finops.pricing.proposals import approve, newest_price, propose

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def card(amount: str = "2", since: str | None = None, **others: Any) -> RateCard:
    """A card of so many dollars per million, in and out, from a day on."""
    kinds = ("input_tokens", "output_tokens")
    begins = datetime.fromisoformat(since).replace(tzinfo=UTC) if since else None
    return RateCard(
        **{
            "provider": "acme",
            "model": "house-7b",
            "since": begins,
            "lines": tuple(RateLine(kind, 0, Decimal(amount), 1_000_000) for kind in kinds),
        }
        | others
    )


def proposed(entered: RateCard, *, by: str = "Tom") -> PriceProposal:
    """A proposal that waits."""
    return propose(entered, reason="the contract", by=by, now=NOW)


def enter(amount: str = "2", since: str | None = None, **others: Any) -> Price:
    """Put a price into the book as a person does."""
    entered = card(amount, since, **others)
    return approve(proposed(entered), by="Maya", now=NOW, seen=newest_price(entered))


@contextmanager
def taken_back() -> Iterator[None]:
    """Leave the book as it was: nothing that people have entered, before and after."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    PriceProposal.objects.all().delete()
    Price.objects.filter(source=BY_HAND).delete()
    ModelAlias.objects.filter(source=BY_HAND).delete()
