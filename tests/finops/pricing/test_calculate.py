"""The arithmetic alone: parents, tiers, exactness; no database."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain.usage import INPUT_KINDS, OUTPUT_KINDS, TOKEN_KINDS
from finops.pricing.calculate import (
    PARENT_KINDS,
    InexactRateError,
    RateLine,
    cost_of,
    has_usage,
    rate_table,
)

from .calls import call

MILLION = 1_000_000


def line(kind: str, amount: str, above: int = 0, per: int = MILLION) -> RateLine:
    return RateLine(kind, above, Decimal(amount), per)


def cost(lines: list[RateLine], **usage: Any) -> Decimal | None:
    return cost_of(rate_table(lines), call("p", "m", **usage))


BASIC = [line("input_tokens", "3"), line("output_tokens", "15")]


@pytest.mark.parametrize("kind", INPUT_KINDS)
def test_an_input_kind_without_a_line_is_charged_as_input(kind: str) -> None:
    assert cost(BASIC, **{kind: MILLION}) == 3


@pytest.mark.parametrize("kind", OUTPUT_KINDS)
def test_an_output_kind_without_a_line_is_charged_as_output(kind: str) -> None:
    assert cost(BASIC, **{kind: MILLION}) == 15


@pytest.mark.parametrize("kind", TOKEN_KINDS)
def test_a_kind_with_a_line_of_its_own_is_charged_at_that(kind: str) -> None:
    own = [*(entry for entry in BASIC if entry.kind != kind), line(kind, "7")]
    assert cost(own, **{kind: MILLION}) == 7


def test_an_hour_long_cache_write_falls_back_to_the_short_one_first() -> None:
    assert cost([*BASIC, line("cache_write_tokens", "3.75")], cache_write_1h_tokens=MILLION) == (
        Decimal("3.75")
    )


def test_parents_are_kinds_of_the_same_side() -> None:
    for side in (INPUT_KINDS, OUTPUT_KINDS):
        assert {PARENT_KINDS[kind] for kind in side if kind in PARENT_KINDS} <= set(side)


def test_tokens_without_any_rate_are_not_free() -> None:
    embedding = [line("input_tokens", "0.02")]
    assert cost(embedding, input_tokens=1, output_tokens=1) is None
    assert cost(embedding, input_tokens=1, reasoning_tokens=1) is None
    assert cost(embedding, input_tokens=MILLION, output_tokens=0) == Decimal("0.02")
    assert cost(embedding, input_tokens=MILLION) == Decimal("0.02")


def test_a_tier_holds_for_the_whole_call_strictly_above_its_threshold() -> None:
    tiered = [*BASIC, line("input_tokens", "6", above=200_000)]
    assert cost(tiered, input_tokens=200_000) == Decimal("0.6")
    assert cost(tiered, input_tokens=200_001) == Decimal("1.200006")
    assert cost(tiered, input_tokens=1, output_tokens=MILLION) == Decimal("15.000003")


@pytest.mark.parametrize("kind", INPUT_KINDS)
def test_every_part_of_the_prompt_counts_towards_the_tier(kind: str) -> None:
    tiered = [*BASIC, line("output_tokens", "30", above=10)]
    flat = [*BASIC, line("output_tokens", "30")]
    above, below = {kind: 11, "output_tokens": 100}, {kind: 10, "output_tokens": 100}
    assert cost(tiered, **above) == cost(flat, **above)
    assert cost(tiered, **below) == cost(BASIC, **below)


def test_the_highest_of_several_tiers_below_the_prompt_wins() -> None:
    tiers = [line("input_tokens", str(n), above=n) for n in (0, 10, 100)]
    assert [cost(tiers, input_tokens=n) for n in (10, 11, 100, 101)] == [
        Decimal(0),
        Decimal("0.00011"),
        Decimal("0.001"),
        Decimal("0.0101"),
    ]


def test_a_kind_without_a_tier_keeps_its_line_while_others_change() -> None:
    tiered = [*BASIC, line("cache_read_tokens", "0.3"), line("input_tokens", "6", above=10)]
    assert cost(tiered, cache_read_tokens=MILLION) == Decimal("0.3")
    assert cost(tiered, cache_write_tokens=MILLION) == 6


def test_requests_are_charged_by_number() -> None:
    searching = [*BASIC, line("requests", "5", per=1_000)]
    assert cost(searching, input_tokens=0, requests=3) == Decimal("0.015")
    assert cost(searching, input_tokens=MILLION, reasoning_tokens=0) == Decimal("3.005")


def test_an_explicit_zero_costs_a_plain_zero() -> None:
    assert str(cost(BASIC, input_tokens=0, output_tokens=0)) == "0"


@pytest.mark.parametrize("kind", TOKEN_KINDS)
def test_any_count_is_usage_even_zero(kind: str) -> None:
    zero: dict[str, Any] = {kind: 0}
    assert has_usage(call("p", "m", **zero))
    assert not has_usage(call("p", "m"))


@pytest.mark.parametrize(("amount", "per"), [("1", 3), ("NaN", 1), ("Infinity", 1), ("1", 0)])
def test_a_rate_that_would_have_to_be_rounded_is_refused(amount: str, per: int) -> None:
    with pytest.raises(InexactRateError):
        rate_table([line("input_tokens", amount, per=per)])


amounts = st.decimals(min_value=0, max_value=10_000, places=12)
counts = st.integers(min_value=0, max_value=10**12)


@given(amounts, amounts, counts, counts, counts, counts)
def test_costs_of_two_calls_add_up(
    fresh: Decimal, output: Decimal, a: int, b: int, c: int, d: int
) -> None:
    table = rate_table(
        [RateLine("input_tokens", 0, fresh, MILLION), RateLine("output_tokens", 0, output, MILLION)]
    )
    one = cost_of(table, call("p", "m", input_tokens=a, reasoning_tokens=b))
    two = cost_of(table, call("p", "m", input_tokens=c, output_tokens=d))
    both = cost_of(table, call("p", "m", input_tokens=a + c, output_tokens=b + d))
    assert one is not None
    assert two is not None
    with localcontext(prec=200):
        assert one + two == both


@given(st.lists(amounts, min_size=9, max_size=9), st.lists(counts, min_size=9, max_size=9))
def test_nothing_is_ever_rounded(rates: list[Decimal], numbers: list[int]) -> None:
    lines = [
        RateLine(kind, 0, rate, MILLION) for kind, rate in zip(TOKEN_KINDS, rates, strict=True)
    ]
    usage = dict(zip(TOKEN_KINDS, numbers, strict=True))
    picodollars = sum(
        int(rate.scaleb(12)) * number for rate, number in zip(rates, numbers, strict=True)
    )
    with localcontext(prec=200):
        assert cost(lines, **usage) == Decimal(picodollars).scaleb(-18)
