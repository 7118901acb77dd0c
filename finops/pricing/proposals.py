"""How a price comes into the book: somebody proposes a card, finance approves or declines it.

The book only grows. A new card goes before older ones where they overlap, so it ends the price
that was in force at its date; it lasts until the next price that people have entered. A correction
is a card from the same date. Calls keep the price they carry until they are priced again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet
from msgspec import structs

from finops.models import Price, PriceProposal
from finops.pricing.cards import CardRefused, RateCard
from finops.pricing.price_book import CATALOGUE_SOURCE, PriceBook
from finops.pricing.providers import split_gateway
from finops.pricing.timeline import spans_in_force

#: One person at a time changes the book; any number, but the same in every process.
_BOOK_LOCK: Final = 7_316_402_112
#: Cards of one model that are looked at; no price list changes a thousand times.
_MOST_CARDS: Final = 1_000


class ProposalRefused(ValueError):
    """The decision cannot be made (any more); the message says why."""


def catalogue_names(provider: str, model: str) -> tuple[str, str]:
    """Give the names under which the book keeps a model's prices, for names as people type them.

    An unknown model keeps its name. One that is priced by another provider's list keeps its own
    provider: a card of its own then goes before the borrowed ones.
    """
    canonical, given = split_gateway(provider, model)
    quote = PriceBook().quote(canonical, given)
    return quote.provider, quote.model


def propose(card: RateCard, *, reason: str, by: str, now: datetime) -> PriceProposal:
    """Write a card down for finance to decide on. Raises CardRefused for one that cannot be."""
    card.check()
    if not reason.strip():
        raise CardRefused("Say why: where the price comes from.")
    return PriceProposal.objects.create(
        card=card.as_json(), reason=reason.strip(), proposed_by=by, proposed_at=now
    )


def placed(card: RateCard) -> RateCard:
    """Give the card with the end it gets: the next price that people have entered, if sooner.

    So a price for the past leaves the later ones alone.
    """
    later = [
        price.effective_from
        for price in _entered(card)
        if price.effective_from and (card.since is None or price.effective_from > card.since)
    ]
    ends = [end for end in (*later, card.until) if end]
    return structs.replace(card, until=min(ends, default=None))


def waiting_for(provider: str, model: str) -> QuerySet[PriceProposal]:
    """Find the undecided proposals for a model, under the catalogue's names."""
    return PriceProposal.objects.filter(
        state=PriceProposal.WAITING, card__provider=provider, card__model=model
    ).order_by("-pk")


def newest_price(card: RateCard) -> int:
    """Name the last price entered for the same model, region and mode: 0 when there is none."""
    return max((price.pk for price in _same_key(card)), default=0)


def entered_since(card: RateCard, instant: datetime) -> bool:
    """Tell whether a price for the same model, region and mode was entered after an instant."""
    return any(price.created_at > instant for price in _same_key(card))


def approve(proposal: PriceProposal, *, by: str, now: datetime, seen: int, note: str = "") -> Price:
    """Put a proposed card into the book, in one transaction with the record of who decided.

    ``seen`` is ``newest_price`` as the decider saw it. Raises ProposalRefused when the proposal has
    been decided, or another price has been entered for the model meanwhile.
    """
    with transaction.atomic():
        lock_book()
        held = _undecided(proposal)
        card = RateCard.from_json(held.card)
        card.check()
        if newest_price(card) != seen:
            raise ProposalRefused(_overtaken(card))
        price = placed(card).save(approved_by=by, note=held.reason, now=now)
        _decide(held, PriceProposal.APPROVED, by=by, now=now, note=note, price=price)
    proposal.refresh_from_db()
    return price


def decline(proposal: PriceProposal, *, by: str, now: datetime, note: str) -> None:
    """Leave a proposed card out of the book, on record. Raises ProposalRefused as ``approve``."""
    with transaction.atomic():
        held = _undecided(proposal)
        _decide(held, PriceProposal.DECLINED, by=by, now=now, note=note)
    proposal.refresh_from_db()


def lock_book() -> None:
    """Wait for whoever is changing the book, until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_BOOK_LOCK])


def _undecided(proposal: PriceProposal) -> PriceProposal:
    held = PriceProposal.objects.select_for_update().get(pk=proposal.pk)
    if held.state != PriceProposal.WAITING:
        when = f"{held.decided_at:%Y-%m-%d %H:%M} UTC"
        raise ProposalRefused(f"{held.decided_by} {held.state} this on {when}.")
    return held


def _decide(
    held: PriceProposal,
    state: str,
    *,
    by: str,
    now: datetime,
    note: str,
    price: Price | None = None,
) -> None:
    held.state, held.decided_by, held.decided_at = state, by, now
    held.decision_note, held.price = note, price
    held.save(update_fields=["state", "decided_by", "decided_at", "decision_note", "price"])


def _overtaken(card: RateCard) -> str:
    newest = Price.objects.get(pk=newest_price(card))
    return (
        f"{newest.approved_by} entered another price for this model"
        f" on {newest.created_at:%Y-%m-%d %H:%M} UTC. Look at the dates again, then decide."
    )


def _same_key(card: RateCard) -> Sequence[Price]:
    """Find the prices that people have entered for the same model, region and mode."""
    return list(
        Price.objects.filter(
            provider=card.provider,
            model__iexact=card.model,
            region__iexact=card.region,
            processing=card.processing,
        )
        .exclude(source__startswith=CATALOGUE_SOURCE, approved_by="")
        .order_by("pk")[:_MOST_CARDS]
    )


def _entered(card: RateCard) -> list[Price]:
    """Keep of those the ones that are still in force at some time."""
    quote = PriceBook().quote(card.provider, card.model, card.region or None, card.processing)
    spans = spans_in_force([c for c in quote.cards if c.region == card.region])
    return [price for price in _same_key(card) if spans.get(price.pk)]
