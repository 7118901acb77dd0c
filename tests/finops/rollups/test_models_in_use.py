"""Which models are in use, what they cost, and which of them wait for a price."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from finops.ledger.sources import source_named
from finops.models import Organization, Source
from finops.rollups.models_in_use import models_in_use, prices_by_spend, unpriced_models
from tests.finops.ledger.usage import call, import_rows
from tests.finops.pricing.by_hand import enter, taken_back

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NOVEMBER = {"since": date(2026, 11, 1), "until": date(2026, 12, 1)}


@pytest.fixture(autouse=True)
def _own_prices(ledger: None) -> Iterator[None]:
    with taken_back():
        yield


def house(**fields: object) -> dict[str, object]:
    return call(**{"provider": "acme", "model": "house-7b"} | fields)


def test_models_stand_by_spend_and_unpriced_ones_cost_nothing_known() -> None:
    import_rows(call(id="1"), call(id="2"), call(id="3", model="o3"), house(id="4"))

    rows = models_in_use(**NOVEMBER)

    assert [row[:2] for row in rows] == [
        ("openai", "gpt-4o"),
        ("openai", "o3"),
        ("acme", "house-7b"),
    ]
    assert [(row.cost, row.calls, row.unpriced_calls) for row in rows] == [
        (Decimal("0.015"), 2, 0),
        (Decimal("0.006"), 1, 0),
        (None, 1, 1),
    ]


def test_days_are_half_open() -> None:
    import_rows(
        call(id="1", time="2026-11-01T00:00:00Z"), call(id="2", time="2026-12-01T00:00:00Z")
    )

    assert [row.calls for row in models_in_use(**NOVEMBER)] == [1]


def test_one_model_of_two_providers_is_two() -> None:
    import_rows(call(id="1"), call(id="2", provider="azure"))

    assert {row.provider for row in models_in_use(**NOVEMBER)} == {"openai", "azure"}


def test_each_stands_beside_the_price_that_charges_now() -> None:
    import_rows(call(id="1"), house(id="2"), call(id="3", provider="azure"))
    enter("3", "2026-11-20", provider="openai", model="gpt-4o")
    enter("9", "2027-01-01", provider="openai", model="gpt-4o")

    priced = {
        (row.use.provider, row.use.model): (
            row.price.provider if row.price else None,
            [line.amount for line in row.lines][:1],
        )
        for row in prices_by_spend(**NOVEMBER, now=NOW)
    }

    assert priced == {
        ("openai", "gpt-4o"): ("openai", [3]),
        ("azure", "gpt-4o"): ("openai", [3]),
        ("acme", "house-7b"): (None, []),
    }


def test_what_waits_is_told_with_its_days_and_why() -> None:
    import_rows(
        house(id="1", time="2026-11-03T10:00:00Z"),
        house(id="2", time="2026-11-09T10:00:00Z", processing="batch", region="eu"),
        call(id="3", model="gpt-4o", processing="flex"),
        call(id="4", input_tokens=None, output_tokens=None, status="error"),
        call(id="5"),
    )

    house_7b, gpt_4o = unpriced_models()

    assert house_7b == (
        "acme",
        "house-7b",
        2,
        date(2026, 11, 3),
        date(2026, 11, 9),
        ("unknown_model",),
        ("", "eu"),
        ("batch", "standard"),
    )
    assert (gpt_4o.model, gpt_4o.calls, gpt_4o.reasons) == ("gpt-4o", 1, ("no_price",))
    assert unpriced_models("openai", "gpt-4o") == [gpt_4o]


def test_days_are_those_of_the_reporting_zone() -> None:
    import_rows(house(id="1", time="2026-11-03T23:30:00Z"))
    Organization.objects.update(time_zone="Asia/Kolkata")

    (row,) = unpriced_models()

    assert row.first_day == date(2026, 11, 4)


def test_evidence_waits_for_nothing() -> None:
    source = source_named("usage-api")
    Source.objects.filter(pk=source.pk).update(role=Source.EVIDENCE)
    import_rows(house(id="1"), source="usage-api")

    assert unpriced_models() == []
