"""Whatever is delivered, in whatever order: each bill is its last delivery, and all sums agree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.bills.holding import publish_held
from tests.finops.bills.charges import NOW, assert_agreement, charge, land
from tests.finops.ledger.usage import read

pytestmark = pytest.mark.django_db

_sources = count()
_amounts = st.decimals(-1000, 1000, allow_nan=False, places=9) | st.none()
#: Days, amounts, teams, currencies of one account's and period's delivery.
_rows = st.lists(
    st.tuples(
        st.integers(1, 5),
        _amounts,
        st.sampled_from(["", "search", "chat"]),
        st.sampled_from(["USD", "EUR"]),
    ),
    min_size=1,
    max_size=5,
)
_deliveries = st.lists(
    st.dictionaries(st.tuples(st.sampled_from("ab"), st.integers(9, 10)), _rows, min_size=1),
    min_size=1,
    max_size=4,
)
Row = tuple[int, Decimal | None, str, str]


def _deliver(delivery: dict[tuple[str, int], Sequence[Row]], source: str) -> None:
    """Land a delivery; a person publishes what is held."""
    bills = land(
        *(
            charge(
                date(2026, month, day),
                billed_cost=amount,
                billing_account_id=account,
                billing_currency=currency,
                tags={"team": team} if team else None,
            )
            for (account, month), rows in delivery.items()
            for day, amount, team, currency in rows
        ),
        source=source,
    )
    for bill in bills:
        if bill.status == "held":
            publish_held(bill.pk, by="Ann", reason="It is so", now=NOW)


def _expected(
    deliveries: Sequence[dict[tuple[str, int], Sequence[Row]]],
) -> dict[tuple[str, int], list[Row]]:
    """Merge by day: of each bill, the days between a delivery's first and last are its own."""
    bills: dict[tuple[str, int], list[Row]] = {}
    for delivery in deliveries:
        for bill, rows in delivery.items():
            first, last = min(row[0] for row in rows), max(row[0] for row in rows)
            kept = [row for row in bills.get(bill, ()) if not first <= row[0] <= last]
            bills[bill] = [*kept, *rows]
    return bills


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_deliveries)
def test_each_bill_is_the_last_word_on_each_of_its_days(
    deliveries: list[dict[tuple[str, int], list[Row]]],
) -> None:
    source = f"law {next(_sources)}"

    for delivery in deliveries:
        _deliver(delivery, source)

    found = read(
        "SELECT billing_account_id, date_part('month', billing_period)::int,"
        " date_part('day', charge_period_start)::int, billed_cost, coalesce(team, ''),"
        " billing_currency FROM charges JOIN finops_source AS source ON source.id = source_id"
        " WHERE source.name = %s",
        source,
    )
    expected = [(*bill, *row) for bill, rows in _expected(deliveries).items() for row in rows]
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert_agreement()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_rows, st.randoms())
def test_the_order_of_rows_changes_nothing(rows: list[Row], random: object) -> None:
    one, other = f"law {next(_sources)}", f"law {next(_sources)}"
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis's own random

    _deliver({("a", 10): rows}, one)
    _deliver({("a", 10): shuffled}, other)

    totals = read(
        "SELECT totals, services FROM finops_billsnapshot AS bill"
        " JOIN finops_source AS source ON source.id = bill.source_id WHERE source.name = ANY (%s)",
        [one, other],
    )
    assert totals[0] == totals[1]
