"""Azure cost exports: dialects, data sets, blocks of units."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from finops.domain.charge import ChargeRecord
from ingest.azure_amounts import block_of
from ingest.formats import format_named
from ingest.source_format import ReadOptions
from tests.ingest.formats.reading import NOW, charges, one, read, sample, table, total

EXPORT: dict[str, str] = {
    "SubscriptionId": "0A1B",
    "Date": "10/05/2026",
    "MeterCategory": "Foundry Models",
    "MeterName": "gpt-4o-0806-Inp-glbl Tokens",
    "MeterId": "m",
    "ConsumedService": "Microsoft.CognitiveServices",
    "UnitOfMeasure": "1K",
    "Quantity": "2",
    "UnitPrice": "4",
    "CostInBillingCurrency": "8",
    "BillingCurrencyCode": "EUR",
    "ChargeType": "Usage",
    "PricingModel": "OnDemand",
}


def line(dataset: str = "", **cells: str) -> ChargeRecord:
    settings = {"dataset": dataset} if dataset else {}
    return one(table(EXPORT | cells), **settings)


def test_samples_add_up() -> None:
    enterprise, reasons = read(sample("azure-costs/enterprise"))
    customer = charges(sample("azure-costs/customer"))

    assert total(enterprise) == Decimal("1853.1154")
    assert total(enterprise, "effective_cost") == Decimal("28.1154")
    assert reasons == ["Date '2026-10-32T00:00' is no date that exists"]
    assert total(customer, "effective_cost") == Decimal("71.29")


def test_a_localised_header_is_known_by_the_english_name() -> None:
    found = one(sample("azure-costs/localised"))

    assert (found.sub_account_id, found.billed_cost, found.consumed_quantity) == (
        "0a1b2c3d-0000-0000-0000-000000000002",
        Decimal("0.35"),
        Decimal(2_000_000),
    )


COVERED = {"PricingModel": "SavingsPlan", "benefitId": "plan-1"}
PURCHASE = {"ChargeType": "Purchase", "PricingModel": "Reservation", "ReservationId": "r-1"}


@pytest.mark.parametrize(
    ("dataset", "cells", "billed", "effective"),
    [
        ("", {}, "8", "8"),
        ("actual", {}, "8", None),
        ("amortized", {}, None, "8"),
        ("", {**COVERED, "CostInBillingCurrency": "0"}, "0", None),
        ("", COVERED, None, "8"),
        ("actual", {**COVERED, "CostInBillingCurrency": "0"}, "0", None),
        ("amortized", COVERED, None, "8"),
        ("", PURCHASE, "8", "0"),
        ("actual", PURCHASE, "8", None),
        ("", {"ChargeType": "UnusedSavingsPlan"}, None, "8"),
        ("", {"ChargeType": "Purchase", "PricingModel": ""}, "8", "8"),
        ("", {"CostInBillingCurrency": ""}, None, None),
    ],
)
def test_the_data_set_says_which_cost_the_cost_is(
    dataset: str, cells: dict[str, str], billed: str | None, effective: str | None
) -> None:
    found = line(dataset, **cells)

    assert (found.billed_cost, found.effective_cost) == (amount(billed), amount(effective))


def amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize("cells", [{}, COVERED, PURCHASE, {"ChargeType": "Refund"}])
def test_both_data_sets_side_by_side_count_nothing_twice(cells: dict[str, str]) -> None:
    both = [line(dataset, **cells) for dataset in ("actual", "amortized")]

    for cost in ("billed_cost", "effective_cost"):
        assert sum(getattr(charge, cost) is not None for charge in both) == 1


@pytest.mark.parametrize(
    ("cells", "category"),
    [
        ({"ChargeType": "Refund"}, "Credit"),
        ({**PURCHASE, "ChargeType": "Refund"}, "Purchase"),
        ({"ChargeType": "Tax"}, "Tax"),
        ({"ChargeType": "Rounding Adjustment"}, "Adjustment"),
        ({"ChargeType": ""}, "Usage"),
        ({"ChargeType": "usage"}, "Usage"),
    ],
)
def test_category_of_a_charge_type(cells: dict[str, str], category: str) -> None:
    assert line(**cells).charge_category == category


@pytest.mark.parametrize(
    ("unit", "size", "noun"),
    [
        ("1K", 1000, ""),
        ("10K", 10_000, ""),
        ("1M", 1_000_000, ""),
        ("10 Hours", 10, "Hours"),
        ("1 GB/Month", 1, "GB/Month"),
        ("100 Million", 100, "Million"),
        ("1", 1, ""),
        ("1,000 Units", 1000, "Units"),
        ("10000s", 10_000, "s"),
        ("Hour", 1, "Hour"),
        ("0 Hours", 1, "Hours"),
    ],
)
def test_a_unit_of_measure_is_a_block(unit: str, size: int, noun: str) -> None:
    assert block_of(unit) == (Decimal(size), noun)


def test_blocks_of_a_token_meter_are_tokens() -> None:
    found = line(Quantity="4210.5")

    assert (found.consumed_quantity, found.consumed_unit) == (Decimal(4_210_500), "Tokens")
    assert (found.pricing_quantity, found.pricing_unit) == (Decimal("4210.5"), "1K")


def test_a_contracted_cost_of_zero_beside_a_real_cost_is_not_known() -> None:
    assert line(ContractedCost="0").contracted_cost is None
    assert line(UnitPrice="0").contracted_cost is None
    assert line(ContractedCost="0", CostInBillingCurrency="0").contracted_cost is not None
    assert line().contracted_cost == Decimal(8)


def test_prices_in_another_currency_are_converted_where_the_file_says_how() -> None:
    foreign = {"pricingCurrency": "USD", "PayGPrice": "5"}

    assert line(**foreign).list_cost is None
    assert line(**foreign, exchangeRatePricingToBilling="0.5").list_cost == Decimal(5)
    assert line(PayGPrice="5").list_cost == Decimal(10)


@pytest.mark.parametrize(
    ("cells", "day", "month"),
    [
        ({"Date": "2/3/2026"}, date(2026, 2, 3), date(2026, 2, 1)),
        ({"Date": "2026-02-03"}, date(2026, 2, 3), date(2026, 2, 1)),
        (
            {
                "Date": "2/3/2026",
                "BillingPeriodStartDate": "3/1/2026",
                "BillingPeriodEndDate": "3/31/2026",
            },
            date(2026, 2, 3),
            date(2026, 3, 1),
        ),
        (
            {
                "Date": "3/2/2026",
                "BillingPeriodStartDate": "1/2/2026",
                "BillingPeriodEndDate": "28/2/2026",
            },
            date(2026, 2, 3),
            date(2026, 2, 1),
        ),
    ],
)
def test_the_billing_period_settles_how_dates_are_written(
    cells: dict[str, str], day: date, month: date
) -> None:
    found = line(**cells)

    assert (found.charge_period_start.date(), found.billing_period) == (day, month)


def test_ids_of_azure_are_the_same_in_every_case() -> None:
    resource = (
        "/subscriptions/0A1B/resourceGroups/AI/providers/Microsoft.CognitiveServices/accounts/X"
    )

    found = line(ResourceId=resource)

    assert found.resource_id == resource.lower()
    assert found.resource_type == "microsoft.cognitiveservices/accounts"


def test_the_marketplace_sells_for_others() -> None:
    found = line(PublisherType="Marketplace", PublisherName="Pinecone Systems Inc")

    assert found.service_provider_name == "Pinecone Systems Inc"
    assert found.invoice_issuer_name == "Microsoft"


def test_a_file_without_a_currency_says_how_to_give_one() -> None:
    bare = table({k: v for k, v in EXPORT.items() if k != "BillingCurrencyCode"})

    _, reasons = read(bare)

    assert "--set billing_currency=USD" in reasons[0]
    assert one(bare, billing_currency="cad").billing_currency == "CAD"


@pytest.mark.parametrize("settings", [{"dataset": "both"}, {"colour": "red"}])
def test_unusable_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"dataset|colour"):
        format_named("azure-costs").decoder(ReadOptions(now=NOW, defaults=settings))


def test_hostile_cells_are_kept_as_text() -> None:
    found = line(
        Tags='"=cmd|calc": "<script>alert(1)</script>"',
        MeterName="\u202eevil",
        SubscriptionName="x" * 900,
    )

    assert found.tags == {"=cmd|calc": "<script>alert(1)</script>"}
    assert found.sku_meter == "\u202eevil"
    assert len(found.sub_account_name or "") == 500
