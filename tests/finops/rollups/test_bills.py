"""What bills say, by any dimensions: it sums to their control totals, and nothing missing is 0."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from finops.attribution.rules import RuleFields, add_rule
from finops.domain.dimensions import DIMENSIONS
from finops.domain.measures import Measures
from finops.models import ExchangeRate
from finops.rollups.long_answers import each_row, pieces
from finops.rollups.queries import Scope, costs
from tests.finops.bills.charges import NOW, charge, land

pytestmark = pytest.mark.django_db


def asked(**scope: Any) -> dict[tuple[str, ...], Decimal | None]:
    answer = costs(Scope(**({"basis": "billed"} | scope)))
    basis = answer.scope.basis
    found = {
        (*row.values, *([row.period] if row.period else [])): row.measures.cost_on(basis)
        for row in answer.rows
    }
    assert sum((cost for cost in found.values() if cost), Decimal(0)) == answer.total.cost
    return found


def to_teams(*teams: str) -> None:
    """Give charges to the team that their tag names."""
    add_rule(
        RuleFields(name="tag", dimension="team", value_tag="team", tag="team"), by="t", now=NOW
    )


@pytest.fixture
def bill() -> None:
    to_teams()
    land(
        charge("2026-10-05", billed_cost="100.50", effective_cost="80", tags={"team": "search"}),
        charge("2026-10-06", billed_cost="-0.5", effective_cost="-0.5", tags={"team": "search"}),
        charge("2026-10-06", billed_cost="19.00", effective_cost="19", charge_category="Tax"),
        charge("2026-10-07", billed_cost="7", effective_cost=None, tags={"team": "chat"}),
    )


@pytest.mark.usefixtures("bill")
def test_each_basis_sums_to_its_control_total_tax_included() -> None:
    assert asked() == {(): Decimal("126.00")}
    assert asked(basis="effective") == {(): Decimal("98.5")}
    assert asked(by=("team",)) == {
        ("search",): Decimal("100.00"),
        ("unallocated",): Decimal("19.00"),
        ("chat",): Decimal(7),
    }
    assert asked(by=("team",), basis="effective")[("chat",)] is None, "missing, not 0"


@pytest.mark.usefixtures("bill")
def test_days_months_and_filters_answer_as_for_calls() -> None:
    assert asked(grain="day", since=date(2026, 10, 6)) == {
        ("2026-10-06",): Decimal("18.50"),
        ("2026-10-07",): Decimal(7),
    }
    assert asked(grain="month") == {("2026-10",): Decimal("126.00")}
    assert asked(filters={"team": ["search"]}) == {(): Decimal("100.00")}
    assert asked(filters={"team": ["unallocated"]}) == {(): Decimal("19.00")}
    assert asked(by=("status", "step")) == {("unallocated", "unallocated"): Decimal("126.00")}
    assert asked(by=("source",)) == {("focus",): Decimal("126.00")}


def test_bills_know_no_hours() -> None:
    with pytest.raises(ValueError, match="no hours"):
        Scope(basis="effective", grain="hour")


def test_a_person_is_read_from_the_charges_themselves() -> None:
    add_rule(RuleFields(name="who", dimension="user", value_tag="who", tag="who"), by="t", now=NOW)
    land(
        charge("2026-10-05", billed_cost="3", tags={"who": "ada"}),
        charge("2026-10-06", billed_cost=None),
    )
    assert asked(by=("user",)) == {("ada",): Decimal(3), ("unallocated",): None}
    assert asked(by=("user",), grain="day", until=date(2026, 10, 6)) == {
        ("ada", "2026-10-05"): Decimal(3)
    }


def test_what_has_no_rate_is_counted_and_never_nothing() -> None:
    ExchangeRate.objects.create(currency="EUR", effective_from=date(2026, 1, 1), rate="1.25")
    land(
        charge("2026-10-05", billed_cost="8", billing_currency="EUR"),
        charge("2026-10-05", billed_cost="500", billing_currency="JPY", billing_account_id="jp"),
    )
    answer = costs(Scope(basis="billed")).as_json()
    assert Decimal(answer["total"]["cost"]) == 10
    assert (answer["total"]["charges"], answer["total"]["unconverted_charges"]) == (2, 1)
    only = costs(Scope(basis="billed", filters={"source": ["focus"]}, since=date(2026, 10, 6)))
    assert (only.rows, only.total) == ((), Measures())


def test_the_answer_says_how_far_bills_reach_and_counts_no_calls() -> None:
    assert costs(Scope(basis="billed")).as_json()["complete_to"] is None
    land(charge("2026-10-05"))
    answer = costs(Scope(basis="billed", by=("provider",))).as_json()
    assert answer["complete_to"] == "2026-10-06T00:00:00+00:00"
    assert answer["rows"][0] | {"cost": ""} == answer["rows"][0] | {
        "provider": "openai",
        "calls": 0,
        "input_tokens": 0,
        "cost": "",
        "charges": 1,
        "charges_without_cost": 0,
    }


def test_a_replaced_bill_counts_no_longer() -> None:
    land(charge("2026-10-05", billed_cost="10"), charge("2026-10-06", billed_cost="5"))
    land(charge("2026-10-05", billed_cost="12"), charge("2026-10-06", billed_cost="5"))
    assert asked() == {(): Decimal(17)}


def test_a_merged_value_is_read_as_its_target() -> None:
    from finops.attribution.values import merge

    to_teams()
    land(
        charge("2026-10-05", billed_cost="10", tags={"team": "search"}),
        charge("2026-10-05", billed_cost="5", tags={"team": "Search team"}),
    )
    merge("team", "Search team", into="search")
    assert asked(by=("team",)) == {("search",): Decimal(15)}
    assert asked(filters={"team": ["search"]}) == {(): Decimal(15)}


_AMOUNTS = st.none() | st.decimals(-1000, 1000, allow_nan=False, places=9)


class BasesAreExact(TestCase):
    """Any bill: whatever it is cut by, the parts sum to it to the last digit."""

    @settings(max_examples=8)
    @given(
        st.lists(st.tuples(_AMOUNTS, _AMOUNTS, st.integers(1, 28)), min_size=1, max_size=6),
        st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=3),
        st.sampled_from(["billed", "effective"]),
    )
    def test_parts_sum_to_the_bill(
        self, lines: list[tuple[Decimal | None, Decimal | None, int]], by: list[str], basis: Any
    ) -> None:
        land(
            *(
                charge(f"2026-10-{day:02}", billed_cost=billed, effective_cost=effective)
                for billed, effective, day in lines
            )
        )
        known = [line[0 if basis == "billed" else 1] for line in lines]
        scope = Scope(by=tuple(by), grain="day", basis=basis)
        answer = costs(scope)
        assert answer.total.cost == sum((cost for cost in known if cost is not None), Decimal(0))
        assert (answer.total.charges, answer.total.charges_without) == (
            len(known),
            known.count(None),
        )
        assert Measures.sum_of(row.measures for row in answer.rows) == answer.total
        assert Measures.sum_of(each.measures for each in pieces(scope, keep=1)) == answer.total
        assert tuple(each_row(scope)) == answer.rows
