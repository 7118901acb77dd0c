"""Charges in groups and line by line: parts sum to the whole, whatever is asked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.attribution.values import merge
from finops.bills.exploring import COLUMNS, ChargeScope, ChargeSums, charge_groups, charge_sums
from finops.bills.lines import FILE_COLUMNS, Place, charge_lines, charge_of, each_line, matched
from tests.finops.bills.charges import charge, land
from tests.finops.ledger.usage import read

OCTOBER = {"since": date(2026, 10, 1), "until": date(2026, 11, 1)}
EXACT = "0.000000000000000001"

amounts = st.decimals(-100, 100, places=6, allow_nan=False)
sums = st.builds(
    ChargeSums,
    rows=st.integers(0, 9),
    unconverted_rows=st.just(0),
    missing_billed_rows=st.just(0),
    missing_effective_rows=st.just(0),
    missing_list_rows=st.just(0),
    missing_contracted_rows=st.just(0),
    tokens=amounts,
    billed_cost=amounts,
    effective_cost=amounts,
    list_cost=amounts,
    contracted_cost=amounts,
)


@settings(max_examples=30)
@given(st.lists(sums, max_size=6), sums)
def test_taking_a_part_away_leaves_the_others(parts: list[ChargeSums], one: ChargeSums) -> None:
    whole = ChargeSums.sum_of([*parts, one])
    assert whole.less(one) == ChargeSums.sum_of(parts)


@settings(max_examples=50)
@given(amounts, st.integers(0, 2**62))
def test_a_place_is_read_as_it_was_written(amount: Decimal, number: int) -> None:
    place = Place(amount, number)
    assert Place.read(str(place)) == place


@pytest.mark.parametrize(
    "text", ["", "1", ":", "1:", ":1", "1:x", "1e5:1", "--1:2", "nan:1", "1:²", f"1:{'9' * 19}"]
)
def test_what_is_no_place_is_none(text: str) -> None:
    assert Place.read(text) is None


@pytest.mark.parametrize(
    "told",
    [
        {"by": ("color",)},
        {"by": ("kind", "kind")},
        {"by": tuple(COLUMNS)[:4]},
        {"filters": {"id": ("1",)}},
        {"filters": {"day": ("yesterday",)}},
        {"time": "paid"},
    ],
)
def test_what_makes_no_sense_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        ChargeScope(**told)  # type: ignore[arg-type]  # that is the point


def test_a_cost_that_no_row_says_is_none() -> None:
    unsaid = ChargeSums(rows=2, missing_billed_rows=2)
    assert (unsaid.billed, unsaid.effective) == (None, Decimal(0))
    assert ChargeSums(rows=2, unconverted_rows=2).effective is None
    assert ChargeSums(rows=1, missing_list_rows=1).listed is None


@pytest.fixture
def bills(db: None) -> None:
    """Two services of October, one of September, a credit, and a correction of September."""
    land(
        charge("2026-10-01", service_name="Compute", billed_cost="7", list_cost="8"),
        charge("2026-10-02", service_name="Compute", billed_cost=EXACT, sub_account_id="dev"),
        charge("2026-10-02", service_name="Models", billed_cost="12.5", invoice_id="INV-1"),
        charge("2026-10-03", service_name="Models", billed_cost="-2", charge_category="Credit"),
        charge("2026-09-30", billing_period="2026-10-01", billed_cost="-1", service_name="Models"),
        charge("2026-09-02", service_name="Compute", billed_cost="100"),
    )


@pytest.mark.parametrize("name", COLUMNS)
def test_groups_by_any_column_sum_to_the_control_total(bills: None, name: str) -> None:
    found = charge_groups(ChargeScope(by=(name,), **OCTOBER), limit=50)
    billed = ChargeSums.sum_of(group.sums for group in found.groups)

    assert billed.billed_cost == found.whole.billed_cost == Decimal("16.5") + Decimal(EXACT)
    assert billed.rows == found.whole.rows == 5


def test_a_page_and_the_others_sum_to_the_whole(bills: None) -> None:
    found = charge_groups(ChargeScope(by=("day",)), limit=2, offset=1)

    assert found.number == 5
    assert [group.values for group in found.groups] == [("2026-10-02",), ("2026-10-01",)]
    shown = ChargeSums.sum_of(group.sums for group in found.groups)
    assert ChargeSums.sum_of([shown, found.others]) == found.whole


def test_a_month_has_two_answers(bills: None) -> None:
    assert charge_sums(ChargeScope(**OCTOBER)).billed == Decimal("16.5") + Decimal(EXACT)
    assert charge_sums(ChargeScope(**OCTOBER, time="charge")).billed == Decimal("17.5") + Decimal(
        EXACT
    )


def test_filters_narrow_groups_and_lines_alike(bills: None) -> None:
    scope = ChargeScope(filters={"service": ("Models",), "category": ("Usage",)}, **OCTOBER)

    assert charge_sums(scope).billed == Decimal("11.5")
    assert [line.billed_cost for line in charge_lines(scope, limit=9).lines] == [
        Decimal("12.5"),
        Decimal(-1),
    ]
    missing = ChargeScope(filters={"sub_account": ("unallocated",)}, **OCTOBER)
    assert charge_sums(missing).rows == matched(missing).rows == 4


def test_a_merged_team_is_read_as_its_target(db: None) -> None:
    land(charge(tags={"team": "grwth"}), charge(tags={"team": "growth"}), charge())
    merge("team", "grwth", into="growth")

    found = charge_groups(ChargeScope(by=("team",)), limit=9).groups
    assert [(group.values, group.sums.rows) for group in found] == [
        (("growth",), 2),
        (("unallocated",), 1),
    ]
    assert matched(ChargeScope(filters={"team": ("growth",)})).rows == 2


def test_pages_of_lines_show_each_once_dearest_first(bills: None) -> None:
    scope, seen, after = ChargeScope(), [], None
    while True:
        page = charge_lines(scope, limit=2, after=after)
        seen += page.lines
        after = page.next
        if after is None:
            break

    assert [line.billed_cost for line in seen] == sorted(
        (line.billed_cost for line in seen), reverse=True
    )
    assert len({line.id for line in seen}) == 6


def test_a_search_reads_words_as_words(bills: None) -> None:
    assert matched(ChargeScope(search="inv-1")).rows == 1
    assert matched(ChargeScope(search="_")).rows == matched(ChargeScope(search="%")).rows == 0


def test_a_file_holds_every_line_in_the_order_of_its_bill(bills: None) -> None:
    rows = list(each_line(ChargeScope(**OCTOBER), most=100))
    billed = FILE_COLUMNS.index("billed_cost")

    assert [row[FILE_COLUMNS.index("line")] for row in rows] == [1, 2, 3, 4, 5]
    assert sum(row[billed] for row in rows) == Decimal("16.5") + Decimal(EXACT)
    assert len(list(each_line(ChargeScope(), most=3))) == 3


def test_only_what_counts_is_shown_but_what_waits_can_be_looked_at(bills: None) -> None:
    (held,) = land(charge("2026-10-01", billed_cost="1"))

    assert held.status == "held"
    assert charge_sums(ChargeScope(**OCTOBER)).rows == matched(ChargeScope(**OCTOBER)).rows == 5
    ((number,),) = read("SELECT id FROM charges WHERE snapshot_id = %s", held.pk)
    newest = charge_of(number)
    assert newest is not None
    assert (newest.is_current, newest.worth("billed_cost")) == (False, Decimal(1))
    assert charge_of(2**62) is None
