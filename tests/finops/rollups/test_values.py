"""Values of a dimension with what they cost and when they were seen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from finops.attribution.values import archive, describe, merge, spellings
from finops.models import Person
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.rollups.queries import Scope, costs
from finops.rollups.values import Activity, activity, list_values
from tests.finops.ledger.usage import PRICE, call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")


@pytest.fixture
def spent(ledger: None) -> None:
    """Three teams over two months, one of them under two spellings; one call of nobody."""
    import_rows(
        call(id="1", time="2026-10-01T10:00:00Z", team="risk"),
        call(id="2", time="2026-11-01T10:00:00Z", team="growth"),
        call(id="3", time="2026-11-02T10:00:00Z", team="Growth"),
        call(id="4", time="2026-11-02T10:00:00Z", team="ml", model="unheard-of"),
        call(id="5", time="2026-11-02T10:00:00Z"),
    )


@pytest.mark.usefixtures("spent")
def test_values_come_dearest_first_with_their_days_and_never_the_missing_one() -> None:
    rows, count = list_values("team")

    assert count == 4
    assert {row.value: (row.cost, row.calls) for row in rows} == {
        "growth": (PRICE, 1),
        "Growth": (PRICE, 1),
        "risk": (PRICE, 1),
        "ml": (0, 1),
    }
    assert rows[3].value == "ml"
    assert rows[3].known_cost is None
    (risk,) = [row for row in rows if row.value == "risk"]
    assert (risk.first_seen, risk.last_seen) == (date(2026, 10, 1), date(2026, 10, 1))


@pytest.mark.usefixtures("spent")
def test_merged_spellings_are_one_row_that_sums_them() -> None:
    merge("team", "Growth", into="growth")

    rows, _ = list_values("team")

    assert (rows[0].value, rows[0].cost, rows[0].merged_values) == ("growth", 2 * PRICE, ["Growth"])
    assert (rows[0].first_seen, rows[0].last_seen) == (date(2026, 11, 1), date(2026, 11, 2))
    assert [row.value for row in rows].count("Growth") == 0


@pytest.mark.usefixtures("spent")
def test_a_period_leaves_its_days_only_and_keeps_who_was_quiet() -> None:
    rows, count = list_values("team", since=date(2026, 11, 1))

    (risk,) = [row for row in rows if row.value == "risk"]
    assert (count, risk.cost, risk.calls, risk.last_seen) == (4, 0, 0, date(2026, 10, 1))


@pytest.mark.usefixtures("spent")
@pytest.mark.parametrize("dimension", NAMED_DIMENSIONS)
def test_the_list_and_costs_agree_in_every_dimension(dimension: str) -> None:
    import_rows(
        *(
            call(id=f"{dimension}{n}", time="2026-11-03T10:00:00Z", **{dimension: value})
            for n, value in enumerate(("a", "a", "b", "c"))
        )
    )
    merge(dimension, "c", into="b")

    listed = {row.value: (row.cost, row.calls) for row in list_values(dimension)[0]}

    assert listed == {
        row.values[0]: (row.measures.cost, row.measures.calls)
        for row in costs(Scope(by=(dimension,))).rows
        if row.values[0] != "unallocated"
    }
    found = activity(dimension, spellings(dimension, "b"))
    whole = costs(Scope(filters={dimension: ["b"]})).total
    assert (found.cost, found.calls) == (whole.cost, whole.calls) == (2 * PRICE, 2)


@pytest.mark.usefixtures("spent")
def test_search_finds_values_names_and_merged_spellings_whatever_the_case() -> None:
    describe(
        "team", "risk", display_name="Credit 100% _risk", business_owner=None, technical_owner=None
    )
    merge("team", "ml", into="risk")

    for wanted, found in (
        ("RIS", ["risk"]),
        ("credit 100%", ["risk"]),
        ("ML", ["risk"]),
        ("%", ["risk"]),
        ("nobody", []),
    ):
        assert [row.value for row in list_values("team", search=wanted)[0]] == found


@pytest.mark.usefixtures("spent")
def test_archived_values_are_hidden_until_they_are_asked_for() -> None:
    archive("team", "ml", now=datetime(2026, 11, 20, tzinfo=UTC))

    assert list_values("team")[1] == 3
    rows, count = list_values("team", archived=True)
    assert count == 4
    assert [row.value for row in rows if row.archived] == ["ml"]


def test_a_value_that_somebody_described_is_listed_before_its_first_call() -> None:
    owner = Person.objects.create_user("rollup-values@example.com", name="Priya Nair")
    describe("team", "new", display_name="New team", business_owner=owner, technical_owner=None)

    ((row,), count) = list_values("team")

    assert (row.value, row.display_name, row.business_owner, row.technical_owner, count) == (
        "new",
        "New team",
        "Priya Nair",
        "",
        1,
    )
    assert (row.first_seen, row.calls, row.known_cost) == (None, 0, 0)
    owner.delete()


def test_long_lists_come_in_pages_that_hold_every_value_once() -> None:
    import_rows(*(call(id=str(n), customer=f"c{n:02}") for n in range(7)))

    pages = [list_values("customer", limit=3, offset=offset) for offset in (0, 3, 6, 9)]

    assert [len(rows) for rows, _ in pages] == [3, 3, 1, 0]
    assert sorted(row.value for rows, _ in pages for row in rows) == [f"c{n:02}" for n in range(7)]


def test_a_dimension_without_names_is_refused() -> None:
    with pytest.raises(ValueError, match="values of model have no names"):
        list_values("model")


def test_what_was_never_seen_sums_to_nothing() -> None:
    assert activity("team", ["nobody"]) == Activity(None, None, 0, 0, Decimal(0))
