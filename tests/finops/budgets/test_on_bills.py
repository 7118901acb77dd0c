"""Budgets that are held against bills: cash or as used, late, corrected, and never by the hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finops.attribution.rules import RuleFields, add_rule
from finops.budgets.bill_feed import bill_feed
from finops.budgets.checks import Line
from finops.budgets.editing import create
from finops.budgets.evaluate import evaluate_all, evaluate_due
from finops.budgets.facts import Asked, Spend, spend, spend_by_day
from finops.budgets.preview import read_history
from finops.models import Budget, BudgetStanding, Organization, StatusChange
from tests.finops.bills.charges import NOW, charge, land

pytestmark = pytest.mark.django_db

OCTOBER = (date(2026, 10, 1), date(2026, 11, 1))


def drawn(basis: str, *, red: int = 100, scope: dict[str, str] | None = None) -> Budget:
    line = Line(yellow=Decimal(red) / 2, red=Decimal(red))
    return create(
        name=f"{basis} {scope}",
        scope=scope or {},
        basis=basis,
        lines=[line],
        effective_from=OCTOBER[0],
        now=NOW,
        by="Priya",
    ).budget


def standing(budget: Budget, month: date) -> BudgetStanding:
    return BudgetStanding.objects.get(budget=budget, period_start=month)


def to_teams() -> None:
    add_rule(
        RuleFields(name="tag", dimension="team", value_tag="team", tag="team"), by="t", now=NOW
    )


def test_each_basis_reads_its_own_amounts_in_one_go() -> None:
    to_teams()
    land(
        charge("2026-10-05", billed_cost="500", effective_cost="0", charge_category="Purchase"),
        charge("2026-10-06", billed_cost="0", effective_cost="20", tags={"team": "search"}),
        charge("2026-10-07", billed_cost=None, effective_cost="1"),
    )
    billed = Asked.of({}, *OCTOBER, "billed")
    effective = Asked.of({}, *OCTOBER, "effective")
    of_team = Asked.of({"team": "search"}, *OCTOBER, "effective")
    metered = Asked.of({}, *OCTOBER)
    assert spend([billed, effective, of_team, metered]) == {
        billed: Spend(Decimal(500), 1),
        effective: Spend(Decimal(21), 0),
        of_team: Spend(Decimal(20), 0),
        metered: Spend(Decimal(0), 0),
    }
    assert spend_by_day([effective])[effective][date(2026, 10, 6)] == 20


def test_a_person_is_held_against_charges_themselves() -> None:
    add_rule(RuleFields(name="who", dimension="user", value_tag="who", tag="who"), by="t", now=NOW)
    land(charge("2026-10-05", billed_cost="3", tags={"who": "ada"}), charge("2026-10-05"))
    asked = Asked.of({"user": "ada"}, *OCTOBER, "billed")
    assert spend([asked]) == {asked: Spend(Decimal(3), 0)}


def test_before_an_instant_only_whole_days_of_bills_count() -> None:
    land(charge("2026-10-05", billed_cost="3"), charge("2026-10-06", billed_cost="4"))
    asked = Asked.of({}, *OCTOBER, "billed")
    noon = datetime(2026, 10, 6, 12, tzinfo=UTC)
    assert spend([asked], before=noon) == {asked: Spend(Decimal(3), 0)}


def test_a_bill_that_arrives_late_changes_the_past_and_says_so() -> None:
    budget = drawn("billed")
    assert standing(budget, OCTOBER[0]).status == "green"
    land(charge("2026-10-05", billed_cost="80"))
    assert evaluate_due(NOW) > 0
    assert standing(budget, OCTOBER[0]).status == "yellow"
    land(charge("2026-10-05", billed_cost="180"))
    evaluate_due(NOW)
    late = standing(budget, OCTOBER[0])
    assert (late.status, late.actual) == ("red", 180)
    changes = StatusChange.objects.filter(budget=budget, period_start=OCTOBER[0]).order_by("pk")
    assert [(each.became, each.cause, each.late) for each in changes][-2:] == [
        ("yellow", "data", True),
        ("red", "data", True),
    ]
    assert evaluate_due(NOW) == 0, "every word was taken"


def test_what_has_no_amount_is_said_in_charges() -> None:
    budget = drawn("billed")
    land(charge("2026-10-05", billed_cost="10", billing_currency="JPY"))
    evaluate_due(NOW)
    texts = [reason["text"] for reason in standing(budget, OCTOBER[0]).reasons]
    assert "1 charge has no amount in USD yet and counts $0." in texts


def test_without_a_bill_a_budget_on_bills_is_stale_and_foresees_nothing() -> None:
    budget = drawn("effective")
    evaluate_all(NOW)
    found = standing(budget, date(2026, 11, 1))
    assert (found.stale, found.data_to, found.forecast_mid) == (True, None, None)
    assert any(reason["text"] == "No bill so far." for reason in found.reasons)


def test_bills_foresee_from_whole_days_up_to_their_last() -> None:
    budget = drawn("billed", red=10_000)
    first = date(2026, 10, 1)
    land(*(charge(str(first + timedelta(days=n)), billed_cost="10") for n in range(31)))
    land(*(charge(f"2026-11-{n:02}", billed_cost="10") for n in range(1, 16)))
    evaluate_all(NOW + timedelta(hours=1))
    found = standing(budget, date(2026, 11, 1))
    assert (found.forecast_state, found.actual) == ("computed", 150)
    assert found.data_to == datetime(2026, 11, 16, tzinfo=UTC)
    assert found.forecast_mid is not None
    assert abs(found.forecast_mid - 300) < 1


@pytest.mark.parametrize(
    ("days_since", "stale"), [(1, False), (30, False), (39, False), (41, True)]
)
def test_a_monthly_bill_is_overdue_after_forty_days(days_since: int, *, stale: bool) -> None:
    land(charge("2026-10-05"), now=NOW - timedelta(days=days_since))
    assert bill_feed(NOW).stale is stale


def test_a_daily_bill_is_overdue_after_its_own_rhythm() -> None:
    for days in (6, 5, 4, 3):
        land(charge("2026-10-05", billed_cost=str(days)), now=NOW - timedelta(days=days))
    assert bill_feed(NOW - timedelta(days=2)).stale is False
    assert bill_feed(NOW).stale is True


def test_history_for_a_form_is_read_on_the_chosen_basis() -> None:
    land(charge("2026-10-05", billed_cost="10", effective_cost="7"))
    asked: dict[str, Any] = {"now": NOW, "organization": Organization.current()}
    assert read_history({}, "month", **asked, basis="billed").last == 10
    assert read_history({}, "month", **asked, basis="effective").last == 7
    assert read_history({}, "month", **asked).last == 0
