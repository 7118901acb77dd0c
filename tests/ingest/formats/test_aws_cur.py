"""AWS cost and usage reports: both spellings, every line item type, four costs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finops.domain.charge import ChargeRecord
from tests.ingest.formats.reading import charges, one, read, sample, table, total

CUR: dict[str, str] = {
    "bill_payer_account_id": "111122223333",
    "bill_billing_period_start_date": "2026-10-01T00:00:00.000Z",
    "line_item_line_item_type": "Usage",
    "line_item_usage_start_date": "2026-10-05T13:00:00.000Z",
    "line_item_usage_end_date": "2026-10-05T14:00:00.000Z",
    "line_item_currency_code": "USD",
    "line_item_unblended_cost": "8",
}


def line(**cells: str) -> ChargeRecord:
    return one(table(CUR | cells))


def test_a_report_adds_up_on_both_costs() -> None:
    found, reasons = read(sample("aws-cur/bedrock"))

    assert total(found) == Decimal("24.5126785")
    assert total(found, "effective_cost") == Decimal("24.4926785")
    assert len(reasons) == 1


def test_a_repeated_id_is_told_apart_by_its_interval() -> None:
    found = charges(sample("aws-cur/legacy"))

    assert len({charge.line_item_id for charge in found[:2]}) == 2
    assert found[0].billed_cost == Decimal("0.000015")


def test_tags_of_people_lose_their_mark_and_case_counts() -> None:
    first, *_ = charges(sample("aws-cur/legacy"))

    assert first.tags == {"aws:createdBy": "Root:1", "Team": "growth", "team": "Growth team"}


def test_tags_of_maps_and_of_columns_are_one() -> None:
    found = line(
        resource_tags='{"user_team": "growth", "aws_created_by": "Root:1"}',
        resource_tags_user_feature="search",
        cost_category='{"Unit": "retail"}',
    )

    assert found.tags == {
        "team": "growth",
        "aws:created_by": "Root:1",
        "costCategory/Unit": "retail",
        "feature": "search",
    }
    assert line(resource_tags="", resource_tags_user_feature="").tags is None


def test_an_open_month_has_no_invoice_yet() -> None:
    assert line(bill_invoice_id="").invoice_id is None
    assert line(bill_invoice_id="123").invoice_id == "123"


@pytest.mark.parametrize(
    ("kind", "category", "frequency"),
    [
        ("Usage", "Usage", "Usage-Based"),
        ("DiscountedUsage", "Usage", "Usage-Based"),
        ("SavingsPlanCoveredUsage", "Usage", "Usage-Based"),
        ("SavingsPlanNegation", "Usage", "Usage-Based"),
        ("Fee", "Purchase", "One-Time"),
        ("RIFee", "Purchase", "Recurring"),
        ("SavingsPlanRecurringFee", "Purchase", "Recurring"),
        ("SavingsPlanUpfrontFee", "Purchase", "One-Time"),
        ("Tax", "Tax", None),
        ("Credit", "Credit", "One-Time"),
        ("Refund", "Credit", "One-Time"),
        ("EdpDiscount", "Credit", None),
        ("BundledDiscount", "Credit", None),
        ("PrivateRateDiscount", "Credit", None),
        ("Tomorrow's", "Adjustment", None),
    ],
)
def test_category_of_a_line_item_type(kind: str, category: str, frequency: str | None) -> None:
    found = line(line_item_line_item_type=kind)

    assert (found.charge_category, found.charge_frequency) == (category, frequency)


@pytest.mark.parametrize(
    ("cells", "billed", "effective"),
    [
        ({"line_item_net_unblended_cost": "7"}, "7", "7"),
        (
            {
                "line_item_line_item_type": "SavingsPlanCoveredUsage",
                "savings_plan_savings_plan_effective_cost": "5",
            },
            "8",
            "5",
        ),
        (
            {
                "line_item_line_item_type": "SavingsPlanCoveredUsage",
                "savings_plan_savings_plan_effective_cost": "5",
                "savings_plan_net_savings_plan_effective_cost": "4.5",
            },
            "8",
            "4.5",
        ),
        (
            {
                "line_item_line_item_type": "SavingsPlanRecurringFee",
                "savings_plan_total_commitment_to_date": "8",
                "savings_plan_used_commitment": "7.75",
            },
            "8",
            "0.25",
        ),
        ({"line_item_line_item_type": "SavingsPlanUpfrontFee"}, "8", "0"),
        (
            {
                "line_item_line_item_type": "DiscountedUsage",
                "line_item_unblended_cost": "0",
                "reservation_effective_cost": "2",
                "reservation_net_effective_cost": "1.5",
            },
            "0",
            "1.5",
        ),
        (
            {
                "line_item_line_item_type": "RIFee",
                "reservation_unused_amortized_upfront_fee_for_billing_period": "1",
                "reservation_unused_recurring_fee": "0.5",
            },
            "8",
            "1.5",
        ),
        ({"line_item_line_item_type": "Fee", "reservation_reservation_a_r_n": "arn:r"}, "8", "0"),
        ({"line_item_line_item_type": "Fee", "reservation_reservation_a_r_n": ""}, "8", "8"),
    ],
)
def test_commitments_are_spread_over_what_they_cover(
    cells: dict[str, str], billed: str, effective: str
) -> None:
    found = line(**cells)

    assert (found.billed_cost, found.effective_cost) == (Decimal(billed), Decimal(effective))


def test_net_costs_hold_the_discounts_so_their_own_rows_do_not_count_twice() -> None:
    usage = {**CUR, "line_item_net_unblended_cost": "7.2"}
    discount = {**CUR, "line_item_line_item_type": "EdpDiscount", "line_item_unblended_cost": "-.8"}

    with_net = charges(table(usage, discount))
    without = charges(table(CUR, discount))

    assert total(with_net) == total(without) == Decimal("7.2")


def test_a_missing_cost_is_missing() -> None:
    found = line(line_item_unblended_cost="")

    assert found.billed_cost is None
    assert found.effective_cost is None


def test_money_back_for_an_earlier_month_is_a_correction() -> None:
    late = {"line_item_usage_start_date": "2026-09-30T23:00:00Z"}

    assert line(line_item_line_item_type="Refund", **late).charge_class == "Correction"
    assert line(line_item_line_item_type="Refund").charge_class is None
    assert line(**late).charge_class is None


def test_the_month_of_the_bill_is_not_that_of_the_usage() -> None:
    found = line(line_item_usage_start_date="2026-09-30T23:00:00Z")

    assert found.billing_period == date(2026, 10, 1)
    assert found.charge_period_start == datetime(2026, 9, 30, 23, tzinfo=UTC)


def test_models_of_others_are_found_by_product_not_by_code() -> None:
    found = charges_of("Claude Sonnet 4.5 (Amazon Bedrock Edition)")

    assert [charge.sku_meter for charge in found] == [
        "USW2-MP:USW2_InputTokenCount-Units",
        "USW2-MP:USW2_output_tokens_standard-Units",
    ]
    assert {charge.service_provider_name for charge in found} == {"AWS"}
    assert all((charge.extra or {})["bill_billing_entity"] == "AWS Marketplace" for charge in found)


def charges_of(service: str) -> list[ChargeRecord]:
    found, _ = read(sample("aws-cur/bedrock"))
    return [charge for charge in found if charge.service_name == service]


def test_maps_of_parquet_read_as_those_of_csv(tmp_path: Path) -> None:
    path = tmp_path / "cur.parquet"
    strings = pa.map_(pa.string(), pa.string())
    pq.write_table(
        pa.table(
            {
                **{name: [text] for name, text in CUR.items() if "cost" not in name},
                "line_item_unblended_cost": pa.array([0.1], pa.float64()),
                "line_item_iam_principal": ["arn:aws:iam::1:user/ana"],
                "product": pa.array([[("product_name", "Amazon Bedrock")]], strings),
                "resource_tags": pa.array(
                    [[("user_team", "growth"), ("iamPrincipal/team", "ml")]], strings
                ),
            }
        ),
        path,
    )

    found = one(path)

    assert found.billed_cost == Decimal("0.1")
    assert found.service_name == "Amazon Bedrock"
    assert found.principal_id == "arn:aws:iam::1:user/ana"
    assert found.tags == {"team": "growth", "iamPrincipal/team": "ml"}


def test_an_account_that_no_column_names_is_the_one_that_was_told() -> None:
    bare = table({k: v for k, v in CUR.items() if k != "bill_payer_account_id"})

    assert one(bare).billing_account_id == "bill"
    assert one(bare, billing_account_id="acme").billing_account_id == "acme"
