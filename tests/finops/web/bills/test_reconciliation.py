"""The reconciliation pages: months beside each other, one month whole, and who may say what."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from finops.models import (
    PriceProposal,
    Reconciliation,
    ReconciliationEvent,
    ReconciliationLine,
    ReconciliationTolerance,
)
from finops.models.reconciliation import PARTS
from finops.reconciliation.findings import Driver, Finding
from finops.web.bills.reconciliation import words
from finops.web.bills.reconciliation.bridge import WIDTH, bridge
from tests.finops.reconciliation.bills_and_calls import OCTOBER, close, compared

SignedIn = Callable[[str], Client]
HOSTILE = "<script>alert(1)</script>\u202e" + "k" * 300
ROLES = ("viewer", "executive", "engineering", "datascience", "finance", "admin")


def line(row: Reconciliation, **fields: Any) -> ReconciliationLine:
    told: dict[str, Any] = {
        "model": "gpt-4o",
        "token_kind": "output",
        "metered_quantity": 100,
        "billed_quantity": 200,
        "metered": "10",
        "billed": "20",
        "book_price": "0.1",
        "billed_price": "0.1",
        "missing_logs": "10",
    }
    return ReconciliationLine.objects.create(reconciliation=row, **(told | fields))


def page(client: Client, row: Reconciliation, query: str = "") -> str:
    answer = client.get(f"/bills/reconciliation/{row.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
def test_months_stand_beside_each_other(signed_in: SignedIn) -> None:
    row = compared()
    answer = signed_in("viewer").get("/bills/reconciliation/?until=2026-11").content.decode()
    assert f'href="/bills/reconciliation/{row.pk}/"' in answer
    assert "Investigating" in answer
    assert "+$100.00 (10.0%)" in answer
    assert "90.0%" in answer  # metered of billed
    empty = signed_in("viewer").get("/bills/reconciliation/?until=2020-01").content.decode()
    assert "Nothing is known of these months" in empty
    assert signed_in("viewer").get("/bills/reconciliation/?until=x").status_code == 400


@pytest.mark.django_db
def test_a_month_walks_from_metered_to_billed(signed_in: SignedIn) -> None:
    row = compared(missing_logs="110", unexplained="-10")
    line(row)
    answer = page(signed_in("viewer"), row)
    for told in (
        "$900.00",
        "+$110.00",
        "\N{MINUS SIGN}$10.00",
        "$1,000",
        "mostly output of gpt-4o",
    ):
        assert told in answer
    assert "has no name: 1.0% of the bill" in answer


@pytest.mark.django_db
def test_names_from_outside_stay_text_and_files_run_no_formula(signed_in: SignedIn) -> None:
    row = compared(provider=HOSTILE[:200])
    line(row, credential=HOSTILE, finding="unlogged_key", unlogged_keys="10", missing_logs="0")
    line(row, model="=cmd|' /C calc'!A0")
    client = signed_in("finance")
    ReconciliationEvent.objects.create(
        provider=row.provider, month=OCTOBER, kind="investigate", reason=HOSTILE, by=HOSTILE[:200]
    )
    for answer in (page(client, row), client.get("/bills/reconciliation/").content.decode()):
        assert "<script>alert" not in answer
    file = client.get(f"/bills/reconciliation/{row.pk}/lines.csv")
    told = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert [each["model"][:2] for each in told if each["model"] != "gpt-4o"] == ["'="]
    assert file["Content-Disposition"].endswith(f'"reconciliation-{row.pk}-2026-10.csv"')


@pytest.mark.django_db
def test_lines_are_narrowed_paged_and_told_by_day(signed_in: SignedIn) -> None:
    row, client = compared(), signed_in("viewer")
    for number in range(60):
        line(row, credential=f"key {number:02}", day=OCTOBER)
    line(row, model="o1", token_kind="", price="5", missing_logs="0", billed="15")
    assert "61 lines" in page(client, row)
    assert "Page 2 of 2" in page(client, row, "?page=2")
    assert "1 line<" in page(client, row, "?part=price").replace("\n", "").replace("  ", "")
    narrow = page(client, row, "?credential=key+07&by=day")
    assert "1 Oct 2026" in narrow
    assert "key 08" not in narrow
    for wrong in ("?part=nothing", "?page=x&part=pk"):
        assert client.get(f"/bills/reconciliation/{row.pk}/{wrong}").status_code == 400
    assert "No line is like this" in page(client, row, "?model=%00nobody&page=9999999999")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_who_may_say_what(role: str, signed_in: SignedIn) -> None:
    """Everybody but viewers takes a month up; finance and admins accept it and set tolerances."""
    row, client = compared(), signed_in(role)
    shown = page(client, row)
    takes_part, sets = role != "viewer", role in {"finance", "admin"}
    assert ("Look into it" in shown, "Accept the difference" in shown) == (takes_part, sets)

    def said(act: str, **fields: str) -> int:
        return client.post(f"/bills/reconciliation/{row.pk}/{act}/", fields).status_code

    assert said("investigate", **{"investigate-reason": "why"}) == (302 if takes_part else 403)
    accepts = {"accept-reason": "fine", "accept-seen": row.inputs_hash}
    assert said("accept", **accepts) == (302 if sets else 403)
    tolerances = client.post("/bills/reconciliation/tolerances/", _limits())
    assert tolerances.status_code == (302 if sets else 403)
    if not sets:
        ReconciliationEvent.objects.create(
            provider="openai", month=OCTOBER, kind="accept", amount=100, by="Maya"
        )
        assert said("give-back", **{"back-reason": "no"}) == 403  # what finance said stays


def _limits(**fields: str) -> dict[str, str]:
    return {
        "provider": "",
        "matched_amount": "2",
        "matched_percent": "1",
        "explained_percent": "5",
        "days_until_due": "3",
    } | fields


def acted(client: Client, row: Reconciliation, act: str, **fields: str) -> HttpResponse:
    answer = client.post(f"/bills/reconciliation/{row.pk}/{act}/", fields, follow=True)
    assert isinstance(answer, HttpResponse)
    return answer


@pytest.mark.django_db
def test_finance_accepts_and_gives_back_with_a_reason(signed_in: SignedIn) -> None:
    row, client = compared(), signed_in("finance")
    nothing = acted(client, row, "accept", **{"accept-seen": row.inputs_hash})
    assert nothing.status_code == 422
    assert b'href="#id_accept-reason"' in nothing.content
    late = acted(client, row, "accept", **{"accept-seen": "b" * 64, "accept-reason": "Known"})
    assert (late.status_code, b"The figures have changed since" in late.content) == (422, True)
    given = {"accept-seen": row.inputs_hash, "accept-reason": "Known, see ticket"}
    shown = acted(client, row, "accept", **given).content.decode()
    assert "Test finance accepted the difference" in shown
    assert "Known, see ticket" in shown
    shown = acted(client, row, "give-back", **{"back-reason": "Not known"}).content.decode()
    assert "Test finance gave it back" in shown


@pytest.mark.django_db
def test_a_closed_month_takes_nothing(signed_in: SignedIn) -> None:
    row, client = compared(), signed_in("finance")
    close()
    assert "Locked" in page(client, row)
    assert "Look into it" not in page(client, row)
    answer = acted(client, row, "investigate", **{"investigate-reason": "why"})
    assert (answer.status_code, b"October 2026 is closed" in answer.content) == (422, True)


@pytest.mark.django_db
def test_a_price_that_the_bill_implies_is_proposed_by_a_button(signed_in: SignedIn) -> None:
    row, client = compared(), signed_in("datascience")
    line(row, finding="price", price="10", missing_logs="0", billed_price="0.000012")
    assert "Propose this price" in page(client, row)
    assert "Propose this price" not in page(signed_in("viewer"), row)
    answer = client.post(f"/bills/reconciliation/{row.pk}/price/", {"model": "gpt-4o"})
    proposal = PriceProposal.objects.get()
    assert answer["Location"] == f"/prices/proposals/{proposal.pk}/"
    again = acted(client, row, "price", model="gpt-4o")
    assert b"has proposed this price already" in again.content


@pytest.mark.django_db
def test_tolerances_are_checked_and_kept(signed_in: SignedIn) -> None:
    compared()
    client, address = signed_in("finance"), "/bills/reconciliation/tolerances/"
    wrong = client.post(address, _limits(explained_percent="0.5", provider="nobody"))
    assert wrong.status_code == 422
    assert b"Enter at least the percentage for matched" in wrong.content
    client.post(address, _limits(provider="openai"))
    held = ReconciliationTolerance.objects.get(provider="openai")
    assert held.matched_amount == 2
    assert 'value="2.00"' in client.get(f"{address}?provider=openai").content.decode()
    client.post(address, _limits(provider="openai", unset="1"))
    assert not ReconciliationTolerance.objects.exists()


@pytest.mark.django_db
def test_the_api_answers_what_the_contract_says(signed_in: SignedIn) -> None:
    compared(missing_logs="110", unexplained="-10")
    client = signed_in("viewer")
    answer = client.get("/api/v1/reconciliation/?period=2026-10")
    assert answer.status_code == 200
    assert set(answer.json()) == {"period", "providers"}
    for wrong in ("", "?period=2026-13", "?period=10-2026", "?period=0001-01"):
        assert client.get(f"/api/v1/reconciliation/{wrong}").status_code == 400
    assert Client().get("/api/v1/reconciliation/?period=2026-10").status_code == 401


@pytest.mark.parametrize(
    ("metered", "amounts"),
    [
        (D("9640"), ("35", "120", "260", "180", "-150", "-100", "15")),
        (D("0"), ("0", "0", "70", "0", "0", "0", "0")),
        (D("5"), ("0", "0", "0", "0", "0", "-60", "0")),
        (D("1E-12"), ("0",) * 7),
        (D("1E+12"), ("1E-9",) + ("0",) * 6),
    ],
)
def test_every_bar_of_the_bridge_begins_where_the_one_before_ended(
    metered: D, amounts: tuple[str, ...]
) -> None:
    told = dict(zip(PARTS, map(D, amounts), strict=True))
    row = Reconciliation(metered=metered, billed=metered + sum(told.values()), **told)
    steps = bridge(row, {}, "USD").steps
    assert steps[-2].running == row.billed
    for step in steps:
        assert 0 <= D(step.x) <= D(step.x) + D(step.width) <= WIDTH


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (
            Finding("unlogged_key", "", "k1", "", "", D(260), None, None),
            "k1 was billed $260.00 and is in no log of the month.",
        ),
        (
            Finding("not_billed", "", "k1", "o1", "", D(30), None, None),
            "o1, k1 was logged for $30.00 and is on no bill.",
        ),
        (
            Finding("price", "", "", "o1", "output", D(1), D("0.00001"), D("0.000012")),
            "o1, output: the bill asks $12.00 a million tokens, the calls $10.00.",
        ),
        (
            Finding("price", "", "", "o1", "input", D(1), None, D("0.000012")),
            "o1, input: the bill asks $12.00 a million tokens, the book has no price.",
        ),
    ],
)
def test_a_finding_is_a_sentence(found: Finding, says: str) -> None:
    assert words.finding(found, "USD") == says


def test_what_most_of_a_part_is_due_to_is_named() -> None:
    told = words.mostly(Driver("o1", "cache_write", "k1", D("-5")), "USD")
    assert told == "mostly cache write of o1, k1: \N{MINUS SIGN}$5.00"
    assert words.mostly(Driver("", "", "", D(5)), "USD") == ""
