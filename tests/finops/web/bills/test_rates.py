"""Exchange rates: looked at before they hold, all or nothing, by finance alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from finops.bills.rate_effect import effect_of
from finops.bills.rates import read_line, set_rates
from finops.models import ExchangeRate
from tests.finops.bills.charges import NOW, billed, charge, close, land

pytestmark = pytest.mark.django_db

ADDRESS = "/bills/rates/"
ONE = {"do": "typed", "currency": "eur", "effective_from": "2026-10-01", "rate": "1.25"}


@pytest.fixture
def client(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("finance")


def words(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def upload(client: Client, text: bytes) -> Any:
    return client.post(ADDRESS, {"do": "uploaded", "file": SimpleUploadedFile("rates.csv", text)})


def sheet_of(answer: Any) -> str:
    return unescape(
        re.findall(r"<textarea[^>]*>(.*?)</textarea>", answer.content.decode(), re.S)[0]
    )


def test_a_rate_is_looked_at_before_it_is_set(client: Client) -> None:
    land(charge(billing_currency="EUR", billed_cost="80"))
    looked = client.post(ADDRESS, ONE)

    assert not ExchangeRate.objects.exists()
    assert "In EUR 1 without a rate now, 0 then 1 $0 $100.00 +$100.00" in words(looked)
    done = client.post(ADDRESS, {"do": "save", "sheet": sheet_of(looked)}, follow=True)
    assert "1 rate set; 1 charge of open months valued by them" in words(done)
    assert billed() == 100
    rate = ExchangeRate.objects.get()
    assert (rate.currency, rate.rate, rate.set_by) == ("EUR", Decimal("1.25"), "Test finance")


def test_what_a_rate_changes_is_what_setting_it_changes() -> None:
    land(*(charge(f"2026-10-{day:02}", billing_currency="EUR") for day in (1, 10, 20)))
    land(charge("2026-09-01", billing_currency="EUR"), source="closed")
    set_rates([read_line("EUR", "2026-09-05", "1.1")], by="Ann", now=NOW)
    close("2026-09-01")
    lines = [read_line("EUR", "2026-10-10", "2"), read_line("GBP", "2026-10-10", "3")]
    before = billed()
    eur, gbp = effect_of(lines)
    set_rates(lines, by="Ann", now=NOW)

    assert eur.change == billed() - before == Decimal(18)
    assert (eur.charges, eur.unconverted, eur.still_unconverted) == (3, 0, 0)
    assert (gbp.charges, gbp.change) == (0, 0)


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("currency", "EURO", "at most 3"),
        ("currency", "usd", "always worth 1"),
        ("currency", "=1", "three letters"),
        ("effective_from", "1.10.2026", "2026-11-02"),
        ("rate", "1,25", "such as 1.0842"),
        ("rate", "0", "above 0"),
        ("rate", "-1", "above 0"),
        ("rate", "", "required"),
    ],
)
def test_what_is_no_rate_is_said_beside_its_field(
    client: Client, field: str, typed: str, told: str
) -> None:
    answer = client.post(ADDRESS, ONE | {field: typed})
    assert answer.status_code == 422
    assert f'href="#id_{field}"' in answer.content.decode()
    assert told in words(answer)


def test_a_file_is_shown_line_by_line_and_taken_whole(client: Client) -> None:
    set_rates([read_line("EUR", "2026-09-01", "1.1")], by="Ann", now=NOW)
    lines = (b"EUR,2026-09-01,1.1", b"EUR,2026-10-01,1.2", b"GBP,2026-10-01,1.3")
    text = b"\n".join((b"\xef\xbb\xbfcurrency,effective_from,rate", *lines))
    looked = upload(client, text)

    assert "3 rates to set" in words(looked)
    assert "Unchanged" in words(looked)
    client.post(ADDRESS, {"do": "save", "sheet": sheet_of(looked)})
    assert client.get(f"{ADDRESS}rates.csv").content.decode().splitlines() == [
        "currency,effective_from,rate",
        "EUR,2026-10-01,1.2",
        "EUR,2026-09-01,1.1",
        "GBP,2026-10-01,1.3",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "Choose a file"),
        (b"EUR,2026-10-01,1.2\n", "Line 1: the first line reads"),
        (b"currency,effective_from,rate\nEUR,2026-10-01,x\n", "Line 2: a rate is a number"),
        (b"currency,effective_from,rate\n" + b"EUR,2026-10-01,1\n" * 2, "Line 3: a rate of this"),
        (b"\xff\xfe\xfd", "no text"),
        (b"PK\x03\x04\xff\xff", "no text"),
    ],
)
def test_a_file_with_a_wrong_line_sets_nothing(client: Client, text: bytes, told: str) -> None:
    answer = upload(client, text)
    assert answer.status_code == 422
    assert told in words(answer)
    assert not ExchangeRate.objects.exists()


def test_a_file_that_is_too_large_is_read_no_further(client: Client) -> None:
    assert upload(client, b"x" * 1_100_000).status_code == 413


def test_a_rate_can_be_removed_once(client: Client) -> None:
    land(charge(billing_currency="EUR", billed_cost="80"))
    set_rates([read_line("EUR", "2026-10-01", "1.25")], by="Ann", now=NOW)
    rate = ExchangeRate.objects.get()

    done = client.post(f"{ADDRESS}{rate.pk}/remove/", follow=True)
    assert "1 charge of open months valued without it" in words(done)
    assert "1 charge in EUR" in words(done)
    again = client.post(f"{ADDRESS}{rate.pk}/remove/", follow=True)
    assert "not there any more" in words(again)


@pytest.mark.parametrize("role", ["viewer", "executive", "engineering", "datascience"])
def test_only_finance_and_admins_set_rates(signed_in: Callable[[str], Client], role: str) -> None:
    ExchangeRate.objects.create(currency="EUR", effective_from=date(2026, 1, 1), rate=1)
    client = signed_in(role)
    page = client.get(ADDRESS)

    assert "See what it does" not in words(page)
    assert client.post(ADDRESS, ONE).status_code == 403
    assert client.post(f"{ADDRESS}1/remove/").status_code == 403


def test_a_form_without_its_token_sets_nothing() -> None:
    from tests.conftest import client_of

    client = client_of("finance")
    client.handler.enforce_csrf_checks = True
    assert client.post(ADDRESS, {"do": "save", "sheet": "x"}).status_code == 403
