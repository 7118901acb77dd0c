"""This name is that model, as people say it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from finops.models import ModelAlias
from finops.pricing.names import NameRefused, add_name, names_by_hand, remove_name
from finops.pricing.price_book import PriceBook
from tests.finops.ledger.side_by_side import at_once

from .by_hand import enter, taken_back
from .calls import call


@pytest.fixture(autouse=True)
def _own_names(ledger: None) -> Iterator[None]:
    with taken_back():
        yield


def say(name: str, model: str, provider: str = "openai", **others: str) -> ModelAlias:
    said = {"by": "Maya", "reason": "our deployment"} | others
    return add_name(provider=provider, name=name, model=model, **said)


def cost(provider: str, model: str) -> Decimal | None:
    return PriceBook().value(call(provider, model, input_tokens=1_000_000)).computed_cost


def test_a_name_has_the_price_of_its_model() -> None:
    alias = say("Our-Own-4o", "gpt-4o-2024-08-06")

    assert cost("openai", "our-own-4o") == Decimal("2.5")
    assert (alias.model, alias.added_by, alias.note) == ("gpt-4o", "Maya", "our deployment")


def test_another_providers_list_may_apply() -> None:
    say("house-large", "gpt-4o", "acme", listed_by="OpenAI")

    assert cost("acme", "house-large") == Decimal("2.5")


def test_a_price_of_its_own_goes_before_the_borrowed_one() -> None:
    say("house-large", "gpt-4o", "acme", listed_by="openai")
    enter("7", provider="acme", model="gpt-4o")

    assert cost("acme", "house-large") == 7


def test_a_name_goes_before_a_published_pattern() -> None:
    say("gpt-4o-mini", "o3")

    assert PriceBook().quote("openai", "gpt-4o-mini").model == "o3"


def test_a_name_stands_for_one_model() -> None:
    say("x", "gpt-4o")

    with pytest.raises(NameRefused, match="“X” is gpt-4o already") as refused:
        say("X", "o3")
    assert refused.value.field == "name"


def test_two_people_giving_one_name_at_once_give_it_once() -> None:
    def tries(model: str) -> bool:
        try:
            say("x", model)
        except NameRefused:
            return False
        return True

    assert sorted(at_once(lambda: tries("gpt-4o"), lambda: tries("o3"))) == [False, True]


def test_a_model_without_a_price_helps_nobody() -> None:
    with pytest.raises(NameRefused, match="openai has no price for “no-such”") as refused:
        say("x", "no-such")
    assert refused.value.field == "model"


def test_a_name_taken_back_is_free_again() -> None:
    remove_name(say("x", "gpt-4o"), by="Ada", reason="it was another model")

    assert cost("openai", "x") is None
    assert not names_by_hand().exists()
    say("x", "o3")


@pytest.mark.parametrize("name", ["<script>", "=cmd", "\N{RIGHT-TO-LEFT OVERRIDE}x", "😀", "a/b c"])
def test_hostile_names_are_names(name: str) -> None:
    say(name, "gpt-4o")

    assert cost("openai", name) == Decimal("2.5")
