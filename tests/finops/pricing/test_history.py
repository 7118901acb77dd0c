"""A model's prices in order of time, and the book searched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from finops.pricing.history import COMING, ENDED, IN_FORCE, REPLACED, History, history, search
from finops.pricing.timeline import Span

from .by_hand import NOW, enter, taken_back


@pytest.fixture(autouse=True)
def _own_prices(ledger: None) -> Iterator[None]:
    with taken_back():
        yield


def told(provider: str = "acme", model: str = "house-7b") -> History:
    return history(provider, model, now=NOW)


def states(found: History) -> list[tuple[Decimal, str]]:
    return [(entry.lines[0].amount, entry.state) for entry in found.variants[0].entries]


def test_prices_stand_in_order_the_latest_first_the_replaced_ones_last() -> None:
    enter("1", "2026-01-01")
    enter("9", "2026-06-01")
    enter("2", "2026-06-01")
    enter("3", "2027-01-01")

    assert states(told()) == [(3, COMING), (2, IN_FORCE), (1, ENDED), (9, REPLACED)]
    in_force = told().variants[0].entries[1]
    assert in_force.spans == (
        Span(datetime(2026, 6, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    )


def test_each_region_and_mode_is_told_apart_the_plain_one_first() -> None:
    enter("3", processing="batch")
    enter("1", region="eu-west-1")
    enter("2")

    assert [variant[:2] for variant in told().variants] == [
        ("", "standard"),
        ("", "batch"),
        ("eu-west-1", "standard"),
    ]


def test_another_spelling_leads_to_the_catalogues_name() -> None:
    found = told("OpenAI", "openai/gpt-4o-2024-08-06")

    assert (found.provider, found.model, found.known) == ("openai", "gpt-4o", True)
    assert found.variants[0].entries[0].lines[0].amount == Decimal("2.5")


def test_a_borrowed_list_is_named() -> None:
    assert told("azure", "gpt-4o").lender == "openai"
    assert told("openai", "gpt-4o").lender == ""


def test_a_model_that_nobody_knows_has_no_prices() -> None:
    found = told("nobody", "nothing")

    assert (found.known, found.variants) == (False, ())


@pytest.mark.parametrize("model", ["<script>", "%", "_", "a/b", "😀" * 100, "x" * 500, "'; --"])
def test_hostile_names_are_looked_up_like_others(model: str) -> None:
    enter("2", model=model)

    assert states(told(model=model)) == [(2, IN_FORCE)]
    assert model in [price.model for price in search(model)]
    assert all(model in price.provider + price.model for price in search(model))


def test_a_search_finds_cards_with_every_word() -> None:
    assert {price.model for price in search("OPENAI gpt-4o-mini")} >= {"gpt-4o-mini"}
    assert all("openai" in p.provider or "openai" in p.model for p in search("openai")[:50])
    assert not search("openai nothing-like-it").exists()
    assert search("").count() > 2_000


def test_a_history_takes_few_queries(django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        told("openai", "gpt-4o")
