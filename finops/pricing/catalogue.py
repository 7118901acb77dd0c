"""The genai-prices package's data, converted into rows of our price book; nothing is stored here.

Its classes are taken as they come (hence ``Any``): importing them would import the package.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final, NamedTuple

from finops.models import ModelAlias

#: The package's price keys that a usage record can carry: our kind, and units per amount.
#: In order: a later key wins where two name the same kind.
PRICE_KEYS: Final[dict[str, tuple[str, int]]] = {
    "input_mtok": ("input_tokens", 1_000_000),
    "cache_read_mtok": ("cache_read_tokens", 1_000_000),
    "cache_write_mtok": ("cache_write_tokens", 1_000_000),
    "cache_write_5m_mtok": ("cache_write_tokens", 1_000_000),
    "cache_write_1h_mtok": ("cache_write_1h_tokens", 1_000_000),
    "input_audio_mtok": ("input_audio_tokens", 1_000_000),
    "input_image_mtok": ("input_image_tokens", 1_000_000),
    "output_mtok": ("output_tokens", 1_000_000),
    "output_reasoning_mtok": ("reasoning_tokens", 1_000_000),
    "output_audio_mtok": ("output_audio_tokens", 1_000_000),
    "requests_kcount": ("requests", 1_000),
}

#: Request contexts that stand for one of our processing modes.
PROCESSING_CONTEXTS: Final[dict[tuple[str, str], str]] = {
    ("processing", "batch"): "batch",
    ("service_tier", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
}
# Not listed: ``default`` repeats the standard price and ``fast`` repeats ``priority`` (a test holds
# the package to that); ``speed`` and ``search_type`` have no field in a usage record.
#: Context keys whose value says where a call is served.
REGION_CONTEXTS: Final = frozenset({"route", "region", "inference_geo"})

#: Endings of names that are free by definition. A model without any price may be free as well or
#: merely unlisted; only these names say which.
FREE_NAMES: Final = (":free",)

_STANDARD: Final = ("", "standard")

#: kind, above_input_tokens, amount, per
Line = tuple[str, int, Decimal, int]
#: provider, model, region, processing
CardKey = tuple[str, str, str, str]
#: provider, match, pattern, model, priced_as
AliasRow = tuple[str, str, str, str, str]


class CardRow(NamedTuple):
    """One card's content, comparable; periods and hours are half-open and in UTC."""

    effective_from: datetime | None
    effective_to: datetime | None
    daily_from: time | None
    daily_to: time | None
    lines: tuple[Line, ...]


Book = dict[CardKey, list[CardRow]]


def catalogue_cards(providers: Iterable[Any], left_out: Counter[str]) -> Book:
    """Convert the package's providers into cards by key; counts what it must leave out."""
    book: Book = {}
    for provider in providers:
        for model in provider.models:
            variants = _variants(model, left_out)
            for (region, processing), overlays in variants.items():
                cards = _cards(_conditional(model.prices), overlays, left_out)
                if not cards and (region, processing) == _STANDARD:
                    cards = _free_cards(model.id)
                if cards:
                    book[provider.id, model.id, region, processing] = cards
    return book


def _free_cards(name: str) -> list[CardRow]:
    if not name.endswith(FREE_NAMES):
        return []
    lines = tuple((kind, 0, Decimal(0), 1_000_000) for kind in ("input_tokens", "output_tokens"))
    return [CardRow(None, None, None, None, lines)]


def _conditional(prices: Any) -> list[Any]:
    """Give undated prices the shape of dated ones."""
    return prices if isinstance(prices, list) else [_Always(None, prices)]


class _Always(NamedTuple):
    constraint: None
    prices: Any


def _variants(model: Any, left_out: Counter[str]) -> dict[tuple[str, str], list[Any]]:
    """Group a model's variants by (region, processing); the standard card has no overlay."""
    groups: dict[tuple[str, str], list[Any]] = {_STANDARD: []}
    for variant in model.price_variants or ():
        where = _context(variant.when)
        if where is None or hasattr(variant.constraint, "start_time"):
            left_out["variant " + ", ".join(f"{k}={v}" for k, v in variant.when.items())] += 1
        else:
            groups.setdefault(where, []).append(variant)
    return groups


def _context(when: Mapping[str, str]) -> tuple[str, str] | None:
    """Return region and processing mode for a variant's condition, or None if it has another."""
    region, processing = _STANDARD
    for key, value in when.items():
        if key in REGION_CONTEXTS:
            region = value.lower()
        elif mode := PROCESSING_CONTEXTS.get((key, value)):
            processing = mode
        else:
            return None
    return region, processing


def _cards(
    conditional: Sequence[Any], overlays: Sequence[Any], left_out: Counter[str]
) -> list[CardRow]:
    """Lay out a key's cards in time; those that come later in the list outrank earlier ones."""
    cards: list[CardRow] = []
    starts = _starts([*conditional, *overlays])
    for since, until in zip(starts, [*starts[1:], None], strict=True):
        overlay = _overlay(overlays, since)
        if overlays and not overlay:
            continue  # no such variant yet: the standard price must not stand in for it
        for hours, prices in _in_force(conditional, since):
            if lines := _lines({**_given(prices), **overlay}, left_out):
                cards.append(CardRow(since, until, *hours, lines))
    return _joined(cards)


