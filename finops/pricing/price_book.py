"""The price book in memory: which card applies to a call, and what the call costs on it.

One ``PriceBook`` lives as long as one import, one revaluation or one worker's batch. It reads a
provider's cards and aliases when that provider first occurs, and settles every distinct
(provider, model, region, processing) once; after that a call is one look-up and a sum.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from django.db import connection
from psycopg.sql import SQL, Identifier

from finops.domain.usage import Processing, UsageRecord
from finops.models import ModelAlias, Price, Rate
from finops.pricing.calculate import (
    FREE,
    NO_PRICE,
    NO_RATE,
    NO_USAGE,
    UNKNOWN_MODEL,
    InexactRateError,
    RateLine,
    RateTable,
    UnpricedReason,
    cost_of,
    has_usage,
    rate_table,
)
from finops.pricing.cards import RateCard
from finops.pricing.model_names import spellings
from finops.pricing.providers import split_gateway

logger = logging.getLogger(__name__)

#: Sources of cards and aliases that begin so come from the seeded catalogue, not from people.
CATALOGUE_SOURCE: Final = "genai-prices "
#: Stands for the id of a card that is not in the book, and before every card that is.
WHAT_IF: Final = 2**63 - 1
#: Distinct keys kept before the book starts anew; a log with a model name per call stays small.
_MOST_KEYS: Final = 50_000

_Key = tuple[str, str, str | None, Processing]


class Valuation(msgspec.Struct, frozen=True, gc=False):
    """What a call costs: ``computed_cost`` in dollars and the card behind it, or why there is none.

    ``provider`` is canonical; ``model`` is the catalogue's name, or the given one when unknown.
    """

    provider: str
    model: str
    price_id: int | None
    computed_cost: Decimal | None
    unpriced_reason: UnpricedReason | None


class Card(NamedTuple):
    """A rate card made ready; the period is half-open, an open end is ``None``."""

    price_id: int
    region: str
    processing: str
    since: datetime | None
    until: datetime | None
    daily_from: time | None
    daily_to: time | None
    approved: bool
    rates: RateTable


class Quote(msgspec.Struct, frozen=True):
    """The cards that can apply to one key, those that come first in rank standing first.

    ``always`` is the first card when it is in force at every instant.
    """

    provider: str
    model: str
    known: bool
    cards: tuple[Card, ...]
    always: Card | None


class Alias(NamedTuple):
    """What a spelling stands for; ``priced_as`` is empty, or the provider whose cards apply."""

    rank: int
    model: str
    priced_as: str


class _Provider(NamedTuple):
    """One provider's part of the book: cards by lower-case model name, aliases by kind of match."""

    models: dict[str, str]
    cards: dict[str, list[Card]]
    exact: dict[str, Alias]
    patterns: list[tuple[Alias, Callable[[str], object]]]


