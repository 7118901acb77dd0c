"""How a price comes into the book: proposed, decided once, and in force from its day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.models import Price, PriceProposal, Rate
from finops.pricing.calculate import RateLine
from finops.pricing.cards import BY_HAND, CardRefused, RateCard
from finops.pricing.price_book import PriceBook
from finops.pricing.proposals import (
    ProposalRefused,
    approve,
    catalogue_names,
    decline,
    newest_price,
    placed,
    propose,
)
from tests.finops.ledger.side_by_side import at_once

from .by_hand import NOW, card, enter, proposed, taken_back
from .calls import call

MILLION = 1_000_000


@pytest.fixture(autouse=True)
def _own_prices(ledger: None) -> Iterator[None]:
    with taken_back():
        yield


def cost(at: str, model: str = "house-7b", provider: str = "acme") -> Decimal | None:
    """What a million tokens cost on a day, by the book as it is now."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return PriceBook().value(call(provider, model, moment, input_tokens=MILLION)).computed_cost


def test_a_proposal_is_no_price() -> None:
    proposed(card("2"))

    assert cost("2026-11-01") is None


def test_an_approved_price_is_in_force_from_its_day_to_the_last_digit() -> None:
    price = enter("0.123456789012", "2026-11-03")

    assert cost("2026-11-02T23:59:59.999999") is None
    assert cost("2026-11-03") == Decimal("0.123456789012")
    assert (price.source, price.approved_by, price.note) == (BY_HAND, "Maya", "the contract")
    assert price.proposal.state == "approved"


def test_a_new_price_ends_the_one_before_it_and_edits_nothing() -> None:
    first = enter("1")
    before = list(Price.objects.filter(pk=first.pk).values())

    enter("2", "2026-11-03")

    assert (cost("2026-11-02"), cost("2026-11-03")) == (1, 2)
    assert list(Price.objects.filter(pk=first.pk).values()) == before


def test_a_correction_is_a_price_from_the_same_day() -> None:
    enter("1", "2026-11-03")
    enter("2", "2026-11-03")

    assert cost("2026-11-10") == 2


def test_a_price_for_the_past_lasts_until_the_next_one() -> None:
    enter("1")
    enter("3", "2026-12-01")

    enter("2", "2026-11-01")

    assert [cost(f"2026-{day}") for day in ("10-31", "11-01", "11-30", "12-01")] == [1, 2, 2, 3]


def test_and_is_not_stopped_by_a_price_that_was_replaced() -> None:
    enter("9", "2026-12-01")
    enter("1", "2026-11-20")
    enter("8", "2026-11-20")  # a correction: the one before is never in force

    assert placed(card("2", "2026-11-01")).until == datetime(2026, 11, 20, tzinfo=UTC)
    assert placed(card("2", "2026-11-25")).until == datetime(2026, 12, 1, tzinfo=UTC)


def test_a_price_with_an_end_gives_way_to_the_one_before_it() -> None:
    enter("2")

    enter("1", "2026-11-10", until=datetime(2026, 11, 12, tzinfo=UTC))

    assert [cost(f"2026-11-{day}") for day in ("09", "10", "11", "12")] == [2, 1, 1, 2]


def test_a_price_by_hand_goes_before_the_published_list() -> None:
    assert cost("2026-11-10", "gpt-4o", "openai") == Decimal("2.5")

    enter("2", "2026-11-03", provider="openai", model="gpt-4o")

    assert cost("2026-11-02", "gpt-4o", "openai") == Decimal("2.5")
    assert cost("2026-11-10", "gpt-4o", "openai") == 2


def test_regions_and_modes_have_prices_of_their_own() -> None:
    enter("2")
    enter("1", region="eu-west-1")
    enter("3", processing="batch")

    assert placed(card("5")).until is None
    moment = datetime(2026, 11, 10, tzinfo=UTC)
    value = PriceBook().value
    assert value(call("acme", "house-7b", moment, input_tokens=MILLION)).computed_cost == 2
    eu = call("acme", "house-7b", moment, input_tokens=MILLION, region="eu-west-1")
    batch = call("acme", "house-7b", moment, input_tokens=MILLION, processing="batch")
    assert [value(one).computed_cost for one in (eu, batch)] == [1, 3]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (("OpenAI", "GPT-4o-2024-08-06"), ("openai", "gpt-4o")),
        (("litellm", "anthropic/claude-sonnet-4-5"), ("anthropic", "claude-sonnet-4-5")),
        (("azure_openai", "gpt-4o"), ("azure", "gpt-4o")),
        (("acme", "Team/House-7B"), ("acme", "Team/House-7B")),
    ],
)
def test_a_price_is_kept_under_the_names_that_calls_are_looked_up_by(
    given: tuple[str, str], kept: tuple[str, str]
) -> None:
    assert catalogue_names(*given) == kept


