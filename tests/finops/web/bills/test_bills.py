"""The page of bills: what a month comes to, what is missing, what waits, and two Aprils."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.bills.monthly import BillSums
from finops.bills.rates import read_line, set_rates
from finops.bills.rhythm import LEAST, MONTHLY, allowed_silence, bill_rhythms
from finops.figures.bills import MONTHS, ai_on_bills
from finops.insights.bills import bill_month, read_bill_question
from finops.models import Organization, Reconciliation
from finops.web.bills import words
from tests.finops.bills.charges import NOW, charge, close, land

pytestmark = pytest.mark.django_db

#: What seeded rules know as a model's usage.
MODEL = {"service_name": "Amazon Bedrock", "service_provider_name": "AWS"} | {
    "sku_meter": "USE1-NovaPro-input-tokens",
    "consumed_unit": "1K tokens",
    "consumed_quantity": "1",
}
SCRIPT = "<script>alert(1)</script>"

amounts = st.decimals(-1000, 1000, places=4, allow_nan=False)


def asked(month: str = "2026-10", **told: str) -> Any:
    given = {"month": [month]} | {name: [value] for name, value in told.items()}
    return read_bill_question(given, now=NOW, organization=Organization.current())


def text_of(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


@pytest.fixture
def page(signed_in: Callable[[str], Client]) -> Callable[..., str]:
    client = signed_in("viewer")

    def show(address: str = "/bills/?month=2026-10", status: int = 200) -> str:
        answer = client.get(address)
        assert answer.status_code == status
        assert SCRIPT not in answer.content.decode()
        return text_of(answer)

    return show


@settings(max_examples=30)
@given(st.builds(BillSums, billed=amounts, tax=amounts, ai=amounts, unknown=amounts))
def test_the_parts_of_a_bill_sum_to_what_was_billed(sums: BillSums) -> None:
    assert sums.ai + sums.unknown + sums.rest + sums.tax == sums.billed


def test_a_month_sums_to_its_control_totals() -> None:
    land(
        charge("2026-10-01", billed_cost="60", **MODEL),
        charge("2026-10-02", billed_cost="30.000000001"),
        charge("2026-10-03", billed_cost="-5", charge_category="Credit"),
        charge("2026-10-31", billed_cost="8", charge_category="Tax"),
    )
    seen = bill_month(asked())
    (bill,) = seen.bills

    assert seen.now == bill.now
    assert (seen.now.billed, seen.now.tax, seen.now.credits) == (Decimal("93.000000001"), 8, -5)
    assert bill.arrived is not None
    assert Decimal(bill.arrived.totals["USD"]["billed_cost"]) == seen.now.billed
    assert sum(seen.kinds.values()) == seen.now.billed
    assert bill.is_whole


def test_a_bill_that_has_not_come_is_missed(page: Callable[..., str]) -> None:
    land(charge("2026-09-30", billed_cost="80"), source="slow")
    land(charge("2026-10-31", billing_account_id="other"), source="quick")
    seen = bill_month(asked())

    assert [bill.known.source.name for bill in seen.missing] == ["slow"]
    assert not seen.is_comparable
    told = page()
    assert "has sent no bill for acme yet" in told
    assert "Not arrived" in told
    assert "$80.00 in September" in told


def test_only_whole_months_are_held_against_each_other() -> None:
    land(charge("2026-09-30", billed_cost="80"), charge("2026-10-18", billed_cost="100"))
    assert not bill_month(asked()).is_comparable
    land(charge("2026-10-18", billed_cost="100"), charge("2026-10-31", billed_cost="20"))
    seen = bill_month(asked())

    assert seen.is_comparable
    assert str(words.story(seen)).startswith(
        "The bills of October come to <b>$120.00</b>, <b>$40.00</b> more than in September."
    )


def test_a_month_has_two_answers_and_says_why(page: Callable[..., str]) -> None:
    land(
        charge("2026-10-31", billed_cost="50"),
        charge("2026-09-14", billing_period="2026-10-01", billed_cost="-20"),
    )
    told = page()

    assert "$30.00 what finance pays" in told
    assert "$50.00 what was used then" in told
    assert "+$20.00" in told
    assert "Both answers agree" in str(words.aprils(bill_month(asked("2026-08")))["words"])


def test_what_cannot_be_converted_is_said_and_never_zero(page: Callable[..., str]) -> None:
    land(charge("2026-10-31", billing_currency="EUR", billed_cost="1250"))
    told = page()

    assert "1 charge in EUR without an exchange rate" in told
    assert "€1,250, without an exchange rate" in told
    set_rates([read_line("EUR", "2026-10-01", "1.2")], by="Ann", now=NOW)
    assert "The bills of October come to $1,500" in page()


def test_a_version_that_waits_is_shown_first(page: Callable[..., str]) -> None:
    land(*[charge("2026-10-31")] * 4)
    land(charge("2026-10-31"))
    told = page()

    assert "waits, because it holds much less than the version before" in told
    assert "come to $40.00" in told


def test_a_closed_month_and_a_reconciled_provider_say_so(page: Callable[..., str]) -> None:
    land(charge("2026-10-31", **MODEL))
    close("2026-10-01")
    Reconciliation.objects.create(
        provider="aws",
        month=date(2026, 10, 1),
        metered=9,
        status="explained",
        computed_status="explained",
        computed_at=NOW,
    )
    told = page()

    assert "Closed" in told
    assert "Explained" in told


def test_two_sources_of_one_account_are_pointed_out(page: Callable[..., str]) -> None:
    land(charge("2026-10-31"), source="daily export")
    land(charge("2026-10-31"), source=SCRIPT)
    assert "send a bill of the account acme . Both count." in page()


def test_an_empty_installation_says_how_to_connect_a_bill(page: Callable[..., str]) -> None:
    for address in ("/bills/", "/bills/charges/", "/bills/snapshots/"):
        assert "No bill has arrived yet" in page(address)


@pytest.mark.parametrize("month", ["october", "2026-13", "2026-10-01", "0001-01", "../x"])
def test_what_is_no_month_is_refused(page: Callable[..., str], month: str) -> None:
    page(f"/bills/?month={month}", status=400)


def test_odd_bills_show(page: Callable[..., str]) -> None:
    """An account without a name, a provider of 200 letters, a month to come, only a credit."""
    land(
        charge(
            "2027-03-01",
            billing_account_id="",
            billing_account_name=SCRIPT,
            service_provider_name="\N{RIGHT-TO-LEFT OVERRIDE}" + "x" * 198,
            billed_cost="-3",
            effective_cost=None,
            charge_category="Credit",
        ),
        charge("2027-03-02", billing_account_id="🧾", service_name="=cmd|'", billed_cost=None),
    )
    told = page("/bills/")
    assert "March 2027" in told
    assert "1 charge does not say what was billed" in told
    assert "−$3.00" in told


def test_the_chart_says_what_the_table_says() -> None:
    land(*(charge(f"2026-{month:02}-01", billed_cost="7", **MODEL) for month in (8, 9, 10)))
    land(charge("2026-10-02", billed_cost="-2", **MODEL), source="credits")
    figure = ai_on_bills(asked())

    assert figure.columns == ("month", "provider", "billed_cost")
    assert [row[2] for row in figure.rows] == [7, 7, 5]
    assert sum(sum(trace["y"]) for trace in figure.data) == 19
    assert len(figure.layout["xaxis"]["ticktext"]) == MONTHS
    assert figure.title == "$5.00 of AI on the bills of October, $7.00 in September"
    assert ai_on_bills(asked("2020-01")).rows == ()


@pytest.mark.parametrize(
    ("gap", "allowed"),
    [(None, MONTHLY), (timedelta(hours=6), LEAST), (timedelta(31), timedelta(32))],
)
def test_silence_is_measured_by_the_own_rhythm(gap: timedelta | None, allowed: timedelta) -> None:
    assert allowed_silence(gap) == allowed


def test_a_daily_bill_is_silent_after_two_days() -> None:
    for day in (1, 2, 3):
        now = datetime(2026, 11, day, tzinfo=UTC)
        land(charge("2026-10-05", billed_cost=str(10 + day)), now=now)
    (rhythm,) = bill_rhythms(now + timedelta(days=1))
    assert (rhythm.gap, rhythm.is_silent) == (timedelta(days=1), False)
    (rhythm,) = bill_rhythms(now + timedelta(days=2, seconds=1))
    assert rhythm.is_silent
