"""FOCUS files of anybody: what their own columns say of models and tokens."""

from __future__ import annotations

from typing import Final

from finops.classification.seeded.rule import AI, Seeded

FOCUS_FIRST: Final = (
    Seeded(
        "Cache storage, any provider",
        "llm_other",
        service_category=AI,
        unit="*token-hour*|*token hour*",
        model_from="sku_price_details",
    ),
    Seeded(
        "Prepaid tokens, any provider",
        "llm_capacity",
        service_category=AI,
        sku_meter="*token commitment*|*prepaid*|*prepayment*",
    ),
)

FOCUS_LAST: Final = (
    Seeded(
        "FOCUS: a model is named",
        "llm_usage",
        service_category=AI,
        model_from="sku_price_details",
    ),
    Seeded(
        "FOCUS: AI that is counted in tokens",
        "llm_usage",
        service_category=AI,
        unit="*token*",
        model_from="sku_meter",
    ),
    Seeded(
        "Data that leaves the cloud",
        "egress",
        sku_meter="*DataTransfer-Out-*|*NatGateway-Bytes*|*Data Transfer Out*|*Internet Egress*"
        "|*Network *Egress*|*Inter * Egress*",
    ),
)
