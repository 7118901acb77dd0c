"""Versions of bills: their totals to the last digit, what they changed, and who decides of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from finops.models import BillSnapshot, Person
from tests.finops.bills.charges import charge, close, land

pytestmark = pytest.mark.django_db

SCORE = {
    "standard": "FOCUS 1.2",
    "rows": 2,
    "rules": 40,
    "percent": 97.5,
    "findings": [
        {"rule": "r", "level": "error", "column": "<b>Tags", "says": "is", "rows": 2, "lines": [2]}
    ],
}


@pytest.fixture
def client(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("finance")


def words(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def held() -> BillSnapshot:
    """A version that waits: it shrank to a quarter."""
    land(*[charge("2026-10-31")] * 4)
    (bill,) = land(charge("2026-10-31", billed_cost="9"))
    assert bill.status == BillSnapshot.HELD
    return bill


def decide(client: Client, bill: BillSnapshot, decision: str, reason: str = "The credit is right"):  # type: ignore[no-untyped-def]  # Django's test answer
    return client.post(
        f"/bills/snapshots/{bill.pk}/decide/", {"decision": decision, "reason": reason}
    )


def test_totals_are_shown_to_the_last_digit(client: Client) -> None:
    (bill,) = land(
        charge(billed_cost="1000.123456789012345678", list_cost=None), charge(billed_cost=None)
    )
    told = words(client.get(f"/bills/snapshots/{bill.pk}/"))

    assert "Billed $1,000.123456789012345678 1" in told
    assert "List not stated 2" in told
    assert f"import {bill.import_id}" in told


def test_a_score_names_rules_and_first_lines(client: Client) -> None:
    (bill,) = land(charge(), score=SCORE)
    answer = client.get(f"/bills/snapshots/{bill.pk}/")

    assert "97.5% by the rules of FOCUS 1.2" in words(answer)
    assert "&lt;b&gt;Tags" in answer.content.decode()


def test_a_restatement_is_told_in_words_and_by_service(client: Client) -> None:
    land(charge(service_name="Models", billed_cost="500"), charge(service_name="Disks"))
    (bill,) = land(charge(service_name="Models", billed_cost="450"), charge(service_name="Disks"))
    told = words(client.get(f"/bills/snapshots/{bill.pk}/"))

    assert "October restated: −$50.00 in 1 service" in told
    assert "Models $500.00 $450.00 −$50.00" in told
    assert "Whole bill $510.00 $460.00 −$50.00" in told
    assert "Version 1 Replaced" in told


def test_the_list_is_narrowed_and_refuses_nonsense(client: Client) -> None:
    land(charge("2026-09-01"), charge("2026-10-01"), source="one")
    land(charge("2026-10-01"), source="two")

    for query, count in (("", 3), ("?month=2026-10", 2), ("?source=one", 2), ("?status=held", 0)):
        assert f"{count} version" in words(client.get(f"/bills/snapshots/{query}"))
    assert client.get("/bills/snapshots/?month=never").status_code == 400
    assert client.get("/bills/snapshots/0/").status_code == 404


@pytest.mark.parametrize(("decision", "status"), [("publish", "current"), ("discard", "discarded")])
def test_a_decision_is_kept_with_who_and_why(client: Client, decision: str, status: str) -> None:
    bill = held()
    answer = decide(client, bill, decision)
    bill.refresh_from_db()

    assert answer.status_code == 302
    assert bill.status == status
    assert (bill.decided_by, bill.decision_reason) == ("Test finance", "The credit is right")
    assert "The credit is right" in words(client.get(answer.url))
    assert "waits no longer" in words(client.get(decide(client, bill, decision).url))


@pytest.mark.parametrize(
    ("decision", "reason"), [("publish", "short"), ("", "long enough a reason")]
)
def test_a_decision_needs_a_reason(client: Client, decision: str, reason: str) -> None:
    bill = held()
    answer = decide(client, bill, decision, reason)
    bill.refresh_from_db()

    assert answer.status_code == 422
    assert "There is a problem" in words(answer)
    assert bill.status == BillSnapshot.HELD


def test_a_closed_month_refuses_and_says_who_can_open_it(client: Client) -> None:
    land(charge("2026-10-31"))
    close("2026-10-01")
    (bill,) = land(charge("2026-10-31", billed_cost="11"))

    page = words(client.get(f"/bills/snapshots/{bill.pk}/"))
    assert "October 2026 is closed, so this version cannot be published" in page
    assert "Publish this version" not in page
    answer = decide(client, bill, "publish")
    assert answer.status_code == 409
    assert "October 2026 is closed" in words(answer)


@pytest.mark.parametrize("role", ["viewer", "executive", "datascience"])
def test_whoever_may_not_import_bills_decides_nothing(
    signed_in: Callable[[str], Client], role: str
) -> None:
    bill = held()
    client = signed_in(role)

    assert decide(client, bill, "discard").status_code == 403
    assert "Publish this version" not in words(client.get(f"/bills/snapshots/{bill.pk}/"))
    assert Person.objects.count() == 1
