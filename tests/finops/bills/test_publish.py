"""A delivery becomes the bill: whole, once, with its totals and what it changed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.models import BillSnapshot
from tests.finops.bills.charges import (
    assert_agreement,
    billed,
    charge,
    close,
    land,
    publication,
    reopen,
)
from tests.finops.ledger.usage import read

pytestmark = pytest.mark.django_db


def statuses() -> list[tuple[int, str, str]]:
    rows = BillSnapshot.objects.order_by("pk")
    return list(rows.values_list("version", "status", "held_because"))


def test_a_bill_says_what_it_comes_to() -> None:
    (bill,) = land(
        charge(billed_cost="10", effective_cost="7.25", service_name="Search"),
        charge("2026-10-31", billed_cost=None, effective_cost=None, list_cost="-0.000000000000001"),
        schema="FOCUS 1.2",
        content_hash="abc",
        score={"error": 1},
    )

    assert (bill.status, bill.version, bill.rows, bill.provider) == ("current", 1, 2, "openai")
    assert (bill.first_day, bill.last_day) == (date(2026, 10, 5), date(2026, 10, 31))
    assert bill.accounting_month == date(2026, 10, 1)
    assert (bill.schema, bill.content_hash, bill.score) == ("FOCUS 1.2", "abc", {"error": 1})
    assert bill.services == {"USD": {"OpenAI API": "0", "Search": "10"}}
    assert bill.totals == {
        "USD": {
            "rows": 2,
            "billed_cost": "10",
            "effective_cost": "7.25",
            "list_cost": "-0.000000000000001",
            "contracted_cost": None,
            "missing": {
                "billed_cost": 1,
                "effective_cost": 1,
                "list_cost": 1,
                "contracted_cost": 2,
            },
        }
    }
    assert_agreement()


def test_a_missing_cost_stays_missing_and_zero_stays_zero() -> None:
    land(charge(billed_cost=None, effective_cost="0"))

    assert read("SELECT billed_cost, effective_cost FROM charges") == [(None, Decimal(0))]
    assert read(
        "SELECT missing_billed_rows, missing_effective_rows, billed FROM charges_by_day"
    ) == [(1, 0, Decimal(0))]


def test_every_text_arrives_as_it_was() -> None:
    odd = "<b>\t\\N None\n=cmd|' /C calc'!A0 \u202e\U0001f9fe" + "x" * 400
    land(
        charge(
            charge_description=odd,
            resource_name="None",
            tags={"None": odd, "team": "search"},
            extra={"a": "\\"},
            line_item_id="a\tb",
            sku_price_details={"ModelId": odd},
        )
    )

    assert read(
        "SELECT charge_description, resource_name, tags->>'None', team, extra, line_item_id,"
        " sku_price_details->>'ModelId' FROM charges"
    ) == [(odd, "None", odd, "search", '{"a": "\\\\"}', "a\tb", odd)]


def test_each_account_and_period_is_a_bill_of_its_own() -> None:
    bills = land(
        charge(billing_account_id="a"),
        charge(billing_account_id="b"),
        charge("2026-09-30", billing_account_id="a"),
    )

    assert [(bill.billing_account_id, bill.billing_period.month) for bill in bills] == [
        ("a", 9),
        ("a", 10),
        ("b", 10),
    ]
    land(charge(billing_account_id="a", billed_cost="9"))
    assert billed() == 29


def test_another_source_of_the_same_account_replaces_nothing() -> None:
    land(charge(), source="focus")
    land(charge(), source="aws-cur")

    assert billed() == 20


def test_a_restated_month_is_swapped_whole_and_said_in_words() -> None:
    services = [f"service {number}" for number in range(4)]
    land(*(charge(service_name=name, billed_cost="500") for name in services))
    changes = ["-100", "-200", "-12.40", "0"]

    (bill,) = land(
        *(
            charge(service_name=name, billed_cost=Decimal(500) + Decimal(change))
            for name, change in zip(services, changes, strict=True)
        )
    )

    assert bill.diff["text"] == "October restated: −$312.40 in 3 services"
    assert [part["name"] for part in bill.diff["currencies"]["USD"]["services"]] == [
        "service 1",
        "service 0",
        "service 2",
    ]
    assert statuses() == [(1, "superseded", ""), (2, "current", "")]
    old = BillSnapshot.objects.get(version=1)
    assert (old.rows, old.totals["USD"]["billed_cost"], old.superseded_at is None) == (
        4,
        "2000",
        False,
    )
    assert read("SELECT count(*) FROM charges") == [(4,)]
    assert_agreement()


def test_a_correction_that_moves_cost_between_teams_shows_in_the_diff() -> None:
    """The June example of the notes: −1,500 / +1,200 / +300, nothing in total."""
    june = {"billing_period": "2026-06-01"}
    usage = charge("2026-06-02", billed_cost="4000", tags={"team": "search"}, **june)
    land(usage)

    (bill,) = land(
        usage,
        *(
            charge(
                "2026-05-10",
                billed_cost=amount,
                charge_class="Correction",
                invoice_id="INV-6",
                tags={"team": team},
                **june,
            )
            for amount, team in (("-1500", "search"), ("1200", "search"), ("300", "chat"))
        ),
    )

    assert bill.status == "current"
    assert bill.diff["text"] == "June restated: $300.00 moved between 2 teams, nothing in total"
    assert {
        team["name"]: (team["billed"]["before"], team["billed"]["after"])
        for team in bill.diff["currencies"]["USD"]["teams"]
    } == {"search": ("4000", "3700"), "chat": ("0", "300")}
    assert (bill.first_day, bill.last_day) == (date(2026, 6, 2), date(2026, 6, 2))
    assert billed(team="chat", day=date(2026, 5, 10)) == 300


def test_repeated_line_ids_are_all_kept() -> None:
    land(*[charge(line_item_id="same")] * 3)

    assert billed() == 30


def test_credits_and_negative_usage_count_with_their_sign() -> None:
    published = publication(
        charge(billed_cost="-3.5"),
        charge(billed_cost="-1", charge_category="Credit"),
        charge(billed_cost="10"),
    )

    assert published.cost == billed() == Decimal("5.5")


def test_two_currencies_are_never_added_and_what_has_no_rate_is_counted_apart() -> None:
    published = publication(charge(), charge(billed_cost="99", billing_currency="EUR"))

    assert (published.cost, published.unpriced) == (10, 1)
    (bill,) = published.snapshots
    assert {name: totals["billed_cost"] for name, totals in bill.totals.items()} == {
        "EUR": "99",
        "USD": "10",
    }
    assert read("SELECT sum(billed), sum(unconverted_rows) FROM charges_by_day") == [(10, 1)]
    assert_agreement()


# --- parts of a month -----------------------------------------------------------------------


def test_days_that_a_delivery_does_not_reach_stay() -> None:
    land(*(charge(date(2026, 10, day)) for day in range(1, 10)))

    (bill,) = land(*(charge(date(2026, 10, day), billed_cost="11") for day in range(1, 6)))

    assert billed() == 5 * 11 + 4 * 10
    assert (bill.rows, bill.first_day, bill.last_day) == (9, date(2026, 10, 1), date(2026, 10, 9))
    assert bill.diff["text"] == (
        "October restated: +$5.00 in 1 service."
        " It covers 2026-10-01 to 2026-10-05; 4 rows of other days stay"
    )
    assert_agreement()


def test_later_days_are_added_to_earlier_ones_with_their_corrections() -> None:
    land(charge("2026-10-01"), charge("2026-09-20", billing_period="2026-10-01", billed_cost="-2"))

    (bill,) = land(charge("2026-10-02"))

    assert (billed(), bill.rows, bill.diff["carried_rows"]) == (18, 3, 2)


def test_a_delivery_that_reaches_as_far_replaces_the_corrections_too() -> None:
    correction = charge("2026-09-20", billing_period="2026-10-01", billed_cost="-2")
    land(charge("2026-10-01"), charge("2026-10-02"), charge("2026-10-03"), correction)

    (bill,) = land(charge("2026-10-01"), charge("2026-10-02"), charge("2026-10-03"))

    assert (billed(), bill.rows) == (30, 3)


# --- what waits for a person ----------------------------------------------------------------


def test_a_month_that_shrinks_waits() -> None:
    land(*[charge()] * 10)

    (bill,) = land(*[charge()] * 7)

    assert (bill.status, bill.held_because) == ("held", "shrinks")
    assert bill.diff["text"] == "October restated: −$30.00 in 1 service"
    assert (bill.rows, bill.totals["USD"]["billed_cost"]) == (7, "70")
    assert billed() == 100
    assert_agreement()


def test_a_quarter_less_is_still_taken() -> None:
    land(*[charge()] * 4)

    assert land(*[charge()] * 3)[0].status == "current"


@pytest.mark.parametrize("cost", ["billed_cost", "effective_cost"])
def test_as_many_rows_of_much_less_cost_wait_too(cost: str) -> None:
    land(charge(**{cost: "100"}), charge())

    assert land(charge(**{cost: "60"}), charge())[0].held_because == "shrinks"


def test_only_the_days_that_a_delivery_covers_can_shrink() -> None:
    land(*(charge(date(2026, 10, day)) for day in range(1, 11)))

    assert land(charge("2026-10-04"))[0].status == "current"
    assert billed() == 100


def test_a_bill_of_a_closed_month_waits_with_its_diff() -> None:
    land(charge())
    close("2026-10-01")

    (bill,) = land(charge(billed_cost="11"))

    assert (bill.status, bill.held_because) == ("held", "closed")
    assert bill.diff["text"] == "October restated: +$1.00 in 1 service"
    assert billed() == 10


def test_the_first_bill_of_a_closed_month_is_posted_to_the_open_one() -> None:
    close("2026-10-01")
    close("2026-11-01")

    (bill,) = land(charge())

    assert (bill.status, bill.accounting_month) == ("current", date(2026, 12, 1))
    assert billed(accounting_month=date(2026, 12, 1), billing_period=date(2026, 10, 1)) == 10
    assert land(charge(billed_cost="11"))[0].status == "current"
    reopen("2026-10-01")
    assert land(charge(billed_cost="12"))[0].accounting_month == date(2026, 10, 1)
    assert billed(accounting_month=date(2026, 10, 1)) == 12


def test_a_delivery_makes_older_ones_that_wait_old() -> None:
    land(*[charge()] * 4)
    land(charge())

    land(*[charge()] * 4)

    assert statuses() == [(1, "superseded", ""), (2, "held", "older"), (3, "current", "")]
