"""What a model has cost, costs and will cost: its cards in order of time, as they value calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, cast

from django.db.models import Q, QuerySet

from finops.domain.usage import Processing
from finops.models import Price, Rate
from finops.models.prices import RATE_KINDS
from finops.pricing.calculate import RateLine
from finops.pricing.cards import RateCard
from finops.pricing.price_book import Card, PriceBook, card_in_force
from finops.pricing.timeline import Span, spans_in_force

#: Cards of one model that are shown; the catalogue has at most a few dozen.
MOST_CARDS: Final = 500

IN_FORCE, COMING, ENDED, REPLACED = "in force", "coming", "ended", "replaced"


class Entry(NamedTuple):
    """A card, its lines, and the periods in which it is the one that charges."""

    price: Price
    lines: tuple[RateLine, ...]
    spans: tuple[Span, ...]
    state: str


class Variant(NamedTuple):
    """The cards of one region (empty: any) and processing mode, in order of time."""

    region: str
    processing: str
    entries: tuple[Entry, ...]


class History(NamedTuple):
    """A model under the catalogue's names; ``lender`` is another provider whose list it goes by."""

    provider: str
    model: str
    known: bool
    lender: str
    variants: tuple[Variant, ...]


def history(provider: str, model: str, *, now: datetime) -> History:
    """Tell a model's prices, its own and those that it goes by; empty for a model without any."""
    book = PriceBook()
    quote = book.quote(provider, model)
    keys = _keys(quote.provider, quote.model, lenders={card.price_id for card in quote.cards})
    ranked = {key: book.quote(provider, model, key[0] or None, key[1]).cards for key in keys}
    prices = Price.objects.in_bulk([card.price_id for cards in ranked.values() for card in cards])
    lines = lines_of(prices)
    variants = (
        Variant(*key, _entries([c for c in cards if c.region == key[0]], prices, lines, now))
        for key, cards in ranked.items()
    )
    lender = {price.provider for price in prices.values()} - {quote.provider}
    return History(
        quote.provider,
        quote.model,
        quote.known,
        min(lender, default=""),
        tuple(variant for variant in variants if variant.entries),
    )


def lines_of(price_ids: Iterable[int]) -> Mapping[int, tuple[RateLine, ...]]:
    """Read the lines of cards, ordered by kind as people read them, then by prompt size."""
    found: defaultdict[int, list[RateLine]] = defaultdict(list)
    rows = Rate.objects.filter(price_id__in=list(price_ids))
    for price_id, *line in rows.values_list(
        "price_id", "kind", "above_input_tokens", "amount", "per"
    ):
        found[price_id].append(RateLine(*line))
    order = {kind: place for place, kind in enumerate(RATE_KINDS)}
    return {
        price_id: tuple(sorted(lines, key=lambda line: (line.above_input_tokens, order[line.kind])))
        for price_id, lines in found.items()
    }


def current_price(book: PriceBook, provider: str, model: str, *, now: datetime) -> int | None:
    """Name the card that charges a plain call of a model now."""
    card = card_in_force(book.quote(provider, model).cards, now)
    return card.price_id if card else None


def price_at(card: RateCard, *, now: datetime) -> int | None:
    """Name the price in force when a proposed card begins, or now when it begins with the first."""
    quote = PriceBook().quote(card.provider, card.model, card.region or None, card.processing)
    found = card_in_force(quote.cards, card.since or now)
    return found.price_id if found else None


def search(words: str) -> QuerySet[Price]:
    """Find cards whose provider or model has every word; all of them for none. Newest first."""
    found = Price.objects.all()
    for word in words.split():
        found = found.filter(Q(provider__icontains=word) | Q(model__icontains=word))
    return found.order_by("provider", "model", "region", "processing", "-effective_from", "-pk")


def _keys(provider: str, model: str, *, lenders: set[int]) -> list[tuple[str, Processing]]:
    """Name the regions and modes that have cards, the plain one first."""
    own = Q(provider=provider, model__iexact=model)
    lent = Price.objects.filter(pk__in=lenders).values_list("provider", "model").distinct()
    for owner, name in lent:
        own |= Q(provider=owner, model=name)
    rows = Price.objects.filter(own).order_by("pk").values_list("region", "processing")
    keys = {(region.strip().lower(), cast(Processing, mode)) for region, mode in rows[:MOST_CARDS]}
    return sorted(keys, key=lambda key: (key[0], key[1] != "standard", key[1]))


def _entries(
    cards: Sequence[Card],
    prices: Mapping[int, Price],
    lines: Mapping[int, tuple[RateLine, ...]],
    now: datetime,
) -> tuple[Entry, ...]:
    spans = spans_in_force(cards)
    entries = [
        Entry(
            prices[card.price_id],
            lines.get(card.price_id, ()),
            tuple(spans[card.price_id]),
            _state(spans[card.price_id], now),
        )
        for card in cards
    ]
    return tuple(sorted(entries, key=_place, reverse=True))


def _place(entry: Entry) -> tuple[bool, bool, datetime, int]:
    since = entry.price.effective_from
    return bool(entry.spans), since is not None, since or entry.price.created_at, entry.price.pk


def _state(spans: Sequence[Span], now: datetime) -> str:
    if not spans:
        return REPLACED
    if any(span.holds(now) for span in spans):
        return IN_FORCE
    return COMING if any(span.since and span.since > now for span in spans) else ENDED