def _starts(conditions: Iterable[Any]) -> list[datetime | None]:
    days = {c.constraint.start_date for c in conditions if hasattr(c.constraint, "start_date")}
    return [None, *(datetime.combine(day, time(), UTC) for day in sorted(days))]


def _active(constraint: Any, since: datetime | None) -> bool:
    """Tell whether a dated condition holds throughout the period that begins at ``since``."""
    if constraint is None:
        return True
    return since is not None and since.date() >= constraint.start_date


def _in_force(
    conditional: Sequence[Any], since: datetime | None
) -> list[tuple[tuple[time | None, time | None], Any]]:
    """Return the prices of one period: the all-day one first, then those for hours of the day.

    The package tries its list last to first and takes the first entry when none is active.
    """
    hours: list[tuple[tuple[time | None, time | None], Any]] = []
    for entry in reversed(conditional):
        if hasattr(entry.constraint, "start_time"):
            hours.append((_utc_hours(entry.constraint), entry.prices))
        elif _active(entry.constraint, since):
            return [((None, None), entry.prices), *reversed(hours)]
    return [((None, None), conditional[0].prices), *reversed(hours)]


def _utc_hours(constraint: Any) -> tuple[time, time]:
    return _utc_time(constraint.start_time), _utc_time(constraint.end_time)


def _utc_time(moment: time) -> time:
    if moment.tzinfo is None:
        return moment
    return datetime.combine(date(1970, 1, 2), moment).astimezone(UTC).time()


def _overlay(overlays: Iterable[Any], since: datetime | None) -> dict[str, Any]:
    """Merge the variants active in a period; for each price key the first of them wins."""
    merged: dict[str, Any] = {}
    for variant in overlays:
        if _active(variant.constraint, since):
            merged = {**_given(variant.prices), **merged}
    return merged


def _given(prices: Any) -> dict[str, Any]:
    return {key: price for key, price in vars(prices).items() if price is not None}


def _lines(prices: Mapping[str, Any], left_out: Counter[str]) -> tuple[Line, ...]:
    lines: dict[tuple[str, int], Line] = {}
    for key, (kind, per) in PRICE_KEYS.items():
        if (price := prices.get(key)) is not None:
            for above, amount in _tiers(price):
                lines[kind, above] = (kind, above, amount, per)
    left_out.update(prices.keys() - PRICE_KEYS.keys())
    return tuple(sorted(lines.values()))


def _tiers(price: Any) -> Iterator[tuple[int, Decimal]]:
    if isinstance(price, Decimal):
        yield 0, price
        return
    yield 0, price.base
    for tier in price.tiers:
        yield tier.start, tier.price


def _joined(cards: Iterable[CardRow]) -> list[CardRow]:
    """Join neighbouring periods of equal content, which other modes' dates have cut apart."""
    joined: list[CardRow] = []
    for card in cards:
        before = joined[-1] if joined else None
        if before and before.effective_to == card.effective_from and before[2:] == card[2:]:
            joined[-1] = before._replace(effective_to=card.effective_to)
        else:
            joined.append(card)
    return joined


def catalogue_aliases(providers: Sequence[Any]) -> list[AliasRow]:
    """Convert match clauses into aliases, in the package's order: own models, then fallbacks."""
    own = {provider.id: list(_own_aliases(provider)) for provider in providers}
    aliases: dict[tuple[str, str, str], AliasRow] = {}
    for provider in providers:
        fallbacks = [name for name in provider.fallback_model_providers or () if name in own]
        for seller in (provider.id, *fallbacks):
            priced_as = "" if seller == provider.id else seller
            for match, pattern, model in own[seller]:
                alias = (provider.id, match, pattern, model, priced_as)
                aliases.setdefault(alias[:3], alias)  # an earlier one always wins the match
    return list(aliases.values())


def _own_aliases(provider: Any) -> Iterator[tuple[str, str, str]]:
    for model in provider.models:
        for clause in _alternatives(model.match):
            yield *_pattern(clause), model.id


def _alternatives(clause: Any) -> Iterator[Any]:
    if not hasattr(clause, "or_"):
        yield clause
        return
    for part in clause.or_:
        yield from _alternatives(part)


def _pattern(clause: Any) -> tuple[str, str]:
    """Return an alias's kind of match and its pattern; a conjunction becomes one expression."""
    for match in ModelAlias.MATCHES:
        if (pattern := getattr(clause, match, None)) is not None:
            return match, pattern if match == ModelAlias.REGEX else pattern.lower()
    return ModelAlias.REGEX, "^" + _lookahead(clause)


def _lookahead(clause: Any) -> str:
    """Express a clause as a condition on the whole text, seen from its start."""
    if parts := getattr(clause, "and_", None):
        return "".join(_lookahead(part) for part in parts)
    if parts := getattr(clause, "or_", None):
        return "(?:" + "|".join(_lookahead(part) for part in parts) + ")"
    match, pattern = _pattern(clause)
    literal = re.escape(pattern)
    return {
        ModelAlias.EQUALS: f"(?={literal}$)",
        ModelAlias.STARTS_WITH: f"(?={literal})",
        ModelAlias.ENDS_WITH: f"(?=.*{literal}$)",
        ModelAlias.CONTAINS: f"(?=.*{literal})",
        ModelAlias.REGEX: f"(?=.*?(?:{pattern}))",
    }[match]
