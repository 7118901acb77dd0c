"""What a source reports in another currency counts by the rate of its day, or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.bills.rates import RateLine, set_rates
from finops.ledger.sources import source_named
from tests.finops.bills.charges import NOW
from tests.finops.ledger.usage import PRICE, assert_parity, call, import_rows, read, total
from tests.finops.revaluation.history import revalue

pytestmark = pytest.mark.usefixtures("ledger")


def euros(since: str, rate: str) -> None:
    line = RateLine("EUR", date.fromisoformat(since), Decimal(rate))
    set_rates([line], by="Ann", now=NOW)


def test_by_the_rate_of_its_day_at_import_and_when_priced_again() -> None:
    source = source_named("gateway")
    source.counts = "reported"
    source.save()
    euros("2026-10-01", "1.10")
    euros("2026-11-02", "1.2")

    import_rows(
        *(
            call(time=f"{day}T10:00:00Z", cost="2", currency="EUR")
            for day in ("2026-09-30", "2026-10-31", "2026-11-02")
        ),
        source="gateway",
    )

    counted = "SELECT cost, cost_source, reported_cost, currency FROM calls ORDER BY started_at"
    assert read(counted) == [
        (PRICE, "computed", Decimal(2), "EUR"),
        (Decimal("2.2"), "reported", Decimal(2), "EUR"),
        (Decimal("2.4"), "reported", Decimal(2), "EUR"),
    ]
    assert revalue("price").result["changed"] == 0

    euros("2026-09-01", "3")
    assert revalue("price").result["changed"] == 1
    assert read(counted)[0][:2] == (Decimal(6), "reported")
    assert total().cost == Decimal("10.6")
    assert_parity()
