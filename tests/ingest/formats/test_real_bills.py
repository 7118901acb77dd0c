"""FOCUS files of others: each imports to the last digit, or is refused for the right reason."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from finops.domain.charge import CHARGE_COSTS
from ingest.formats import format_named, recognise
from ingest.readers import open_source
from ingest.source_format import ReadOptions, Refused, Row

DATA = Path(__file__).parents[4] / "shared" / "data" / "billing"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
FRAGMENT: Final = "without the mandatory BillingAccountId"
COMMITMENTS: Final = "Contract Commitment"
TOOLKIT, SPEC, DRAFT = (
    "focus-data-toolkit_synthetic",
    "focus-spec-v1.2_examples",
    "focus-spec-1.5-draft_ai_examples",
)

FLEXIBLE: Final = f"{SPEC}/one_hundred_percent_utilization_with_commitment_discount_flexibility"

#: File → version, rows, and the sums of BilledCost and EffectiveCost.
READ: Final = {
    "focus-1.0_finops-foundation_sample_1000.csv": ("1.0 1000 20.52022672899 14.97651418586"),
    f"{TOOLKIT}/aws_1_2_cost_and_usage_rows100_seed42.csv": (
        "1.2 100 1157.48882377213324 403.45921877213324"
    ),
    f"{TOOLKIT}/aws_1_2_cost_and_usage_rows25_seed7.csv": ("1.2 25 27.339199 27.33919900000000"),
    f"{TOOLKIT}/aws_1_2_cost_and_usage_rows25_seed7_credits.csv": (
        "1.2 25 27.339199 27.33919900000000"
    ),
    f"{TOOLKIT}/aws_1_3_cost_and_usage_rows100_seed42.csv": (
        "1.3 100 1242.11561911486050 215.67890111486050"
    ),
    f"{TOOLKIT}/aws_1_3_cost_and_usage_rows25_seed7.csv": (
        "1.3 25 1020.13743776197748 287.66680576197748"
    ),
    f"{TOOLKIT}/aws_1_3_cost_and_usage_rows25_seed7_credits.csv": (
        "1.3 25 929.19897776197748 196.72834576197748"
    ),
    f"{TOOLKIT}/azure_1_2_cost_and_usage_rows100_seed42.csv": (
        "1.2 100 3124.49994903980385 2246.75827003980385"
    ),
    f"{TOOLKIT}/azure_1_2_cost_and_usage_rows25_seed7.csv": (
        "1.2 25 624.24788387618795 119.31918987618795"
    ),
    f"{TOOLKIT}/azure_1_2_cost_and_usage_rows25_seed7_credits.csv": (
        "1.2 25 592.78529887618795 87.85660487618795"
    ),
    f"{TOOLKIT}/azure_1_3_cost_and_usage_rows100_seed42.csv": (
        "1.3 100 4697.14467587227460 3322.30797187227460"
    ),
    f"{TOOLKIT}/azure_1_3_cost_and_usage_rows25_seed7.csv": (
        "1.3 25 29.22750830938535 29.22750830938535"
    ),
    f"{TOOLKIT}/azure_1_3_cost_and_usage_rows25_seed7_credits.csv": (
        "1.3 25 29.22750830938535 29.22750830938535"
    ),
    f"{TOOLKIT}/gcp_1_2_cost_and_usage_rows100_seed42.csv": (
        "1.2 100 837.52222322465736 755.06847222465736"
    ),
    f"{TOOLKIT}/gcp_1_2_cost_and_usage_rows25_seed7.csv": (
        "1.2 25 1113.58922527449205 393.37878227449205"
    ),
    f"{TOOLKIT}/gcp_1_2_cost_and_usage_rows25_seed7_credits.csv": (
        "1.2 25 1010.67926227449205 290.46881927449205"
    ),
    f"{TOOLKIT}/gcp_1_3_cost_and_usage_rows100_seed42.csv": (
        "1.3 100 1587.81993053025980 717.19752753025980"
    ),
    f"{TOOLKIT}/gcp_1_3_cost_and_usage_rows25_seed7.csv": (
        "1.3 25 195.30688799351503 195.30688799351503"
    ),
    f"{TOOLKIT}/gcp_1_3_cost_and_usage_rows25_seed7_credits.csv": (
        "1.3 25 195.30688799351503 195.30688799351503"
    ),
    f"{SPEC}/saas_spend_agreements_a1.csv": ("1.1 4 1200 1200"),
    f"{SPEC}/saas_spend_agreements_a2.csv": ("1.1 13 1200 1200"),
    f"{SPEC}/saas_spend_agreements_b1.csv": ("1.1 5 1200 1200"),
    f"{SPEC}/saas_spend_agreements_b2.csv": ("1.1 14 1200 1200"),
    f"{SPEC}/simple_saas_agreements_a1.csv": ("1.1 1 10000.00 10000.00"),
    f"{SPEC}/simple_saas_agreements_a2.csv": ("1.1 1 50000.00 50000.00"),
    f"{SPEC}/simple_saas_agreements_a3.csv": ("1.1 1 1000.00 1000.00"),
    f"{SPEC}/simple_saas_agreements_b.csv": ("1.1 1 50000.00 50000.00"),
    f"{SPEC}/simple_saas_agreements_c.csv": ("1.1 3 35800.00 35800.00"),
    f"{SPEC}/virtual_currency_pricing_model_a1.csv": ("1.2 1 200000.00 0"),
    f"{SPEC}/virtual_currency_pricing_model_a2.csv": ("1.2 3 0 1230.00"),
    f"{SPEC}/virtual_currency_pricing_model_b1.csv": ("1.2 1 100000.00 0"),
    f"{SPEC}/virtual_currency_pricing_model_b2.csv": ("1.2 3 0 615.00"),
    f"{SPEC}/virtual_currency_pricing_model_b3.csv": ("1.2 3 0 495.00"),
    f"{SPEC}/virtual_currency_pricing_model_c.csv": ("1.2 2 53000.00 0"),
    f"{DRAFT}/ai_prompt_caching_a.csv": ("1.5-draft 4 33.9 33.9"),
    f"{DRAFT}/ai_prompt_caching_b.csv": ("1.5-draft 4 38.4 38.4"),
    f"{DRAFT}/cached_tokens_via_csp_marketplace.csv": ("1.5-draft 2 47.50 47.50"),
    f"{DRAFT}/csp_served_third_party_model.csv": ("1.5-draft 2 4.50 4.50"),
    f"{DRAFT}/drawdown_via_prepayment_ai_model_api.csv": ("1.5-draft 3 500000.00 50.00"),
    f"{DRAFT}/multi_model_invoice_via_csp_marketplace.csv": ("1.5-draft 8 2037.36 2037.36"),
    f"{DRAFT}/multi_model_usage.csv": ("1.5-draft 4 104.50 104.50"),
    f"{DRAFT}/per_token_ai_model_api.csv": ("1.5-draft 2 94.50 94.50"),
}

#: File → what its refusal says.
REFUSED: Final = {
    f"{TOOLKIT}/aws_1_3_contract_commitment_rows100_seed42.csv": COMMITMENTS,
    f"{TOOLKIT}/azure_1_3_contract_commitment_rows100_seed42.csv": COMMITMENTS,
    f"{TOOLKIT}/gcp_1_3_contract_commitment_rows100_seed42.csv": COMMITMENTS,
    f"{TOOLKIT}/scenarios_correction_set.csv": FRAGMENT,
    f"{TOOLKIT}/scenarios_sca_equal.csv": FRAGMENT,
    f"{TOOLKIT}/scenarios_sca_negative.csv": FRAGMENT,
    f"{TOOLKIT}/scenarios_sca_weighted.csv": FRAGMENT,
    f"{SPEC}/commitment_discount_purchase_scenario_1.csv": FRAGMENT,
    f"{SPEC}/commitment_discount_purchase_scenario_2.csv": FRAGMENT,
    f"{SPEC}/commitment_discount_purchase_scenario_3.csv": FRAGMENT,
    f"{SPEC}/commitment_discount_usage_scenario_1.csv": FRAGMENT,
    f"{SPEC}/commitment_discount_usage_scenario_2.csv": FRAGMENT,
    f"{SPEC}/commitment_discount_usage_scenario_3.csv": FRAGMENT,
    f"{SPEC}/commitment_discount_usage_scenario_4.csv": FRAGMENT,
    f"{FLEXIBLE}_with_1_resource.csv": FRAGMENT,
    f"{FLEXIBLE}_with_2_resources.csv": FRAGMENT,
    f"{SPEC}/one_hundred_percent_utilization_without_commitment_discount_flexibility.csv": FRAGMENT,
    f"{SPEC}/zero_percent_utilization_without_commitment_discount_flexibility.csv": FRAGMENT,
    f"{DRAFT}/correction_closed_period_partial_reallocation_ledger.csv": FRAGMENT,
}

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")


@pytest.mark.parametrize("name", READ, ids=lambda name: Path(name).stem)
def test_every_digit_arrives(name: str) -> None:
    version, rows, billed, effective = READ[name].split()

    with open_source(DATA / name) as source:
        form = recognise(source.head)
        decode = form.decoder(ReadOptions(now=NOW, first=source.head.first))
        charges = [
            charge for row in source.rows() if isinstance(row, Row) for charge in decode(row)
        ]

    sums = {
        cost: sum(getattr(each, cost) or Decimal(0) for each in charges) for cost in CHARGE_COSTS
    }
    assert (form.name, decode.schema, len(charges)) == ("focus", f"FOCUS {version}", int(rows))
    assert (sums["billed_cost"], sums["effective_cost"]) == (Decimal(billed), Decimal(effective))
    assert decode.score()["percent"] > 85


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: Path(name).stem)
def test_what_is_no_bill_is_refused_for_what_it_is(name: str) -> None:
    with open_source(DATA / name) as source, pytest.raises(Refused, match=REFUSED[name]):
        recognise(source.head)


def test_no_file_is_forgotten() -> None:
    there = {path.relative_to(DATA).as_posix() for path in DATA.glob("focus-*/*.csv")}

    assert there <= READ.keys() | REFUSED.keys()


def test_the_foundation_s_sample_in_detail() -> None:
    """Its list and contracted costs; and that seven contracted costs are missing, not zero."""
    with open_source(DATA / "focus-1.0_finops-foundation_sample_1000.csv") as source:
        decode = format_named("focus").decoder(ReadOptions(now=NOW))
        charges = [
            charge for row in source.rows() if isinstance(row, Row) for charge in decode(row)
        ]

    listed = sum(each.list_cost or Decimal(0) for each in charges)
    contracted = [each.contracted_cost for each in charges]
    assert listed == Decimal("20.39090575119")
    assert sum(filter(None, contracted)) == Decimal("14.97626039326")
    assert contracted.count(None) == 7
    assert sum(each.billed_cost < 0 for each in charges if each.billed_cost is not None) == 13
    failing = {found["rule"]: found["rows"] for found in decode.score()["findings"]}
    assert (failing["date_format"], failing["charge_frequency"]) == (1000, 7)


def test_rows_of_models_say_which_and_for_whom() -> None:
    with open_source(DATA / DRAFT / "cached_tokens_via_csp_marketplace.csv") as source:
        decode = format_named("focus").decoder(ReadOptions(now=NOW))
        charges = [
            charge for row in source.rows() if isinstance(row, Row) for charge in decode(row)
        ]

    read = charges[0]
    assert (read.service_provider_name, read.host_provider_name) == ("Solora AI", "Aura Web")
    assert (read.principal_id, read.credential_id) == ("cto@acmecorp.example", "key_03AURACTO")
    assert [(each.sku_price_details or {})["TokenCacheAction"] for each in charges] == [
        "Read",
        "Write",
    ]
