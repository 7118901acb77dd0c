"""Seeding: nothing twice, nothing lost, new versions beside old ones."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count
from genai_prices import types as package
from genai_prices.data import providers as package_providers

from finops.models import ModelAlias, Price, Rate
from finops.pricing import seed
from finops.pricing.catalogue import CardRow, catalogue_aliases, catalogue_cards
from finops.pricing.price_book import PriceBook
from finops.pricing.seed import FIRST_RANK, seed_price_book


def cards_of(model: package.ModelInfo) -> dict[tuple[str, str], list[CardRow]]:
    provider = package.Provider(id="p", name="P", api_pattern="", models=[model])
    return {key[2:]: cards for key, cards in catalogue_cards([provider], Counter()).items()}


def price(amount: int) -> package.ModelPrice:
    return package.ModelPrice(input_mtok=Decimal(amount))


def dated(year: int, amount: int) -> package.ConditionalPrice:
    return package.ConditionalPrice(
        package.StartDateConstraint(date(year, 1, 1)), prices=price(amount)
    )


def model(prices: Any, *variants: package.PriceVariant) -> package.ModelInfo:
    return package.ModelInfo(
        id="m",
        match=package.ClauseEquals("m"),
        prices=prices,
        price_variants=list(variants),
    )


def batch(amount: int, since: date | None = None) -> package.PriceVariant:
    constraint = package.StartDateConstraint(since) if since else None
    return package.PriceVariant({"processing": "batch"}, price(amount), constraint)


def spans(cards: list[CardRow]) -> list[tuple[int | None, int | None, int]]:
    def year(moment: datetime | None) -> int | None:
        return moment.year if moment else None

    return [(year(c.effective_from), year(c.effective_to), int(c.lines[0][2])) for c in cards]


def test_dated_prices_become_half_open_periods() -> None:
    base = package.ConditionalPrice(prices=price(1))
    cards = cards_of(model([base, dated(2025, 2), dated(2026, 3)]))["", "standard"]
    assert spans(cards) == [(None, 2025, 1), (2025, 2026, 2), (2026, None, 3)]
    assert cards[1].effective_from == datetime(2025, 1, 1, tzinfo=UTC)


def test_the_first_price_holds_before_every_date() -> None:
    cards = cards_of(model([dated(2025, 1), dated(2026, 2)]))["", "standard"]
    assert spans(cards) == [(None, 2026, 1), (2026, None, 2)]


def test_a_variant_has_cards_only_while_it_is_on_sale() -> None:
    cards = cards_of(model(price(4), batch(3, date(2027, 1, 1)), batch(2, date(2026, 1, 1))))
    assert spans(cards["", "standard"]) == [(None, None, 4)]
    assert spans(cards["", "batch"]) == [(2026, 2027, 2), (2027, None, 3)]


def test_a_variant_lies_over_the_whole_standard_card() -> None:
    standard = package.ModelPrice(input_mtok=Decimal(4), output_mtok=Decimal(8))
    lines = cards_of(model(standard, batch(2)))["", "batch"][0].lines
    assert [(kind, int(amount)) for kind, _, amount, _ in lines] == [
        ("input_tokens", 2),
        ("output_tokens", 8),
    ]


def test_hours_of_the_day_come_after_the_card_for_all_day() -> None:
    hours = package.TimeOfDateConstraint(time(1, tzinfo=UTC), time(4, tzinfo=UTC))
    entries = [
        package.ConditionalPrice(prices=price(1)),
        package.ConditionalPrice(hours, prices=price(2)),
    ]
    cards = cards_of(model(entries))["", "standard"]
    assert [(c.daily_from, c.daily_to) for c in cards] == [(None, None), (time(1), time(4))]


def test_of_overlapping_hours_the_later_entry_comes_last_and_so_outranks() -> None:
    spans = [(time(1), time(9)), (time(2), time(5))]
    entries = [
        package.ConditionalPrice(package.TimeOfDateConstraint(*span), prices=price(amount))
        for amount, span in enumerate(spans)
    ]
    cards = cards_of(model([package.ConditionalPrice(prices=price(9)), *entries]))["", "standard"]
    assert [(c.daily_from, c.daily_to) for c in cards[1:]] == spans


def test_a_conjunction_becomes_one_expression() -> None:
    clause = package.ClauseAnd([package.ClauseStartsWith("A."), package.ClauseRegex("x$")])
    info = package.ModelInfo(id="m", match=clause, prices=price(1))
    provider = package.Provider(id="p", name="P", api_pattern="", models=[info])
    assert catalogue_aliases([provider]) == [("p", "regex", r"^(?=a\.)(?=.*?(?:x$))", "m", "")]


@pytest.mark.parametrize("tier", ["default", "fast"])
def test_contexts_left_out_say_nothing_new(tier: str) -> None:
    same_as = {"default": None, "fast": "priority"}[tier]
    at = datetime(2026, 11, 20, tzinfo=UTC)
    for provider in package_providers:
        for info in provider.models:
            if any(v.when == {"service_tier": tier} for v in info.price_variants or ()):
                twin = {"service_tier": same_as} if same_as else None
                assert info.get_prices(at, {"service_tier": tier}) == info.get_prices(at, twin)


@pytest.mark.django_db
def test_seeding_again_changes_nothing(seeded: None) -> None:
    version = PriceBook.version()
    result = seed_price_book()
    assert result[:3] == (0, 0, 0)
    assert PriceBook.version() == version
    assert result.left_out["web_searches_kcount"] > 0


@pytest.mark.django_db
def test_an_empty_book_is_filled_completely(seeded: None) -> None:
    with connection.cursor() as cursor:  # not one by one, on record
        cursor.execute(
            "DELETE FROM finops_rate; DELETE FROM finops_price; DELETE FROM finops_modelalias"
        )
    result = seed_price_book()
    rows = (Price.objects.count(), Rate.objects.count(), ModelAlias.objects.count())
    assert result[:3] == rows
    assert Price.objects.values("provider").distinct().count() == len(package_providers)
    assert not Price.objects.annotate(lines=Count("rates")).filter(lines=0).exists()


@pytest.mark.django_db
def test_a_new_version_adds_and_never_edits(seeded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    old = list(Price.objects.filter(provider="openai", model="gpt-4o").order_by("id").values())
    Rate.objects.filter(price__provider="openai", price__model="gpt-4o").update(amount=9)
    monkeypatch.setattr(seed, "version", lambda _: "99.0")
    added = seed_price_book().prices
    cards = Price.objects.filter(provider="openai", model="gpt-4o").order_by("id")
    assert list(cards.values())[: len(old)] == old
    assert added == len(old)
    assert set(cards.values_list("source", flat=True)[len(old) :]) == {"genai-prices 99.0"}
    assert seed_price_book()[:3] == (0, 0, 0)


@pytest.mark.django_db
def test_peoples_rows_are_left_alone(seeded: None) -> None:
    alias = ModelAlias.objects.filter(provider="openai", pattern="gpt-4o").first()
    assert alias is not None
    assert alias.rank >= FIRST_RANK
    ModelAlias.objects.filter(pk=alias.pk).update(source="me", rank=1, priced_as="azure")
    dropped = ModelAlias.objects.create(
        provider="openai", pattern="retired", model="gpt-4", rank=5_000, source="genai-prices 0.1"
    )
    seed_price_book()
    kept = ModelAlias.objects.get(pk=alias.pk)
    assert (kept.source, kept.rank, kept.priced_as) == ("me", 1, "azure")
    assert ModelAlias.objects.get(pattern="retired").rank > dropped.rank / 2
    assert seed_price_book()[:3] == (0, 0, 0)