class PriceBook:
    """Values calls by the dated cards in the database; reads only, and only what it needs.

    With ``what_if`` it answers as if that card had been put into the book just now.
    """

    def __init__(self, what_if: RateCard | None = None) -> None:
        self._what_if = what_if
        self._quotes: dict[_Key, Quote] = {}
        self._providers: dict[str, _Provider] = {}
        self._version: tuple[int, ...] | None = None

    def value(self, record: UsageRecord) -> Valuation:
        """Return what the call costs by list price, exactly, or the reason why nobody can say."""
        key = (record.provider, record.model, record.region, record.processing)
        quote = self._quotes.get(key) or self._settle(key)
        if record.status == "cached":  # answered by a gateway: the provider never saw it
            return Valuation(quote.provider, quote.model, None, FREE, None)
        if record.input_tokens is None and not has_usage(record):
            return Valuation(quote.provider, quote.model, None, None, NO_USAGE)
        card = quote.always or card_in_force(quote.cards, record.started_at)
        if card is None:
            reason: UnpricedReason = NO_PRICE if quote.known else UNKNOWN_MODEL
            return Valuation(quote.provider, quote.model, None, None, reason)
        cost = cost_of(card.rates, record)
        return Valuation(
            quote.provider, quote.model, card.price_id, cost, NO_RATE if cost is None else None
        )

    def quote(
        self,
        provider: str,
        model: str,
        region: str | None = None,
        processing: Processing = "standard",
    ) -> Quote:
        """Return the catalogue's name for a model and the cards that can apply to it, best first.

        ``known`` is false when neither an alias nor a card has the name in any known spelling.
        """
        key: _Key = (provider, model, region, processing)
        return self._quotes.get(key) or self._settle(key)

    def refresh(self) -> bool:
        """Forget everything when the price book has changed since; tell whether it has."""
        changed = self._version is not None and self._version != self.version()
        if changed:
            self._quotes.clear()
            self._providers.clear()
            self._version = None
        return changed

    @staticmethod
    def version() -> tuple[int, ...]:
        """Fingerprint the price book: changes with every committed insert, update and delete."""
        # Row versions are summed, not maximised: a long transaction may commit a lower one late.
        parts = SQL(", ").join(
            SQL(
                "(SELECT count(*) FROM {0}), (SELECT coalesce(sum(xmin::text::bigint), 0) FROM {0})"
            ).format(Identifier(model._meta.db_table))
            for model in (Price, Rate, ModelAlias)
        )
        with connection.cursor() as cursor:
            cursor.execute(SQL("SELECT {}").format(parts))
            return tuple(int(figure) for figure in cursor.fetchone() or ())

    def _settle(self, key: _Key) -> Quote:
        if len(self._quotes) >= _MOST_KEYS:
            self._quotes.clear()
        provider, given = split_gateway(key[0], key[1])
        region, processing = (key[2] or "").strip().lower(), key[3]
        alias = self._resolve(provider, given)
        quote = _quote(provider, given, alias, self._cards(provider, alias, region, processing))
        self._quotes[key] = quote
        return quote

    def _resolve(self, provider: str, given: str) -> Alias | None:
        book = self._provider(provider)
        return next((found for name in spellings(given) if (found := _match(book, name))), None)

    def _cards(
        self, provider: str, alias: Alias | None, region: str, processing: str
    ) -> tuple[Card, ...]:
        """Order: the exact region first, the provider's own, people's before the catalogue's."""
        if alias is None:
            return ()
        ranked = [
            ((card.region == region, owner == provider, card.approved, card.price_id), card)
            for owner in {provider, alias.priced_as or provider}
            for card in self._provider(owner).cards.get(alias.model.lower(), ())
            if card.processing == processing and card.region in ("", region)
        ]
        return tuple(card for _, card in sorted(ranked, key=lambda pair: pair[0], reverse=True))

    def _provider(self, provider: str) -> _Provider:
        if (book := self._providers.get(provider)) is None:
            if self._version is None:  # before reading, so that a change in between is noticed
                self._version = self.version()
            book = self._providers[provider] = _load(provider, self._what_if)
        return book


def card_in_force(cards: Iterable[Card], at: datetime) -> Card | None:
    """Return the first of the cards whose period, and hours of the day in UTC, hold the instant."""
    for card in cards:
        if (card.since is None or card.since <= at) and (card.until is None or at < card.until):
            if card.daily_from is None or card.daily_to is None:
                return card
            if in_hours(card.daily_from, card.daily_to, at.astimezone(UTC).time()):
                return card
    return None


def in_hours(start: time, end: time, moment: time) -> bool:
    """Tell whether a time of day lies in [start, end), which may wrap midnight."""
    if end < start:
        return moment >= start or moment < end
    return start <= moment < end


def _quote(provider: str, given: str, alias: Alias | None, cards: tuple[Card, ...]) -> Quote:
    first = cards[0] if cards else None
    bounds = (first.since, first.until, first.daily_from, first.daily_to) if first else ()
    always = first if all(bound is None for bound in bounds) else None
    return Quote(provider, alias.model if alias else given, alias is not None, cards, always)


