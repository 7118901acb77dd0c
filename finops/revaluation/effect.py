"""What a proposed price would do to the calls that are there, worked out before anybody decides.

The answer is a preview like any other, made by the same code from the same calls, only by a price
book that holds the proposed card already. It is never applied: once the price is in the book,
pricing again is a run of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from finops.models import Organization, PriceProposal, Revaluation
from finops.pricing.cards import RateCard
from finops.pricing.price_book import WHAT_IF, PriceBook
from finops.pricing.proposals import placed
from finops.revaluation.plan import queue_revaluation
from finops.revaluation.scope import Scope
from finops.rollups.models_in_use import ModelInUse, calls_by_model

#: Names of models that a scope lists; beyond it, it looks at every call of the period.
_MOST_NAMES: Final = 200


class Reach(NamedTuple):
    """Calls in a card's period, of the models that it is a price of, by the rollups."""

    scope: Scope
    calls: int
    unpriced_calls: int


def reach(card: RateCard) -> Reach:
    """Find the calls that a card can apply to, under whatever names they carry now."""
    zone = Organization.current().zone
    book = PriceBook(what_if=card)
    counted = calls_by_model(since=_day(card.since, zone), until=_day_after(card.until, zone))
    found = [row for row in counted if _applies(book, card, row)]
    return Reach(
        Scope(since=card.since, until=card.until, filters=_filters(found)),
        sum(row.calls for row in found),
        sum(row.unpriced_calls for row in found),
    )


def queue_effect(proposal: PriceProposal, *, by: str, now: datetime) -> Revaluation | None:
    """Ask a worker for the effect of a proposal; None when no call can be concerned."""
    card = placed(RateCard.from_json(proposal.card))
    found = reach(card)
    if not found.calls:
        return None
    return queue_revaluation(
        parts=[Revaluation.PRICE], scope=found.scope, now=now, by=by, proposal=proposal
    )


def effect_of(proposal: PriceProposal) -> Revaluation | None:
    """Give the newest answer about a proposal, made or under way."""
    return proposal.effects.order_by("-pk").first()


def book_for(job: Revaluation) -> PriceBook:
    """Give the price book that a run goes by."""
    if job.proposal is None:
        return PriceBook()
    return PriceBook(what_if=placed(RateCard.from_json(job.proposal.card)))


def _applies(book: PriceBook, card: RateCard, row: ModelInUse) -> bool:
    quote = book.quote(row.provider, row.model, card.region or None, card.processing)
    return any(found.price_id == WHAT_IF for found in quote.cards)


def _filters(rows: Sequence[ModelInUse]) -> dict[str, list[str]]:
    providers = sorted({row.provider for row in rows})
    models = sorted({row.model for row in rows})
    if not rows or len(models) > _MOST_NAMES:
        return {}
    return {"provider": providers, "model": models}


def _day(instant: datetime | None, zone: ZoneInfo) -> date | None:
    return instant.astimezone(zone).date() if instant else None


def _day_after(instant: datetime | None, zone: ZoneInfo) -> date | None:
    """Give the day after the last one that a period touches."""
    last = _day(instant - timedelta(microseconds=1), zone) if instant else None
    return last + timedelta(days=1) if last else None
