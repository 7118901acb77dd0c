"""A delivery that is deleted goes from every bill; what it replaced does not come back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.bills.delete import delete_charges, preview
from finops.models import BillSnapshot
from finops.months.closed import MonthClosed
from ingest.deletion import delete_import, preview_deletion
from ingest.models import Import
from tests.finops.bills.charges import NOW, assert_agreement, billed, charge, close, land
from tests.finops.ledger.usage import read

pytestmark = pytest.mark.django_db


def test_its_charges_go_and_its_predecessor_does_not_come_back() -> None:
    land(charge())
    (bill,) = land(charge(billed_cost="11"))

    assert preview(bill.import_id) == (1, Decimal(11))
    assert delete_charges(bill.import_id) == 1

    assert billed() == 0
    bills = BillSnapshot.objects.order_by("version")
    assert list(bills.values_list("version", "status")) == [
        (1, "superseded"),
        (2, "discarded"),
    ]
    assert read("SELECT count(*) FROM charges") == [(0,)]
    assert land(charge())[0].version == 3


def test_days_that_another_delivery_carried_on_go_with_their_own() -> None:
    (first,) = land(*(charge(date(2026, 10, day)) for day in (1, 2, 3)))
    (second,) = land(charge("2026-10-04", billed_cost="5"))

    assert delete_charges(first.import_id) == 3

    second.refresh_from_db()
    assert (second.status, second.rows, billed()) == ("current", 1, 5)
    assert second.first_day == date(2026, 10, 4)
    assert second.diff["deleted"] == "3 rows went with a deleted delivery"
    assert_agreement()


def test_nothing_goes_from_a_closed_month() -> None:
    (bill,) = land(charge(), charge("2026-11-02"))[:1]
    close("2026-10-01")

    with pytest.raises(MonthClosed):
        delete_charges(bill.import_id)
    assert billed() == 20


def test_one_that_waits_over_a_closed_month_may_go() -> None:
    land(charge())
    close("2026-10-01")
    (bill,) = land(charge(billed_cost="11"))

    with pytest.raises(MonthClosed):  # the bill that counts lies in the closed month
        delete_charges(BillSnapshot.objects.get(version=1).import_id)
    assert (delete_charges(bill.import_id), billed()) == (1, 10)


def test_its_import_is_marked_as_deleted_by_whom() -> None:
    (bill,) = land(charge())
    job = Import.objects.get(pk=bill.import_id)

    assert preview_deletion(job) == (1, Decimal(10), 0)
    assert delete_import(job.pk, now=NOW, by="Ann").removed == 1
    job.refresh_from_db()
    assert (job.status, job.deleted_by) == ("deleted", "Ann")
