"""The explorer of charges: what it shows sums, its links keep their word, and it has bounds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs

import pytest
from django.test import Client

from finops.bills.exploring import COLUMNS
from finops.web.bills import charges
from finops.web.bills.asked import read
from finops.web.bills.choices import COLUMN_NAMES
from tests.finops.bills.charges import charge, land
from tests.finops.ledger.usage import read as rows_of

pytestmark = pytest.mark.django_db

OCTOBER = "/bills/charges/?month=2026-10"
FILE = "/bills/charges/charges.csv?month=2026-10"
HOSTILE = {
    "script": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+1+1",
    "right to left": "\N{RIGHT-TO-LEFT OVERRIDE}desrever",
    "long": "x" * 500,
    "emoji": "🧾 & 100% a/b?c#d;e,f=g+h",
}

Ask = Callable[..., Any]


@pytest.fixture
def ask(signed_in: Callable[[str], Client]) -> Ask:
    client = signed_in("viewer")

    def get(address: str = OCTOBER, status: int = 200) -> str:
        answer = client.get(address)
        assert answer.status_code == status, address
        return b"".join(answer).decode() if answer.streaming else answer.content.decode()

    return get


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def october() -> None:
    land(
        charge("2026-10-01", service_name="Compute", billed_cost="1234.5", list_cost="2000"),
        charge("2026-10-02", service_name="Models", billed_cost="12.345678901"),
        charge("2026-10-03", service_name="Models", billed_cost="-2", charge_category="Credit"),
    )


def test_every_column_that_can_be_asked_for_has_a_name() -> None:
    assert set(COLUMN_NAMES) == set(COLUMNS)


def test_groups_show_four_costs_that_sum(ask: Ask, october: None) -> None:
    page = words(ask())

    assert "$1,245 billed, 3 charges" in page
    assert "Compute $1,235 99.2% $1,235 $2,000 — 1" in page
    assert "Total $1,245" in page


def test_a_value_leads_to_its_charges_and_on(ask: Ask, october: None) -> None:
    links = [unescape(link) for link in re.findall(r'href="(\?[^"]+)"', ask())]
    narrowed = [parse_qs(link[1:]) for link in links if "service=Models" in link]

    assert {tuple(each["by"]) for each in narrowed} == {("provider",), ("service",)}
    (lines,) = [link for link in links if "service=Models" in link and "show=lines" in link]
    page = words(ask(f"/bills/charges/{lines}"))
    assert "2 charges, $10.35 billed" in page


@pytest.mark.parametrize("name", COLUMNS)
def test_any_column_shows_as_page_and_as_file(ask: Ask, october: None, name: str) -> None:
    assert "Total $1,245" in words(ask(f"{OCTOBER}&by={name}"))
    told = table(ask(f"{FILE}&by={name}"))
    assert sum(Decimal(row["billed_cost"]) for row in told) == Decimal("1244.845678901")
    assert sum(int(row["charges"]) for row in told) == 3


def test_pages_of_groups_hold_each_once(ask: Ask) -> None:
    land(*(charge(service_name=f"service {n}") for n in range(charges.PAGE_SIZE + 3)))
    first, second = ask(), ask(f"{OCTOBER}&page=2")

    assert "3 others on other pages" in words(first)
    assert "50 others on other pages" in words(second)
    names = re.findall(r">service \d+<", first + second)
    assert len(names) == len(set(names)) == charges.PAGE_SIZE + 3
    assert ask(f"{OCTOBER}&page=99").count("service 1<") == 1


def test_pages_of_lines_lead_on_to_the_last(ask: Ask) -> None:
    land(*(charge(charge_description=f"line {n}") for n in range(charges.PAGE_SIZE + 2)))
    first = ask(f"{OCTOBER}&show=lines")
    (onward,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = ask(f"/bills/charges/{unescape(onward)}")

    seen = re.findall(r">line \d+<", first + second)
    assert len(seen) == len(set(seen)) == charges.PAGE_SIZE + 2
    assert 'rel="next"' not in second


def test_a_search_finds_lines_and_says_what_they_sum_to(ask: Ask, october: None) -> None:
    page = words(ask("/bills/charges/?month=2026-10&show=lines&q=MODELS"))
    assert "2 charges, $10.35 billed" in page
    assert "No line has these words" in ask("/bills/charges/?month=2026-10&show=lines&q=zzz")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_shown_and_never_run(ask: Ask, name: str) -> None:
    text = HOSTILE[name]
    land(
        charge(
            service_name=text,
            charge_description=text,
            billing_account_id=text,
            billing_account_name=text,
            sub_account_id=text,
            resource_id=text,
            tags={"team": text, text[:99]: text},
            extra={text[:99]: text},
        )
    )
    ((number,),) = rows_of("SELECT id FROM charges")
    for address in (OCTOBER, f"{OCTOBER}&by=account", f"{OCTOBER}&show=lines"):
        page = ask(address)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "<img src=x" not in ask(f"/bills/charges/{number}/")
    for file in (f"{FILE}&by=service,account", f"{FILE}&show=lines"):
        for row in csv.reader(io.StringIO(ask(file))):
            assert not [cell for cell in row if cell.startswith(("=", "+", "@"))]


def test_a_file_of_lines_is_exact_and_bounded(ask: Ask, october: None) -> None:
    told = table(ask(f"{FILE}&show=lines"))

    assert [Decimal(row["billed_cost"]) for row in told] == [
        Decimal("1234.5"),
        Decimal("12.345678901"),
        Decimal(-2),
    ]
    assert [row["contracted_cost"] for row in told] == ["", "", ""]
    with patch.object(charges, "MOST_LINES", 2):
        assert "3 charges are more than a file holds" in ask(f"{FILE}&show=lines", status=400)


def test_one_charge_tells_all_that_the_bill_says(ask: Ask) -> None:
    (bill,) = land(
        charge(
            billed_cost="0.000000000123",
            list_cost=None,
            billing_currency="EUR",
            invoice_id="INV-7",
            tags={"team": "growth"},
            extra={"x_Cluster": "blue"},
        )
    )
    ((number,),) = rows_of("SELECT id FROM charges")
    page = words(ask(f"/bills/charges/{number}/"))

    for told in ("€0.000000000123", "no rate", "not stated", "INV-7", "x_Cluster blue", "growth"):
        assert told in page
    assert f"line 1 of import {bill.import_id}" in page
    ask("/bills/charges/999999999/", status=404)


@pytest.mark.parametrize(
    "wrong",
    [
        "by=color",
        "by=service,kind,model,team",
        "time=paid",
        "month=x",
        "page=0",
        "day=yesterday",
        "narrow=color",
        f"service={'x' * 501}",
        "service=%00",
    ],
)
def test_what_makes_no_sense_is_refused(ask: Ask, wrong: str) -> None:
    ask(f"/bills/charges/?{wrong}", status=400)


@pytest.mark.parametrize("name", COLUMNS)
def test_values_are_offered_to_narrow_by(ask: Ask, october: None, name: str) -> None:
    assert "Add this filter" in ask(f"{OCTOBER}&narrow={name}")


def test_an_address_says_again_what_was_asked() -> None:
    query = {"month": ["2026-10"], "by": ["kind", "model"], "team": ["a", "b"], "q": ["x y"]}
    wanted = read(query | {"show": ["lines"], "time": ["charge"]})
    assert read(parse_qs(wanted.address[1:])) == wanted


def test_a_filter_that_nothing_matches_says_so(ask: Ask, october: None) -> None:
    assert "No charges like this" in ask(f"{OCTOBER}&service=nothing")
