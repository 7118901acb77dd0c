"""The costs explorer on what bills say: its words, its three numbers, and what it leaves out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from finops.attribution.rules import RuleFields, add_rule
from finops.models import AllocationRun, AllocationShare
from tests.finops.bills.charges import NOW, charge, land

pytestmark = pytest.mark.django_db

BILLED = "/costs/?basis=billed&by=team&period=2026-10"


@pytest.fixture
def bill() -> None:
    add_rule(
        RuleFields(name="tag", dimension="team", value_tag="team", tag="team"), by="t", now=NOW
    )
    land(
        charge("2026-10-05", billed_cost="100", effective_cost="80", tags={"team": "search"}),
        charge("2026-10-06", billed_cost="-20", effective_cost="-20", tags={"team": "credits"}),
        charge("2026-10-06", billed_cost="19.99", charge_category="Tax"),
        charge("2026-10-07", billed_cost="7", billing_currency="JPY", billing_account_id="jp"),
    )


@pytest.fixture
def viewer(signed_in: object) -> Client:
    return signed_in("viewer")  # type: ignore[operator,no-any-return]


@pytest.mark.usefixtures("bill")
def test_the_page_says_what_was_billed_and_how_it_was_counted(viewer: Client) -> None:
    page = viewer.get(BILLED)
    text = page.content.decode()
    assert "$99.99 across 2 teams" in text
    assert "Billed, tax included, as of " in text
    assert "Not in these amounts: 1 charge in a currency without an exchange rate." in text
    assert "Cost of 1,000 calls" not in text
    effective = viewer.get(BILLED.replace("billed", "effective")).content.decode()
    assert "$79.99 across 2 teams" in effective


@pytest.mark.usefixtures("bill")
def test_direct_allocated_and_unallocated_sum_to_the_bill(viewer: Client) -> None:
    carried = viewer.get(BILLED).context["carried"]
    assert (carried.direct, carried.allocated, carried.unallocated) == (80, 0, Decimal("19.99"))
    assert carried.open_months == (date(2026, 10, 1),)
    run = AllocationRun.objects.create(
        month=date(2026, 10, 1),
        dimension="team",
        basis="billed",
        currency="USD",
        sha256="x",
        total_in="19.99",
        total_out="19.99",
        direct="80",
        unallocated="4.99",
    )
    for target, amount in (("search", "15"), ("", "4.99")):
        AllocationShare.objects.create(
            run=run, pool_name="shared", stage=1, method="even", target=target, amount=amount
        )
    carried = viewer.get(BILLED).context["carried"]
    assert (carried.direct, carried.allocated, carried.unallocated) == (80, 15, Decimal("4.99"))
    assert carried.open_months == ()
    assert viewer.get(f"{BILLED}&team=search").context["carried"] is None


@pytest.mark.usefixtures("bill")
def test_hours_and_calls_give_way_to_what_bills_know(viewer: Client) -> None:
    question = viewer.get(f"{BILLED}&grain=hour&measure=calls").context["question"]
    assert (question.grain, question.measure) == ("day", "cost")


@pytest.mark.usefixtures("bill")
@pytest.mark.parametrize("query", ["grain=day", "by=provider", "by=user", "by=", "narrow=team"])
def test_every_cut_is_drawn_and_its_file_sums_to_the_bill(viewer: Client, query: str) -> None:
    assert viewer.get(f"{BILLED}&{query}").status_code == 200
    lines = b"".join(viewer.get(f"/costs/costs.csv?{BILLED[8:]}&{query}")).decode().splitlines()  # type: ignore[arg-type]
    place = lines[0].split(",").index("cost")
    amounts = [line.split(",")[place] for line in lines[1:]]
    assert sum(Decimal(amount) for amount in amounts if amount) == Decimal("99.99")


def test_without_bills_the_page_says_so(viewer: Client) -> None:
    assert "No bill has come in yet" in viewer.get(BILLED).content.decode()
