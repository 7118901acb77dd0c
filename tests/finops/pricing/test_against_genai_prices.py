"""Our price book and arithmetic against the package that its prices come from, digit by digit.

Where the two differ, the difference must be one that the table at the end of this module
explains; an explanation that no case needs any more fails as stale.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data import providers as package_providers

from finops.domain.usage import INPUT_KINDS, OUTPUT_KINDS, Processing
from finops.pricing.calculate import NO_PRICE, NO_RATE
from finops.pricing.price_book import PriceBook, Valuation

from .calls import call

pytestmark = pytest.mark.django_db

CONTEXTS: Final[dict[Processing, dict[str, str] | None]] = {
    "standard": None,
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}
FEWEST_CASES: Final = 500
#: What the package asks for explicitly as soon as two kinds could overlap; ours never do.
NO_OVERLAPS: Final = {
    f"cache_{modality}_{way}_tokens": 0
    for modality in ("audio", "image", "video")
    for way in ("read", "write", "write_1h")
}


class Case(NamedTuple):
    """One call, as both sides price it; ``usage`` holds our disjoint kinds."""

    provider: str
    model: str
    at: datetime
    processing: Processing
    usage: dict[str, int]


def oracle(case: Case, provider: str | None = None, *, in_context: bool = True) -> Decimal:
    """Price a case with the package; whole prompt and whole output include their parts."""
    usage = case.usage
    whole = {
        **{key: count for key, count in usage.items() if key not in {"reasoning_tokens"}},
        **NO_OVERLAPS,
        "input_tokens": sum(usage.get(kind, 0) for kind in INPUT_KINDS),
        "cache_write_tokens": usage.get("cache_write_tokens", 0)
        + usage.get("cache_write_1h_tokens", 0),
        "output_tokens": sum(usage.get(kind, 0) for kind in OUTPUT_KINDS),
        "output_reasoning_tokens": usage.get("reasoning_tokens", 0),
    }
    return calc_price(
        Usage(**whole),
        case.model,
        provider_id=provider or case.provider,
        genai_request_timestamp=case.at,
        price_context=CONTEXTS[case.processing] if in_context else None,
    ).total_price


def cases() -> list[Case]:
    """Sample calls over all providers; seeded, so that a failure comes back."""
    rng = random.Random(20261120)
    models = [(p, m, name) for p in package_providers for m in p.models if (name := _name(p, m))]
    drawn = [
        *_everywhere(rng, models),
        *_around_dates(rng, models),
        *_around_hours(rng, models),
        *_around_tiers(rng, models),
        *_in_other_modes(rng, models),
        *_through_fallbacks(rng, models),
    ]
    return list({repr(case): case for case in drawn}.values())


def _name(provider: Any, model: Any) -> str | None:
    """Return a spelling by which the package itself finds the model."""
    texts = [model.id, *(str(text) for text in _texts(model.match))]
    return next((text for text in texts if provider.find_model(text) is model), None)


def _texts(clause: Any) -> Iterator[str]:
    for value in vars(clause).values():
        if isinstance(value, list):
            for part in value:
                yield from _texts(part)
        else:
            yield value


def _usage(rng: random.Random, prompt: int | None = None) -> dict[str, int]:
    """Draw kinds and counts; ``prompt`` fixes the size of the whole prompt."""
    kinds = [kind for kind in INPUT_KINDS[1:] if rng.random() < 0.25]
    usage = {kind: rng.randrange(1, 9_000) for kind in kinds}
    if rng.random() < 0.25:
        usage["reasoning_tokens"] = rng.randrange(1, 5_000)
    if rng.random() < 0.1:
        usage["output_audio_tokens"] = rng.randrange(1, 5_000)
    if rng.random() < 0.9:
        usage["output_tokens"] = rng.randrange(0, 20_000)
    rest = rng.choice([0, 1, rng.randrange(300_000)]) if prompt is None else prompt
    usage["input_tokens"] = (
        rest if prompt is None else max(0, prompt - sum(usage[k] for k in kinds))
    )
    return usage


def _instant(rng: random.Random) -> datetime:
    return datetime(2024, 6, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(3 * 365 * 86_400))


def _everywhere(rng: random.Random, models: list[Any]) -> Iterator[Case]:
    by_provider: dict[str, list[Any]] = {}
    for provider, _, name in models:
        by_provider.setdefault(provider.id, []).append(name)
    for provider, names in by_provider.items():
        for name in rng.choices(names, k=14):
            yield Case(provider, name, _instant(rng), "standard", _usage(rng))


def _around_dates(rng: random.Random, models: list[Any]) -> Iterator[Case]:
    dated = [(p.id, name, day) for p, m, name in models for day in _days(m)]
    for provider, name, day in rng.sample(dated, 120):
        midnight = datetime.combine(day, time(), UTC)
        for shift in (timedelta(microseconds=-1), timedelta(0), timedelta(days=1)):
            yield Case(provider, name, midnight + shift, "standard", _usage(rng))


def _days(model: Any) -> list[Any]:
    return [entry.constraint.start_date for entry in _conditions(model, "start_date")]


def _conditions(model: Any, field: str) -> list[Any]:
    entries = [
        *(model.prices if isinstance(model.prices, list) else ()),
        *(model.price_variants or ()),
    ]
    return [entry for entry in entries if hasattr(entry.constraint, field)]


def _around_hours(rng: random.Random, models: list[Any]) -> Iterator[Case]:
    for provider, model, name in models:
        for entry in _conditions(model, "start_time"):
            for edge in (entry.constraint.start_time, entry.constraint.end_time):
                moment = datetime.combine(_instant(rng).date(), edge)
                for shift in (-1, 0, 1, 3600):
                    at = moment + timedelta(seconds=shift)
                    yield Case(provider.id, name, at, "standard", _usage(rng))


def _around_tiers(rng: random.Random, models: list[Any]) -> Iterator[Case]:
    tiered = [(p.id, name, n) for p, m, name in models for n in _thresholds(m)]
    for provider, name, threshold in rng.sample(tiered, min(80, len(tiered))):
        for prompt in (threshold - 1, threshold, threshold + 1):
            at = datetime(2026, 11, 20, rng.randrange(24), tzinfo=UTC)
            yield Case(provider, name, at, "standard", _usage(rng, prompt))


def _thresholds(model: Any) -> set[int]:
    cards = [e.prices for e in model.prices] if isinstance(model.prices, list) else [model.prices]
    prices = [price for card in cards for price in vars(card).values()]
    return {tier.start for price in prices for tier in getattr(price, "tiers", ())}


def _in_other_modes(rng: random.Random, models: list[Any]) -> Iterator[Case]:
    special = [(p, m, name) for p, m, name in models if m.price_variants]
    for provider, model, name in [*special, *rng.sample(models, 60)]:
        for mode in ("batch", "flex", "priority"):
            days = [datetime.combine(day, time(), UTC) for day in _days(model)]
            at = rng.choice([*days, _instant(rng), datetime(2026, 11, 20, tzinfo=UTC)])
            yield Case(provider.id, name, at, mode, _usage(rng))


def _through_fallbacks(rng: random.Random, models: list[Any]) -> Iterator[Case]:
    lenders = {p.id: p.fallback_model_providers or () for p in package_providers}
    for borrower, names in lenders.items():
        lent = [(p, name) for p, _, name in models if p.id in names]
        for _, name in rng.sample(lent, min(80, len(lent))):
            at = datetime(2026, 11, 20, rng.randrange(24), tzinfo=UTC)
            yield Case(borrower, name, at, rng.choice(list(CONTEXTS)), _usage(rng))


def test_equal_to_the_last_digit_or_explained(book: PriceBook) -> None:
    drawn = cases()
    outcomes = Counter(_compare(book, case) for case in drawn)
    print(f"{len(drawn)} cases: {dict(outcomes)}")
    assert len({case.provider for case in drawn}) == len(package_providers)
    assert outcomes["equal"] >= FEWEST_CASES
    assert set(outcomes) == {"equal", *EXPLAINED}, "a stale explanation, or an unexplained case"


def _compare(book: PriceBook, case: Case) -> str:
    ours = book.value(
        call(case.provider, case.model, case.at, processing=case.processing, **case.usage)
    )
    theirs = oracle(case)
    if ours.computed_cost == theirs:
        return "equal"
    reasons = [name for name, (applies, _) in EXPLAINED.items() if applies(case, ours, theirs)]
    assert len(reasons) == 1, f"{case}: ours {ours}, theirs {theirs}, explained by {reasons}"
    return reasons[0]


def _mode_without_price(case: Case, ours: Valuation, theirs: Decimal) -> bool:
    return (
        ours.unpriced_reason == NO_PRICE
        and case.processing != "standard"
        and theirs == oracle(case, in_context=False)
    )


def _mode_of_lender(case: Case, ours: Valuation, theirs: Decimal) -> bool:
    lenders = next(p for p in package_providers if p.id == case.provider).fallback_model_providers
    return (
        ours.computed_cost is not None
        and case.processing != "standard"
        and theirs == oracle(case, in_context=False)
        and any(ours.computed_cost == _or_none(case, lender) for lender in lenders or ())
    )


def _or_none(case: Case, provider: str) -> Decimal | None:
    try:
        return oracle(case, provider)
    except LookupError:
        return None


def _nothing_listed(case: Case, ours: Valuation, theirs: Decimal) -> bool:
    return ours.unpriced_reason == NO_PRICE and case.processing == "standard" and theirs == 0


def _kind_without_rate(case: Case, ours: Valuation, theirs: Decimal) -> bool:
    if ours.unpriced_reason != NO_RATE:
        return False
    one_sided = [
        case._replace(usage={kind: n for kind, n in case.usage.items() if kind in side})
        for side in (INPUT_KINDS, OUTPUT_KINDS)
    ]
    return any(sum(half.usage.values()) > 0 and oracle(half) == 0 for half in one_sided)


Explanation = tuple[Callable[[Case, Valuation, Decimal], bool], str]
EXPLAINED: Final[dict[str, Explanation]] = {
    "mode without a price": (
        _mode_without_price,
        "The package silently charges the standard price for batch, flex and priority where it "
        "knows none; we leave the call unpriced.",
    ),
    "mode of the lender": (
        _mode_of_lender,
        "Through a fallback provider the package drops the processing mode and charges the "
        "standard price; we charge the price list that the alias names, in the call's mode.",
    ),
    "nothing listed": (
        _nothing_listed,
        "A model without any token price costs $0 in the package; with us it has no price.",
    ),
    "kind without a rate": (
        _kind_without_rate,
        "Tokens of a kind that the card has no line for are $0 in the package (outputs of an "
        "embedding model, say); with us the call has no rate.",
    ),
}
