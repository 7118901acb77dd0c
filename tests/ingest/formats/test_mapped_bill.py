"""Bills read through a mapping: what it may say, and what a row becomes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.domain.charge import ChargeRecord
from ingest.formats import format_of_mapping
from ingest.formats.mapped_bill import MappedBill
from ingest.readers import Source
from ingest.source_format import ReadOptions, Row, RowRejected

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MAPPING = {
    "kind": "billing",
    "charge_period_start": "day",
    "billing_currency": {"const": "USD"},
    "billed_cost": "cost",
}


def charge(
    row: dict[str, Any], more: dict[str, Any] | None = None, source: str = "vendor"
) -> ChargeRecord | None:
    """Read one row through the mapping and ``more``."""
    mapping = MAPPING | (more or {})
    decode = MappedBill().decoder(ReadOptions(now=NOW, mapping=mapping, source=source))
    data = json.dumps({"day": "2026-05-03", "cost": "1"} | row).encode()
    with Source("-", BytesIO(data)) as opened:
        (found,) = opened.rows()
    assert isinstance(found, Row)
    charges = decode(found)
    return charges[0] if charges else None


def read(row: dict[str, Any], more: dict[str, Any] | None = None) -> ChargeRecord:
    found = charge(row, more)
    assert found is not None
    return found


def test_a_mapping_says_what_it_reads() -> None:
    assert format_of_mapping(MAPPING).name == "mapped-bill"
    assert format_of_mapping({"time": "t"}).name == "mapped"


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        (None, "needs a mapping"),
        ({"kind": "billing"}, "lacks charge_period_start, billing_currency, billed_cost"),
        (MAPPING | {"extra": "x"}, "unknown key in the mapping: extra"),
        (MAPPING | {"billed_costs": "x"}, "unknown key in the mapping: billed_costs"),
        (MAPPING | {"unit": "pence"}, "unit must be one of units, cents"),
        (MAPPING | {"unit": 1}, "unit must be a text"),
        (MAPPING | {"time_zone": "Mars"}, "no zone that is known here"),
        (MAPPING | {"sku_meter": ["a"]}, "sku_meter must be a column"),
        (MAPPING | {"sku_meter": "prompt"}, "holds prompt or answer text"),
        (MAPPING | {"where": "x"}, "where must be an object"),
        (MAPPING | {"tags": 1}, "tags must be an object"),
    ],
)
def test_what_cannot_be_used_is_said_before_reading(mapping: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        MappedBill().decoder(ReadOptions(now=NOW, mapping=mapping))


def test_the_least_a_mapping_can_say() -> None:
    found = read({"cost": "1.10"})

    assert (found.billing_account_id, found.billing_period) == ("vendor", date(2026, 5, 1))
    assert found.charge_period_start == datetime(2026, 5, 3, tzinfo=UTC)
    assert found.charge_period_end == datetime(2026, 5, 4, tzinfo=UTC)
    assert (found.billed_cost, found.effective_cost) == (Decimal("1.10"), None)
    assert (found.charge_category, found.extra) == ("Usage", None)


def test_a_person_may_say_account_and_currency_of_the_whole_file() -> None:
    told = {"billing_account_id": "4711", "billing_currency": "EUR"}
    mapping = {key: value for key, value in MAPPING.items() if key != "billing_currency"}
    decode = MappedBill().decoder(ReadOptions(now=NOW, mapping=mapping, defaults=told))

    (found,) = decode(Row(1, b'{"day":"2026-05-03","cost":"1"}')) or ()

    assert (found.billing_account_id, found.billing_currency) == ("4711", "EUR")


@given(number=st.decimals(-(10**9), 10**9, places=24))
@settings(max_examples=30, deadline=None)
def test_cents_move_the_point_of_costs_and_lose_no_digit(number: Decimal) -> None:
    found = read({"cost": str(number), "n": "3"}, {"unit": "cents", "consumed_quantity": "n"})

    with localcontext(prec=60):
        assert found.billed_cost is not None
        assert found.billed_cost * 100 == number
    assert found.consumed_quantity == 3


def test_a_day_of_a_zone_and_its_month() -> None:
    found = read({"day": "2026-05-01"}, {"time_zone": "Europe/Berlin"})

    assert found.charge_period_start == datetime(2026, 4, 30, 22, tzinfo=UTC)
    assert found.charge_period_end == datetime(2026, 5, 1, 22, tzinfo=UTC)
    assert found.billing_period == date(2026, 5, 1)


@pytest.mark.parametrize("month", ["202605", "2026-05", "2026-05-31", "2026-05-01T00:00:00Z"])
def test_an_invoice_month_in_any_spelling(month: str) -> None:
    assert read({"m": month}, {"billing_period": "m"}).billing_period == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("row", "more", "reason"),
    [
        ({"day": None}, {}, "charge_period_start is missing"),
        ({"day": "5/3/26"}, {}, "may be month/day or day/month"),
        ({"cost": "1,234"}, {}, "billed_cost has thousands separators"),
        ({"cost": {"a": 1}}, {}, "billed_cost is not a number"),
        ({"c": "Token"}, {"billing_currency": "c"}, "not a currency code"),
        ({"c": ""}, {"billing_currency": "c"}, "billing_currency is missing"),
        ({"k": "Bonus"}, {"charge_category": "k"}, "charge_category is none of Usage"),
    ],
)
def test_what_cannot_be_read_rejects_its_row(
    row: dict[str, Any], more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RowRejected, match=reason):
        charge(row, more)


def test_a_bill_of_nobody_is_rejected() -> None:
    with pytest.raises(RowRejected, match="billing_account_id is missing"):
        charge({}, source="")


def test_rows_outside_where_are_none_of_the_bill() -> None:
    where = {"where": {"state": ["final", "revised"]}}

    assert charge({"state": "draft"}, where) is None
    assert charge({"state": "final"}, where) is not None


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ({"team": "meta.team"}, {"meta": {"team": "search"}}),
        (["team"], {"team": "search"}),
        ("labels", {"labels": '{"team":"search"}'}),
        ("labels", {"labels": {"team": "search"}}),
        ("labels", {"labels": [{"key": "team", "value": "search"}]}),
    ],
)
def test_tags_in_any_shape(spec: Any, value: dict[str, Any]) -> None:
    assert read(value, {"tags": spec}).tags == {"team": "search"}
