"""Amounts as people type them: read to the last digit, or refused with a way to fix them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain.money import plain
from finops.pricing.amounts import MOST, MOST_DECIMALS, AmountRefused, read_amount

prices = st.decimals(0, MOST, places=MOST_DECIMALS, allow_nan=False)


@given(prices, st.sampled_from(["{}", "${}", "$ {}", " {} ", "{} USD", "US${}", "usd {}"]))
def test_every_digit_comes_back(amount: Decimal, written: str) -> None:
    assert read_amount(written.format(f"{amount:f}")) == amount
    assert read_amount(plain(amount)) == amount


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("2.50", "2.50"),
        (".5", "0.5"),
        ("2.", "2"),
        ("0", "0"),
        ("007", "7"),
        ("1,250.00", "1250.00"),
        ("$1,250.75", "1250.75"),
        ("0.000000000001", "0.000000000001"),
    ],
)
def test_ways_to_write_an_amount(typed: str, amount: str) -> None:
    assert str(read_amount(typed)) == str(Decimal(amount))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("2,50", "Write 2.50 or 250."),
        ("1,250", "Write 1.250 or 1250."),
        ("1.250,00", "without commas"),
        ("1,25.00", "without commas"),
        ("-1", "cannot be negative"),
        ("\N{MINUS SIGN}1", "cannot be negative"),
        ("(1)", "cannot be negative"),
        ("1e999", "in full"),
        ("1E-6", "in full"),
        ("100000.01", "Check the unit"),
        ("0.0000000000001", "at most 12 digits after the point"),
        ("1" * 40, "Check the unit"),
        ("0." + "1" * 39, "at most 12 digits after the point"),
        ("9" * 5_000, "Shorten"),
    ],
)
def test_what_nobody_should_guess_at_is_refused_with_what_to_do(typed: str, says: str) -> None:
    with pytest.raises(AmountRefused, match=says.replace(".", r"\.")):
        read_amount(typed)


@pytest.mark.parametrize(
    "typed", ["", ".", "$", "NaN", "Infinity", "2.5.0", "two", "2 50", "0x10", "２", "٣", "2.50/M"]
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(AmountRefused, match="such as"):
        read_amount(typed)


@given(st.text(max_size=80))
def test_nothing_else_is_ever_raised(typed: str) -> None:
    try:
        amount = read_amount(typed)
    except AmountRefused:
        return
    assert 0 <= amount <= MOST
