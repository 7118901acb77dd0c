"""Sharing out: the worked examples of the reference, and the laws that hold for every amount."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from finops.domain.money import exact_sum
from finops.domain.shares import (
    NegativeWeight,
    NoWeights,
    rounded,
    rounded_together,
    shares,
    subunit,
)

CENT = Decimal("0.01")
D = Decimal

amounts = st.decimals("-1e9", "1e9", places=2)
exact_amounts = st.decimals("-1e6", "1e6", places=14)
weights = st.dictionaries(
    st.text(min_size=1, max_size=6), st.decimals("0", "1e8", places=6), min_size=1, max_size=9
)


def given_to(amount: str, **by: str) -> list[str]:
    """The shares as text, in the order of the weights."""
    told = shares(D(amount), {name: D(weight) for name, weight in by.items()}, unit=CENT)
    return [f"{told[name]:f}" for name in by]


@pytest.mark.parametrize(
    ("amount", "by", "expected"),
    [
        ("100.00", {"a": "1", "b": "1", "c": "1"}, ["33.34", "33.33", "33.33"]),
        (
            "1000.00",
            {"a": "4210000", "b": "3180000", "c": "997331"},
            ["501.95", "379.14", "118.91"],
        ),
        ("-7.01", {"a": "3", "b": "2", "c": "2"}, ["-3.01", "-2.00", "-2.00"]),
        ("4.30", {"a": "0.0000043"}, ["4.30"]),
        ("0.01", {"a": "1", "b": "1"}, ["0.01", "0.00"]),
        ("0.00", {"a": "1", "b": "2"}, ["0.00", "0.00"]),
    ],
)
def test_worked_examples(amount: str, by: dict[str, str], expected: list[str]) -> None:
    assert given_to(amount, **by) == expected


def test_a_million_small_calls_are_rounded_once() -> None:
    assert rounded(D("0.0000043") * 1_000_000, CENT) == D("4.30")


def test_equal_remainders_go_to_whoever_carries_more_and_then_by_name() -> None:
    even = dict.fromkeys(("batch", "chat", "search"), D(1))
    carried = {"search": D(5540), "chat": D(3770), "batch": D(1590)}
    assert shares(D(301), even, unit=CENT, carried=carried) == {
        "search": D("100.34"),
        "chat": D("100.33"),
        "batch": D("100.33"),
    }
    assert shares(D("0.01"), even, unit=CENT)["batch"] == CENT


def test_what_nobody_can_get_is_refused() -> None:
    with pytest.raises(NoWeights):
        shares(D(1), {"a": D(0)}, unit=CENT)
    with pytest.raises(NegativeWeight) as refused:
        shares(D(1), {"a": D(2), "b": D(-1)}, unit=CENT)
    assert refused.value.target == "b"


@pytest.mark.parametrize(("currency", "unit"), [("USD", "0.01"), ("JPY", "1"), ("KWD", "0.001")])
def test_every_currency_has_its_subunit(currency: str, unit: str) -> None:
    given = shares(D(100), {"a": D(1), "b": D(1), "c": D(1)}, unit=subunit(currency))
    assert subunit(currency) == D(unit)
    assert all(amount % D(unit) == 0 for amount in given.values())
    assert sum(given.values()) == 100


@given(amount=amounts, by=weights, seed=st.integers(0, 9), factor=st.decimals("1e-9", "1e9"))
@settings(max_examples=50)
def test_laws_of_shares(
    amount: Decimal, by: dict[str, Decimal], seed: int, factor: Decimal
) -> None:
    assume(any(by.values()) and factor > 0)
    told = shares(amount, by, unit=CENT)
    assert exact_sum(told.values()) == amount
    assert all(share % CENT == 0 for share in told.values())
    assert all(told[name] == 0 for name, weight in by.items() if not weight)
    shuffled = list(by.items())
    random.Random(seed).shuffle(shuffled)
    assert shares(amount, dict(shuffled), unit=CENT) == told
    scaled = {name: D(int(weight.scaleb(6)) * 7919) for name, weight in by.items()}
    assert shares(amount, scaled, unit=CENT) == told
    assert shares(-amount, by, unit=CENT) == {name: -share for name, share in told.items()}
    idle = {**by, "nobody at all": D(0)}
    assert shares(amount, idle, unit=CENT) == {**told, "nobody at all": D(0)}
    total = exact_sum(by.values())
    for name, weight in by.items():
        assert abs(told[name] - amount * weight / total) < CENT + D("1e-9")


@given(by=st.dictionaries(st.text(min_size=1, max_size=4), exact_amounts, max_size=9))
@settings(max_examples=50)
def test_rounding_together_keeps_the_sum_and_moves_nothing_by_a_cent(
    by: dict[str, Decimal],
) -> None:
    told = rounded_together(by, unit=CENT)
    assert exact_sum(told.values()) == rounded(exact_sum(by.values()), CENT)
    assert all(abs(told[name] - amount) < CENT for name, amount in by.items())
    negated = rounded_together({name: -amount for name, amount in by.items()}, unit=CENT)
    assert negated == {name: -amount for name, amount in told.items()}
    assert rounded_together(dict(reversed(by.items())), unit=CENT) == told
