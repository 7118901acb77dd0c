"""How an amount is split: every method, what stands in for it, and laws that hold for all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.allocation.splitting import Grounds, Rule, check_percents, split
from finops.allocation.staging import Part, PoolIn, allocate
from finops.domain.money import exact_sum
from finops.models.allocation import FALLBACKS, METHODS

D = Decimal
AB = {"a": D(3), "b": D(1)}


def parts(amount: str, rule: Rule, **grounds: object) -> dict[str, str]:
    """The shares as text, with what is held under an empty name."""
    found = split(D(amount), rule, Grounds(**grounds), "USD")  # type: ignore[arg-type]  # as given
    told = {target: f"{share:f}" for target, share in found.shares.items()}
    return told | ({"": f"{found.held:f}"} if found.held else {})


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("even"), {"a": "2.00", "b": "2.00", "c": "2.00", "d": "2.00"}),
        (Rule("even", targets=frozenset("xy")), {"x": "4.00", "y": "4.00"}),
        (Rule("fixed", weights={"z": D("62.5"), "y": D("37.5")}), {"z": "5.00", "y": "3.00"}),
        (Rule("direct_cost"), {"a": "6.00", "b": "2.00"}),
        (Rule("calls"), {"b": "8.00"}),
        (Rule("priced_tokens"), {"a": "4.00", "c": "4.00"}),
        (Rule("priced_tokens", targets=frozenset("a")), {"a": "8.00"}),
        (Rule("driver", driver="seats"), {"c": "8.00"}),
        (Rule("hold"), {"": "8.00"}),
        (Rule("hold", utilisation=D(50), idle_to="a"), {"a": "4.00", "": "4.00"}),
    ],
)
def test_every_method(rule: Rule, expected: dict[str, str]) -> None:
    assert (
        parts(
            "8",
            rule,
            direct=AB,
            calls={"b": D(9)},
            metered={"a": D("0.1"), "c": D("0.1")},
            uploaded={"seats": {"c": D(4)}},
            present=frozenset("abcd"),
        )
        == expected
    )


@pytest.mark.parametrize(
    ("fallback", "expected", "note"),
    [
        ("unallocated", {"": "8.00"}, "zero_driver"),
        ("even", {"a": "4.00", "b": "4.00"}, "zero_driver_even"),
        ("previous", {"a": "6.00", "b": "2.00"}, "zero_driver_previous"),
    ],
)
def test_a_zero_driver_is_never_dropped(fallback: str, expected: object, note: str) -> None:
    rule = Rule("driver", fallback, driver="seats")
    grounds = {"present": frozenset("ab"), "previous": AB, "uploaded": {"seats": {"a": D(0)}}}
    assert parts("8", rule, **grounds) == expected
    found = split(D(8), rule, Grounds(**grounds), "USD")  # type: ignore[arg-type]  # as given
    assert found.note == note


def test_without_a_previous_period_it_stays() -> None:
    assert parts("8", Rule("calls", "previous"), present=frozenset("ab")) == {"": "8.00"}


def test_a_negative_driver_is_no_driver() -> None:
    rule = Rule("direct_cost", "even")
    found = split(
        D(8), rule, Grounds(direct={"a": D(9), "b": D(-1)}, present=frozenset("ab")), "USD"
    )
    assert (found.shares, found.note) == ({"a": D(4), "b": D(4)}, "negative_driver_even")


def test_a_split_has_at_most_500_targets() -> None:
    many = frozenset(f"t{n}" for n in range(501))
    found = split(D(8), Rule("even"), Grounds(present=many), "USD")
    assert (found.held, found.note) == (D(8), "too_many_targets")
    assert not split(D(8), Rule("even"), Grounds(present=frozenset(list(many)[:500])), "USD").held


@pytest.mark.parametrize("percents", [{"a": D(99)}, {"a": D(101)}, {"a": D(-1), "b": D(101)}, {}])
def test_percentages_sum_to_100(percents: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError, match=r"100|above 0"):
        check_percents(percents)


def test_nobody_pays_twice_for_calls_that_are_billed_directly() -> None:
    rule = Rule("metered")
    grounds = Grounds(own={"a": D("10.004"), "b": D(0)}, own_unattributed=D(5))
    found = split(D(20), rule, grounds, "USD")
    assert (found.shares, found.held) == ({"a": D("10.00"), "b": D(0)}, D(10))
    assert found.unreconciled == D(5)


def test_of_a_bill_that_has_not_come_nobody_gets_anything() -> None:
    found = split(D(0), Rule("metered"), Grounds(own={"a": D(10)}), "USD")
    assert (found.shares, found.held, found.note) == ({}, D(0), "nothing_billed")


amounts = st.decimals("-1e6", "1e6", places=4)
targets = st.sampled_from("abcdef")
weights = st.dictionaries(targets, st.decimals("0", "1e6", places=3), max_size=6)
signed = st.dictionaries(targets, st.decimals("-1e5", "1e5", places=6), max_size=6)
rules = st.builds(
    Rule,
    method=st.sampled_from([method for method in METHODS if method != "fixed"]),
    fallback=st.sampled_from(FALLBACKS),
    targets=st.frozensets(targets, max_size=3),
    driver=st.just("seats"),
    utilisation=st.none() | st.decimals("0", "100", places=2),
    idle_to=st.sampled_from(["", "a", "z"]),
)
grounds = st.builds(
    Grounds,
    direct=signed,
    calls=weights,
    metered=weights,
    own=weights,
    own_unattributed=st.decimals("0", "1e4", places=3),
    uploaded=st.fixed_dictionaries({"seats": weights}),
    previous=signed,
    present=st.frozensets(targets),
)


@given(direct=signed, pools=st.lists(st.tuples(amounts, rules, grounds), max_size=5), left=amounts)
@settings(max_examples=50)
def test_nothing_is_lost_or_made_whatever_the_rules(
    direct: dict[str, Decimal], pools: list[tuple[Decimal, Rule, Grounds]], left: Decimal
) -> None:
    taken = [
        PoolIn(n, f"pool {n}", 1 + n % 3, [Part(a, rule, on)], D(3) if n == 4 else None)
        for n, (a, rule, on) in enumerate(pools)
    ]
    found = allocate(direct, taken, in_no_pool=left, currency="USD")
    assert found.total_in == found.total_out
    assert found.total_in == exact_sum((found.exact, found.rounding))
    assert abs(found.rounding) <= D("0.005") * (2 + len(pools))
    for pool in found.pools:
        assert exact_sum((*pool.shares.values(), pool.unallocated)) == pool.amount


@given(amount=amounts, rule=rules, on=grounds)
@settings(max_examples=50)
def test_a_credit_is_split_like_the_cost_that_it_takes_back(
    amount: Decimal, rule: Rule, on: Grounds
) -> None:
    if rule.method == "metered":
        return
    cost, credit = split(amount, rule, on, "USD"), split(-amount, rule, on, "USD")
    assert credit.shares == {target: -share for target, share in cost.shares.items()}
    assert credit.held == -cost.held
