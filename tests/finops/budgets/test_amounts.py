"""Amounts of budgets: forgiving where there is one reading, plain where there are two."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.budgets.amounts import (
    CURRENCY_NAMES,
    MOST,
    AmountRefused,
    currency_name,
    read_amount,
    write_amount,
)

CENTS = st.decimals(min_value=0, max_value=MOST, places=2)
CURRENCIES = st.sampled_from(["USD", "EUR", "GBP", "CHF", "INR"])


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("12000", "12000.00"),
        ("12,000", "12000.00"),
        ("12 000", "12000.00"),
        ("12\N{NARROW NO-BREAK SPACE}000", "12000.00"),
        ("12\N{NO-BREAK SPACE}000.50", "12000.50"),
        ("1\N{THIN SPACE}234\N{THIN SPACE}567", "1234567.00"),
        ("12'000", "12000.00"),
        ("$12k", "12000.00"),
        ("$12 K", "12000.00"),
        ("1.5m", "1500000.00"),
        ("1.5 million", "1500000.00"),
        ("14.862k", "14862.00"),
        ("US$ 14,862.07", "14862.07"),
        ("14,862 USD", "14862.00"),
        ("usd 5", "5.00"),
        ("  $ 5  ", "5.00"),
        ("\N{ZERO WIDTH SPACE}5\t", "5.00"),
        (".5", "0.50"),
        ("12.", "12.00"),
        ("0", "0.00"),
    ],
)
def test_what_has_one_reading_is_taken(typed: str, amount: str) -> None:
    assert str(read_amount(typed)) == amount


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Enter an amount, such as 12,000."),
        ("$", "Enter an amount, such as 12,000."),
        ("-5", "Enter 0 or more. A line cannot be negative."),
        ("-$5", "Enter 0 or more. A line cannot be negative."),
        ("$-5", "Enter 0 or more. A line cannot be negative."),
        ("\N{MINUS SIGN}5", "Enter 0 or more. A line cannot be negative."),
        ("(5)", "Enter 0 or more. A line cannot be negative."),
        ("NaN", "Enter an amount in digits, such as 12,000."),
        ("Infinity", "Enter an amount in digits, such as 12,000."),
        ("twelve", "Enter an amount in digits, such as 12,000."),
        ("\N{VULGAR FRACTION ONE HALF}", "Enter an amount in digits, such as 12,000."),
        ("12\N{SUPERSCRIPT TWO}", "Enter an amount in digits, such as 12,000."),
        ("\N{ARABIC-INDIC DIGIT THREE}", "Enter an amount in digits, such as 12,000."),
        ("\N{RIGHT-TO-LEFT OVERRIDE}21", "Enter an amount in digits, such as 12,000."),
        ("=1+1", "Enter an amount in digits, such as 12,000."),
        ("12 00", "Enter an amount in digits, such as 12,000."),
        ("1.500.000", "Enter an amount in digits, such as 12,000."),
        ("1,2,3", "Put commas between thousands only, such as 12,000."),
        ("0,500", "Put commas between thousands only, such as 12,000."),
        ("1,000 000", "Put commas between thousands only, such as 12,000."),
        ("12,5", "Write a point before the cents: 12.50."),
        ("1.500,00", "Write a point before the cents: 1500.00."),
        ("12.500", "“12.500” can be read in two ways. Write 12,500 or 12.50."),
        ("12.3456", "Enter whole cents: at most two digits after the point."),
        ("1.1234567891k", "Enter whole cents: at most two digits after the point."),
        ("12,000k", "Write it without “k”, such as 12,000, or without commas."),
        ("12e3", "Write the amount in full, such as 12,000."),
        ("90%", "Enter US dollars, not a percentage, such as 12,000."),
        ("€12", "Amounts are in US dollars. Take “€” out, or convert first."),
        ("12 CHF", "Amounts are in US dollars. Take “CHF” out, or convert first."),
        ("9" * 30, "Enter at most $99,999,999,999.99. Check the zeros."),
        ("9" * 41, "Shorten the amount. Write digits, such as 12,000."),
    ],
)
def test_what_has_none_or_two_is_refused_with_a_way_to_fix_it(typed: str, says: str) -> None:
    with pytest.raises(AmountRefused) as refused:
        read_amount(typed)
    assert str(refused.value) == says


def test_another_organisation_has_another_currency() -> None:
    assert read_amount("€12k", "EUR") == 12_000
    assert read_amount("CHF 12'000", "CHF") == 12_000
    with pytest.raises(AmountRefused, match="Amounts are in euros"):
        read_amount("$12", "EUR")
    assert {currency_name(code) for code in CURRENCY_NAMES} == set(CURRENCY_NAMES.values())
    assert currency_name("CHF") == "CHF"


def test_an_amount_is_echoed_as_it_was_understood() -> None:
    assert write_amount(read_amount("12k")) == "$12,000"
    assert write_amount(Decimal("12000.5")) == "$12,000.50"
    assert write_amount(None) == ""


@given(amount=CENTS, currency=CURRENCIES)
def test_what_is_echoed_reads_back_to_the_same_amount(amount: Decimal, currency: str) -> None:
    assert read_amount(write_amount(amount, currency), currency) == amount


@given(amount=CENTS, mark=st.sampled_from([",", " ", "\N{NARROW NO-BREAK SPACE}", ""]))
def test_how_thousands_are_parted_makes_no_difference(amount: Decimal, mark: str) -> None:
    assert read_amount(f"{amount:,.2f}".replace(",", mark)) == amount


@given(thousands=st.integers(0, 10**7))
def test_k_is_a_thousand(thousands: int) -> None:
    assert read_amount(f"{thousands}k") == thousands * 1000


@given(text=st.text(max_size=60), currency=CURRENCIES)
def test_any_text_is_an_amount_in_whole_cents_or_is_refused(text: str, currency: str) -> None:
    with suppress(AmountRefused):
        amount = read_amount(text, currency)
        assert 0 <= amount <= MOST
        assert amount == amount.quantize(Decimal("0.01"))
