"""Google Cloud's billing export: credits conserved, nested and flat alike."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.domain.charge import ChargeRecord
from tests.ingest.formats.reading import charges, one, read, sample, total

ROW: dict[str, Any] = {
    "billing_account_id": "01A2B3",
    "service": {"id": "C7E2", "description": "Vertex AI"},
    "sku": {"id": "2D7A", "description": "Gemini 2.5 Pro Text Input - Predictions"},
    "usage_start_time": "2026-10-31 23:00:00 UTC",
    "usage_end_time": "2026-11-01 00:00:00 UTC",
    "cost": 8,
    "cost_at_list": 10,
    "currency": "USD",
    "invoice": {"month": "202611"},
    "cost_type": "regular",
    "credits": [],
}


def exported(**values: Any) -> list[ChargeRecord]:
    return charges(json.dumps(ROW | values).encode())


def test_samples_add_up() -> None:
    nested, reasons = read(sample("gcp-billing/nested"))
    flat = charges(sample("gcp-billing/flat"))

    # 1.25 + 0.12…E-6 - 0.03 - 0.01 - 0.12…E-6 - 0.4 + 0.21 - 0.004 + 100
    assert total(nested) == Decimal("101.016000000000000000")
    assert reasons == ["credits is not a list of credits"]
    assert total(flat) == Decimal("2.500000000000000001")


@settings(max_examples=40)
@given(
    st.decimals(-1000, 1000, places=15),
    st.lists(st.decimals(-1000, 10, places=15), max_size=6),
    st.sampled_from(["PROMOTION", "DISCOUNT", "COMMITTED_USAGE_DISCOUNT", "FREE_TIER", ""]),
)
def test_a_row_and_its_credits_are_the_invoice_to_the_last_digit(
    cost: Decimal, reductions: list[Decimal], kind: str
) -> None:
    found = exported(
        cost=str(cost), credits=[{"amount": str(money), "type": kind} for money in reductions]
    )

    assert total(found) == total(found, "effective_cost") == cost + sum(reductions, Decimal(0))
    assert [charge.charge_category for charge in found] == ["Usage"] + ["Credit"] * len(reductions)


def test_savings_are_told_apart_by_the_kind_of_credit() -> None:
    kinds = ("SUSTAINED_USAGE_DISCOUNT", "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", "PROMOTION")

    found = exported(credits=[{"amount": -1, "type": kind, "id": "c"} for kind in kinds])[1:]

    zero, one_less = Decimal(0), Decimal(-1)
    assert [(c.list_cost, c.contracted_cost, c.effective_cost) for c in found] == [
        (zero, one_less, one_less),
        (zero, zero, one_less),
        (one_less, one_less, one_less),
    ]
    assert [charge.commitment_discount_id for charge in found] == [None, "c", None]


def test_a_credit_pays_for_what_its_row_pays_for_and_counts_no_usage() -> None:
    usage, credit = exported(
        credits=[{"amount": -1, "type": "PROMOTION", "name": "Start-up"}],
        usage={"amount": 1000, "unit": "count"},
        labels=[{"key": "team", "value": "growth"}],
    )

    assert (usage.consumed_quantity, credit.consumed_quantity) == (Decimal(1000), None)
    assert (credit.sku_meter, credit.tags) == (usage.sku_meter, {"team": "growth"})
    assert credit.charge_description == "Start-up"


@pytest.mark.parametrize(
    ("cost_type", "category", "correction"),
    [
        ("regular", "Usage", None),
        ("tax", "Tax", None),
        ("adjustment", "Adjustment", "Correction"),
        ("rounding_error", "Adjustment", None),
    ],
)
def test_category_of_a_cost_type(cost_type: str, category: str, correction: str | None) -> None:
    (found,) = exported(cost_type=cost_type)

    assert (found.charge_category, found.charge_class) == (category, correction)


def test_a_commitment_is_a_purchase() -> None:
    (found,) = exported(sku={"id": "1", "description": "Commitment v1: Vertex AI for 1 year"})

    assert found.charge_category == "Purchase"


def test_the_invoice_month_is_the_bill_and_the_usage_keeps_its_own() -> None:
    (found,) = exported()
    (unassigned,) = exported(invoice=None)

    assert found.billing_period == date(2026, 11, 1)
    assert found.charge_period_start.date() == date(2026, 10, 31)
    assert unassigned.billing_period == date(2026, 10, 1)


def test_labels_of_a_resource_win_over_those_of_its_project() -> None:
    (found,) = exported(
        project={
            "id": "ml-prod",
            "name": "ML",
            "labels": [{"key": "team", "value": "platform"}, {"key": "cc", "value": "42"}],
        },
        labels=[{"key": "team", "value": "growth"}],
        currency_conversion_rate=0.91,
    )

    assert (found.sub_account_id, found.sub_account_name) == ("ml-prod", "ML")
    assert found.tags == {"team": "growth", "cc": "42"}
    assert (found.extra or {})["currency_conversion_rate"] == "0.91"


def test_parquet_reads_as_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    row = ROW | {"cost": 0.1, "credits": [{"name": "Promo", "amount": -0.05, "type": "PROMOTION"}]}
    pq.write_table(pa.Table.from_pylist([row]), path)

    found = charges(path)

    assert total(found) == Decimal("0.05")
    assert [charge.service_name for charge in found] == ["Vertex AI"] * 2
    assert found == charges(json.dumps(row).encode())


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"credits": "free"}, "credits is not a list of credits"),
        ({"credits": [1]}, "credits is not a list of credits"),
        ({"credits": [{"amount": -1}] * 1001}, "more than 1000 credits"),
        ({"credits": [{"amount": "much"}]}, "credits.amount is not a number"),
        ({"currency": None}, "currency is missing"),
        ({"usage_start_time": "yesterday"}, "usage_start_time"),
        ({"invoice": {"month": "202613"}}, "no month"),
    ],
)
def test_what_cannot_be_read_is_rejected_whole(values: dict[str, Any], reason: str) -> None:
    found, reasons = read(json.dumps(ROW | values).encode())

    assert not found
    assert reason in reasons[0]


def test_a_missing_cost_is_missing() -> None:
    (found,) = exported(cost=None)

    assert (found.billed_cost, found.effective_cost) == (None, None)


def test_one_charge_a_row_without_credits() -> None:
    assert one(json.dumps(ROW).encode()).list_cost == 10
