"""A person decides about bills that wait: who, when and why are kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from finops.bills.holding import discard_held, publish_held
from finops.bills.refusals import Gone, Refused
from finops.models import BillSnapshot
from finops.months.closed import MonthClosed
from tests.finops.bills.charges import NOW, assert_agreement, billed, charge, close, land, reopen
from tests.finops.ledger.usage import read

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def held() -> BillSnapshot:
    """A month that shrank to one of its four charges."""
    land(*[charge()] * 4)
    (bill,) = land(charge(billed_cost="9"))
    return bill


def decide(bill: BillSnapshot, *, reason: str = "The credit is right") -> BillSnapshot:
    return publish_held(bill.pk, by="Ann", reason=reason, now=LATER)


def test_a_published_one_becomes_the_bill() -> None:
    bill = decide(held())

    bill.refresh_from_db()
    assert (bill.status, bill.decided_by, bill.decided_at, bill.published_at) == (
        "current",
        "Ann",
        LATER,
        LATER,
    )
    assert bill.decision_reason == "The credit is right"
    assert (billed(), bill.rows) == (9, 1)
    assert BillSnapshot.objects.get(version=1).status == "superseded"
    assert_agreement()


def test_a_discarded_one_leaves_its_totals() -> None:
    bill = discard_held(held().pk, by="Ann", reason="A broken export", now=LATER)

    bill.refresh_from_db()
    assert (bill.status, bill.decided_by, bill.totals["USD"]["rows"]) == ("discarded", "Ann", 1)
    assert read("SELECT count(*) FROM charges") == [(4,)]
    assert billed() == 40


def test_it_is_compared_with_what_counts_by_then() -> None:
    bill = held()
    land(*[charge()] * 5)

    assert decide(bill).diff["text"] == "October restated: −$41.00 in 1 service"
    assert_agreement()


def test_days_that_it_does_not_cover_stay() -> None:
    land(*[charge()] * 4, charge("2026-10-20"))
    (bill,) = land(charge())

    decide(bill)

    assert (billed(), billed(day=date(2026, 10, 20))) == (20, 10)


def test_nothing_is_published_over_a_closed_month_until_it_is_reopened() -> None:
    land(charge())
    close("2026-10-01")
    (bill,) = land(charge(billed_cost="11"))

    with pytest.raises(MonthClosed, match="October 2026 is closed"):
        decide(bill)
    assert billed() == 10

    reopen("2026-10-01")
    decide(bill)
    assert billed(accounting_month=date(2026, 10, 1)) == 11
    assert_agreement()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2_001])
def test_a_decision_needs_a_reason(reason: str) -> None:
    bill = held()

    with pytest.raises(Refused):
        decide(bill, reason=reason)
    with pytest.raises(Refused):
        discard_held(bill.pk, by="Ann", reason=reason, now=LATER)


def test_what_was_decided_is_decided() -> None:
    bill = held()
    decide(bill)

    with pytest.raises(Gone):
        discard_held(bill.pk, by="Bob", reason="too late", now=LATER)
    with pytest.raises(Gone):
        publish_held(0, by="Bob", reason="there is none", now=LATER)