def _match(book: _Provider, name: str) -> Alias | None:
    """Match one spelling: the lowest rank wins, and a catalogue name as such needs no alias."""
    exact = book.exact.get(name)
    for alias, matches in book.patterns:
        if exact and exact.rank <= alias.rank:
            break
        if matches(name):
            return alias
    if exact is None and name in book.models:
        return Alias(0, book.models[name], "")
    return exact


def _load(provider: str, what_if: RateCard | None) -> _Provider:
    cards = _load_cards(provider)
    if what_if and what_if.provider == provider:
        cards.append((what_if.model, _unsaved(what_if)))
    exact, patterns = _load_aliases(provider)
    by_name: dict[str, list[Card]] = {}
    for model, card in cards:
        by_name.setdefault(model.lower(), []).append(card)
    return _Provider({model.lower(): model for model, _ in cards}, by_name, exact, patterns)


def _load_cards(provider: str) -> list[tuple[str, Card]]:
    lines = _load_lines(provider)
    return [
        (
            price.model,
            Card(
                price_id=price.pk,
                region=price.region.strip().lower(),
                processing=price.processing,
                since=price.effective_from,
                until=price.effective_to,
                daily_from=price.daily_from,
                daily_to=price.daily_to,
                approved=bool(price.approved_by) or not price.source.startswith(CATALOGUE_SOURCE),
                rates=_table(price.pk, lines[price.pk]),
            ),
        )
        for price in Price.objects.filter(provider=provider)
    ]


def _unsaved(card: RateCard) -> Card:
    return Card(
        price_id=WHAT_IF,
        region=card.region,
        processing=card.processing,
        since=card.since,
        until=card.until,
        daily_from=None,
        daily_to=None,
        approved=True,
        rates=rate_table(card.lines),
    )


def _load_lines(provider: str) -> defaultdict[int, list[RateLine]]:
    lines: defaultdict[int, list[RateLine]] = defaultdict(list)
    rows = Rate.objects.filter(price__provider=provider).values_list(
        "price_id", "kind", "above_input_tokens", "amount", "per"
    )
    for price_id, kind, above, amount, per in rows:
        lines[price_id].append(RateLine(kind, above, amount, per))
    return lines


def _table(price_id: int, lines: list[RateLine]) -> RateTable:
    try:
        return rate_table(lines)
    except InexactRateError:
        # Neither an older card nor a part of this one may stand in for it, and one bad card must
        # not stop every import: without any line its calls are unpriced and say so.
        logger.exception("price %s cannot be charged exactly; its calls stay unpriced", price_id)
        return rate_table(())


def _load_aliases(
    provider: str,
) -> tuple[dict[str, Alias], list[tuple[Alias, Callable[[str], object]]]]:
    exact: dict[str, Alias] = {}
    patterns: list[tuple[Alias, Callable[[str], object]]] = []
    rows = ModelAlias.objects.filter(provider=provider).order_by("rank", "id")
    for match, pattern, rank, *target in rows.values_list(
        "match", "pattern", "rank", "model", "priced_as"
    ):
        if match == ModelAlias.EQUALS:
            exact.setdefault(pattern.lower(), Alias(rank, *target))
        elif matcher := _matcher(match, pattern):
            patterns.append((Alias(rank, *target), matcher))
    return exact, patterns


def _matcher(match: str, pattern: str) -> Callable[[str], object] | None:
    if match == ModelAlias.REGEX:
        return _regex(pattern)  # not lower-cased: that would turn \D into \d
    pattern = pattern.lower()
    ways: dict[str, Callable[[str], object]] = {
        ModelAlias.STARTS_WITH: lambda name: name.startswith(pattern),
        ModelAlias.ENDS_WITH: lambda name: name.endswith(pattern),
        ModelAlias.CONTAINS: lambda name: pattern in name,
    }
    return ways.get(match)


def _regex(pattern: str) -> Callable[[str], object] | None:
    try:
        return re.compile(pattern).search
    except re.error:
        logger.exception("alias pattern %r is no regular expression and matches nothing", pattern)
        return None
