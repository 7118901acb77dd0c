"""Exchange rates: dated, set by finance, applied to what is open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.bills.rates import (
    Applied,
    BadRates,
    RateLine,
    exchange_rates,
    missing_currencies,
    read_line,
    read_rates,
    remove_rate,
    set_rates,
)
from finops.bills.refusals import Gone
from tests.finops.bills.charges import NOW, assert_agreement, billed, charge, close, land
from tests.finops.ledger.usage import read

pytestmark = pytest.mark.django_db


def euros(day: str = "2026-10-05", amount: str = "10") -> object:
    return charge(day, billed_cost=amount, billing_currency="EUR")


def rate(worth: str, since: str = "2026-10-01", currency: str = "EUR") -> Applied:
    line = RateLine(currency, date.fromisoformat(since), Decimal(worth))
    return set_rates([line], by="Ann", now=NOW, origin="ECB")


def test_the_rate_of_a_day_is_the_latest_one_before_it() -> None:
    rate("1.10", "2026-09-01")
    rate("1.20", "2026-10-06")

    land(euros("2026-10-05"), euros("2026-10-06"), charge())

    assert read("SELECT exchange_rate FROM charges ORDER BY 1") == [
        (Decimal(1),),
        (Decimal("1.10"),),
        (Decimal("1.20"),),
    ]
    assert billed() == 11 + 12 + 10
    assert_agreement()


def test_a_day_before_the_first_rate_has_none() -> None:
    rate("1.10", "2026-10-06")

    land(euros("2026-10-05"))

    assert missing_currencies() == {"EUR": 1}


def test_a_rate_that_comes_later_values_what_is_there() -> None:
    land(euros(), charge())
    land(euros(), source="other")
    assert missing_currencies() == {"EUR": 2}

    assert rate("1.0842") == Applied(rates=1, charges=2)

    assert (billed(), missing_currencies()) == (Decimal("31.684"), {})
    assert rate("1.0842") == Applied(rates=0, charges=0)
    assert_agreement()


def test_what_waits_is_valued_as_well() -> None:
    land(*[euros()] * 4)
    land(euros())

    assert rate("2").charges == 5
    assert billed() == 80


def test_closed_months_keep_the_rate_they_were_closed_with() -> None:
    rate("1")
    land(euros("2026-09-05"), euros("2026-10-05"))
    rate("1", "2026-09-01")
    close("2026-09-01")

    rate("3", "2026-09-02")
    rate("2")

    assert (billed(day=date(2026, 9, 5)), billed(day=date(2026, 10, 5))) == (10, 20)
    assert_agreement()


def test_a_removed_rate_gives_way_to_the_one_before() -> None:
    rate("1.10", "2026-09-01")
    rate("1.20")
    land(euros())
    wrong = next(known for known in exchange_rates() if known.rate == Decimal("1.20"))

    assert remove_rate(wrong.pk) == Applied(rates=1, charges=1)

    assert billed() == 11
    with pytest.raises(Gone):
        remove_rate(wrong.pk)


def test_a_file_of_rates_is_read() -> None:
    lines = [
        "\ufeffCurrency, effective_from ,rate",
        "eur,2026-10-01,1.0842",
        "",
        "GBP,2026-10-01,1.3",
    ]
    text = "\r\n".join(lines)

    assert read_rates(text) == [
        RateLine("EUR", date(2026, 10, 1), Decimal("1.0842")),
        RateLine("GBP", date(2026, 10, 1), Decimal("1.3")),
    ]


WRONG_LINES = {
    "EUR,2026-10-01,0": "a rate is above 0",
    "EUR,2026-10-01,-1": "a rate is a number",
    'EUR,2026-10-01,"1,08"': "a rate is a number",
    "EUR,2026-10-01,1e400": "a rate is a number",
    "EUR,2026-10-01,NaN": "a rate is a number",
    "Euro,2026-10-01,1": "a currency is three letters",
    "USD,2026-10-01,1": "USD is the reporting currency",
    "EUR,1.10.2026,1": "a date reads",
    "EUR,2026-10-01": "a line holds",
    "=cmd(),2026-10-01,1": "a currency is three letters",
}


@pytest.mark.parametrize("line", WRONG_LINES)
def test_a_file_with_a_wrong_line_is_not_taken(line: str) -> None:
    with pytest.raises(BadRates, match=WRONG_LINES[line]) as refused:
        read_rates(f"currency,effective_from,rate\nGBP,2026-10-01,1.3\n{line}\n")

    assert [number for number, _ in refused.value.problems] == [3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "currency,rate\nEUR,1\n",
        "currency,effective_from,rate\n",
        "currency,effective_from,rate\nEUR,2026-10-01,1\nEUR,2026-10-01,2\n",
        "currency,effective_from,rate\n" + "x" * 500_001,
    ],
)
def test_a_file_that_is_none_is_not_taken(text: str) -> None:
    with pytest.raises(BadRates):
        read_rates(text)


def test_one_rate_is_read_as_it_was_typed() -> None:
    assert read_line(" eur ", "2026-10-01", " 1.10 ") == RateLine(
        "EUR", date(2026, 10, 1), Decimal("1.10")
    )