def test_two_people_deciding_at_once_make_one_price() -> None:
    waiting = proposed(card("2"))

    def decides(name: str) -> str:
        try:
            approve(PriceProposal.objects.get(pk=waiting.pk), by=name, now=NOW, seen=0)
        except ProposalRefused as error:
            return str(error)
        return "saved"

    results = at_once(lambda: decides("Maya"), lambda: decides("Ada"))

    assert sorted(text == "saved" for text in results) == [False, True]
    assert Price.objects.filter(source=BY_HAND).count() == 1


def test_two_people_adding_at_once_make_the_second_one_look_again() -> None:
    proposals = [proposed(card("2")), proposed(card("3"))]

    def decides(place: int) -> str:
        try:
            approve(proposals[place], by=f"Person {place}", now=NOW, seen=0)
        except ProposalRefused as error:
            return str(error)
        return "saved"

    results = at_once(lambda: decides(0), lambda: decides(1))

    assert sorted(text == "saved" for text in results) == [False, True]
    (refusal,) = [text for text in results if text != "saved"]
    assert "entered another price for this model on 2026-11-21 09:00 UTC" in refusal
    assert PriceProposal.objects.filter(state="waiting").count() == 1


def test_after_looking_again_it_is_saved() -> None:
    waiting = proposed(card("3"))
    enter("2")

    approve(waiting, by="Maya", now=NOW, seen=newest_price(card()))

    assert cost("2026-11-10") == 3


def test_a_decision_is_made_once() -> None:
    waiting = proposed(card())
    decline(waiting, by="Maya", now=NOW, note="wrong page")

    with pytest.raises(ProposalRefused, match="Maya declined this on 2026-11-21 09:00 UTC"):
        approve(waiting, by="Ada", now=NOW, seen=0)
    assert (waiting.state, waiting.decision_note, waiting.price) == ("declined", "wrong page", None)
    assert cost("2026-11-10") is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"lines": ()}, "at least one price"),
        ({"provider": ""}, "Name the provider"),
        ({"processing": "turbo"}, "Choose one of"),
        ({"until": datetime(2026, 11, 1, tzinfo=UTC)}, "must end after"),
        ({"lines": (RateLine("input_tokens", 0, Decimal(-1), 1),)}, "0 or more"),
        ({"lines": (RateLine("input_tokens", 0, Decimal("NaN"), 1),)}, "0 or more"),
        ({"lines": (RateLine("input_tokens", 0, Decimal(1), 3),)}, "exactly"),
        ({"lines": (RateLine("smell", 0, Decimal(1), 1),)}, "kind of use"),
        ({"lines": (RateLine("requests", 0, Decimal(1), 1),) * 2}, "one price at each"),
    ],
)
def test_a_card_that_cannot_charge_exactly_is_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(CardRefused, match=says):
        proposed(card("2", "2026-11-01", **wrong))
    assert not PriceProposal.objects.exists()


def test_a_price_needs_a_reason() -> None:
    with pytest.raises(CardRefused, match="Say why"):
        propose(card(), reason="  ", by="Tom", now=NOW)


@settings(max_examples=60, deadline=None)
@given(
    amount=st.decimals(0, 100_000, places=12, allow_nan=False, allow_infinity=False),
    above=st.integers(1, 10**8),
    model=st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=50),
)
def test_a_card_survives_the_database(amount: Decimal, above: int, model: str) -> None:
    lines = (
        RateLine("input_tokens", 0, amount, MILLION),
        RateLine("input_tokens", above, amount, MILLION),
    )
    written = card(since="2026-11-03", model=model, lines=lines)

    assert RateCard.from_json(written.as_json()) == written


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(days=st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_on_every_day_the_last_price_entered_for_the_latest_day_before_it_holds(
    days: list[int],
) -> None:
    """Each entry names the day from which it holds; the order of entering settles ties alone."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    with taken_back():
        for amount, day in enumerate(days, 1):
            enter(str(amount), (start + timedelta(days=day)).date().isoformat())
        found = [cost((start + timedelta(days=day)).date().isoformat()) for day in range(10)]
        rates = Rate.objects.filter(price__source=BY_HAND).count()
    entries = {day: Decimal(amount) for amount, day in enumerate(days, 1)}
    wanted = [
        entries[max(begun)] if (begun := [d for d in entries if d <= day]) else None
        for day in range(10)
    ]
    assert found == wanted
    assert rates == 2 * len(days)
