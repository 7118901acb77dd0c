"""Which card applies to a call: golden numbers, precedence, and the reasons for none."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finops.models import ModelAlias, Price, Rate
from finops.pricing.price_book import CATALOGUE_SOURCE, PriceBook

from .calls import LATE_2026, call

pytestmark = pytest.mark.django_db

MILLION = 1_000_000


def add_card(amount: str | None, **fields: Any) -> Price:
    """Write a card with one input line, by default as finance would for a model of its own."""
    card = Price.objects.create(
        **{"provider": "acme", "model": "house-1", "source": "me", **fields}
    )
    if amount is not None:
        Rate.objects.create(price=card, kind="input_tokens", amount=Decimal(amount))
    return card


def cost(book: PriceBook, provider: str, model: str, **fields: Any) -> Decimal | None:
    return book.value(call(provider, model, **fields)).computed_cost


def reason(book: PriceBook, provider: str, model: str, **fields: Any) -> str | None:
    return book.value(call(provider, model, **fields)).unpriced_reason


GOLDEN = [
    ("gpt-4o, 800 of 1,000 cached", "openai", "gpt-4o", (200, 800, 0, 0, 500), "0.0065"),
    ("sonnet, cached", "anthropic", "claude-sonnet-4-5", (1000, 7000, 2000, 0, 500), "0.0201"),
    ("sonnet, 1 h", "anthropic", "claude-sonnet-4-5", (1000, 7000, 500, 1500, 500), "0.023475"),
    ("gemini at the tier", "google", "gemini-2.5-pro", (200_000, 0, 0, 0, 500), "0.255"),
    ("gemini above it", "google", "gemini-2.5-pro", (200_001, 0, 0, 0, 500), "0.5075025"),
]


@pytest.mark.parametrize(
    ("provider", "model", "counts", "dollars"), [g[1:] for g in GOLDEN], ids=[g[0] for g in GOLDEN]
)
def test_golden_numbers(
    book: PriceBook, provider: str, model: str, counts: tuple[int, ...], dollars: str
) -> None:
    kinds = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
    usage = dict(zip((*kinds, "output_tokens"), counts, strict=True))
    assert cost(book, provider, model, **usage) == Decimal(dollars)


@pytest.mark.parametrize(
    ("at", "dollars"),
    [
        (datetime(2025, 6, 9, tzinfo=UTC), 50),
        (datetime(2025, 6, 9, 23, 59, 59, 999_999, tzinfo=UTC), 50),
        (datetime(2025, 6, 10, tzinfo=UTC), 10),
    ],
)
def test_a_price_change_takes_effect_at_midnight_utc(
    book: PriceBook, at: datetime, dollars: int
) -> None:
    usage = {"input_tokens": MILLION, "output_tokens": MILLION}
    assert cost(book, "openai", "o3", at=at, **usage) == dollars


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5"), ("google", "gemini-2.5-flash")],
)
def test_batch_costs_half(book: PriceBook, provider: str, model: str) -> None:
    usage = {"input_tokens": 1000, "output_tokens": 500}
    full = cost(book, provider, model, **usage)
    half = cost(book, provider, model, processing="batch", **usage)
    assert full is not None
    assert half == full / 2


def test_a_mode_without_a_price_is_never_the_standard_price(book: PriceBook) -> None:
    bedrock = ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    assert cost(book, *bedrock, input_tokens=MILLION) == Decimal("3.3")
    assert reason(book, *bedrock, input_tokens=MILLION, processing="batch") == "no_price"


def test_azure_is_priced_by_openais_list_and_says_so(book: PriceBook) -> None:
    value = book.value(call("azure.ai.openai", "gpt-4o", input_tokens=MILLION))
    assert (value.provider, value.model, value.computed_cost) == ("azure", "gpt-4o", Decimal("2.5"))
    assert value.price_id is not None
    assert Price.objects.get(pk=value.price_id).provider == "openai"


def test_global_and_regional_bedrock_profiles_differ(book: PriceBook) -> None:
    def per_million(name: str) -> Decimal | None:
        return cost(book, "aws.bedrock", name, input_tokens=MILLION)

    name = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    assert per_million(f"global.{name}") == 3
    assert per_million(f"us.{name}") == per_million(name) == Decimal("3.3")


def test_price_by_the_hour_of_the_day(book: PriceBook) -> None:
    def at(hour: int, minute: int) -> Decimal | None:
        moment = datetime(2026, 11, 20, hour, minute, tzinfo=UTC)
        return cost(book, "deepseek", "deepseek-chat", at=moment, input_tokens=MILLION)

    assert [at(0, 29), at(0, 30), at(16, 29), at(16, 30)] == [
        Decimal("0.135"),
        Decimal("0.27"),
        Decimal("0.27"),
        Decimal("0.135"),
    ]


@pytest.mark.parametrize(
    ("provider", "model", "fields", "why"),
    [
        ("openai", "gpt-4o", {}, "no_usage"),
        ("openai", "gpt-4o", {"status": "error"}, "no_usage"),
        ("openai", "no-such-model", {}, "no_usage"),
        ("openai", "no-such-model", {"input_tokens": 1}, "unknown_model"),
        ("openai", "no-such-model", {"input_tokens": 0}, "unknown_model"),
        ("nobody", "gpt-4o", {"input_tokens": 1}, "unknown_model"),
        ("groq", "canopylabs/orpheus-v1-english", {"input_tokens": 1}, "no_price"),
        ("openai", "text-embedding-3-small", {"output_tokens": 1}, "no_rate"),
    ],
)
def test_why_a_call_has_no_cost(
    book: PriceBook, provider: str, model: str, fields: dict[str, Any], why: str
) -> None:
    value = book.value(call(provider, model, **fields))
    assert (value.computed_cost, value.unpriced_reason) == (None, why)


def test_an_unknown_model_keeps_its_given_name_and_canonical_provider(book: PriceBook) -> None:
    value = book.value(call("Azure_AI", "My-Deployment", input_tokens=1))
    assert (value.provider, value.model, value.price_id) == ("azure", "My-Deployment", None)


def test_an_answer_from_a_gateways_cache_is_free_and_needs_no_price(book: PriceBook) -> None:
    value = book.value(call("openai", "no-such-model", status="cached", input_tokens=9))
    assert (str(value.computed_cost), value.unpriced_reason) == ("0", None)


def test_failed_calls_with_usage_cost_like_others(book: PriceBook) -> None:
    for status in ("error", "timeout", "cancelled"):
        assert cost(book, "openai", "gpt-4o", status=status, input_tokens=MILLION) == Decimal("2.5")


def test_free_by_name_is_zero_but_without_a_price_is_unpriced(book: PriceBook) -> None:
    assert cost(book, "azure", "mai-ds-r1:free", input_tokens=9, output_tokens=9) == 0
    assert reason(book, "google", "gemma-3", input_tokens=9) == "no_price"


def test_an_explicit_zero_is_priced(book: PriceBook) -> None:
    value = book.value(call("openai", "gpt-4o", input_tokens=0))
    assert (str(value.computed_cost), value.unpriced_reason) == ("0", None)
    assert value.price_id is not None


@pytest.mark.parametrize(
    ("provider", "given", "catalogue"),
    [
        ("anthropic", "anthropic/claude-sonnet-4-5", "claude-sonnet-4-5"),
        ("litellm", "anthropic/claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("openai", "GPT-4o-2024-08-06", "gpt-4o"),
        ("openai", "openai/gpt-5.2-20251211", "gpt-5.2"),
        ("gcp.gemini", "models/gemini-2.5-pro", "gemini-2.5-pro"),
        (
            "vertex_ai",
            "projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro",
            "gemini-2.5-pro",
        ),
        ("fireworks_ai", "fireworks_ai/accounts/fireworks/models/deepseek-v3p2", "deepseek-v3p2"),
        ("openrouter", "openrouter/openai/gpt-4o", "openai/gpt-4o"),
        ("bedrock", "bedrock/us-east-1/amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
        (
            "bedrock",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0",
            "amazon.nova-pro-v1:0",
        ),
    ],
)
def test_spellings_in_the_wild(book: PriceBook, provider: str, given: str, catalogue: str) -> None:
    value = book.value(call(provider, given, input_tokens=1))
    assert (value.model, value.unpriced_reason) == (catalogue, None)


def test_every_catalogue_name_is_its_own_spelling(book: PriceBook) -> None:
    for provider, model in Price.objects.values_list("provider", "model").distinct():
        assert book.quote(provider, model).model == model


def test_peoples_cards_outrank_the_catalogues(seeded: None) -> None:
    add_card("1", provider="openai", model="gpt-4o", effective_from=LATE_2026)
    add_card("9", provider="openai", model="gpt-4o", source=CATALOGUE_SOURCE + "99")
    book = PriceBook()
    before = LATE_2026 - timedelta(microseconds=1)
    assert cost(book, "openai", "gpt-4o", input_tokens=MILLION) == 1
    assert cost(book, "openai", "gpt-4o", at=before, input_tokens=MILLION) == 9


def test_a_resellers_own_card_outranks_the_lenders(seeded: None) -> None:
    add_card("2.75", provider="azure", model="gpt-4o")
    add_card("9", provider="openai", model="gpt-4o")
    assert cost(PriceBook(), "azure", "gpt-4o", input_tokens=MILLION) == Decimal("2.75")


def test_the_newest_card_wins_and_periods_are_half_open() -> None:
    add_card("1")
    add_card("2", effective_from=LATE_2026, effective_to=LATE_2026 + timedelta(days=1))
    book = PriceBook()
    hours = (timedelta(microseconds=-1), timedelta(0), timedelta(days=1))
    given = [cost(book, "acme", "HOUSE-1", at=LATE_2026 + h, input_tokens=MILLION) for h in hours]
    assert given == [1, 2, 1]


def test_hours_of_the_day_may_wrap_midnight() -> None:
    add_card("1")
    add_card("2", daily_from=time(22), daily_to=time(6))
    book = PriceBook()
    at = [datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (21, 22, 0, 5, 6)]
    assert [cost(book, "acme", "house-1", at=a, input_tokens=MILLION) for a in at] == [
        1,
        2,
        2,
        2,
        1,
    ]


def test_no_card_before_the_first_one() -> None:
    add_card("1", effective_from=LATE_2026)
    assert reason(PriceBook(), "acme", "house-1", at=LATE_2026, input_tokens=1) is None
    earlier = LATE_2026 - timedelta(days=1)
    assert reason(PriceBook(), "acme", "house-1", at=earlier, input_tokens=1) == "no_price"


def test_an_exact_region_comes_before_no_region() -> None:
    add_card("2", region="eu-west-1")
    add_card("1")
    book = PriceBook()
    regions = ("EU-West-1", "us-east-1", None)
    assert [cost(book, "acme", "house-1", region=r, input_tokens=MILLION) for r in regions] == [
        2,
        1,
        1,
    ]


def test_a_regional_card_alone_prices_no_other_region() -> None:
    add_card("2", region="eu-west-1")
    assert reason(PriceBook(), "acme", "house-1", region="us-east-1", input_tokens=1) == "no_price"


@pytest.mark.parametrize(
    ("match", "pattern"),
    [
        ("equals", "My-Deployment"),
        ("starts_with", "My-"),
        ("ends_with", "-Deployment"),
        ("contains", "Deploy"),
        ("regex", r"^my-\D+$"),
    ],
)
def test_an_alias_matches_in_its_way(match: str, pattern: str) -> None:
    add_card("1")
    ModelAlias.objects.create(
        provider="acme", match=match, pattern=pattern, model="house-1", source="me"
    )
    book = PriceBook()
    assert book.value(call("acme", "MY-deployment", input_tokens=1)).model == "house-1"
    assert reason(book, "acme", "other", input_tokens=1) == "unknown_model"


def test_the_lowest_rank_wins_over_an_exact_match() -> None:
    for model in ("house-1", "house-2"):
        add_card("1", model=model)
    aliases = ModelAlias.objects
    aliases.create(provider="acme", pattern="x-1", model="house-1", rank=2, source="me")
    aliases.create(
        provider="acme", match="starts_with", pattern="x", model="house-2", rank=1, source="me"
    )
    assert PriceBook().quote("acme", "x-1").model == "house-2"


def test_peoples_alias_outranks_the_catalogues(seeded: None) -> None:
    ModelAlias.objects.create(provider="openai", pattern="gpt-4o", model="o3", source="me")
    assert PriceBook().quote("openai", "gpt-4o").model == "o3"


def test_a_broken_alias_or_card_stops_nothing() -> None:
    ModelAlias.objects.create(
        provider="acme", match="regex", pattern="(", model="house-1", source="me"
    )
    add_card("1")
    add_card("NaN")
    book = PriceBook()
    assert reason(book, "acme", "x", input_tokens=1) == "unknown_model"
    assert reason(book, "acme", "house-1", input_tokens=1) == "no_rate"


def test_refresh_notices_every_change_of_the_book() -> None:
    card = add_card("1")
    book = PriceBook()
    assert not book.refresh()
    assert cost(book, "acme", "house-1", input_tokens=MILLION) == 1
    assert not book.refresh()
    card.rates.all().delete()
    Rate.objects.create(price=card, kind="input_tokens", amount=Decimal(2))
    add_card("3", model="house-2")
    assert book.refresh()
    assert cost(book, "acme", "house-1", input_tokens=MILLION) == 2


def test_a_settled_key_asks_the_database_nothing(
    book: PriceBook, django_assert_num_queries: Any
) -> None:
    book.value(call("openai", "gpt-4o", input_tokens=1))
    with django_assert_num_queries(0):
        book.value(call("openai", "gpt-4o", input_tokens=2))
        book.value(call("openai", "gpt-4o-mini", input_tokens=2))
