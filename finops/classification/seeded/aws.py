"""Amazon Bedrock: its own models, and those that it bills through the Marketplace."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from finops.classification.seeded.rule import CAPACITY, TRAINING, Seeded

_MILLION: Final = Decimal(10**6)
_EDITION: Final = "*(Amazon Bedrock Edition)*"
_BEDROCK: Final = "*Bedrock*"

AWS: Final = (
    Seeded("Bedrock AgentCore", "ml_platform", "aws", service_name="*AgentCore*"),
    Seeded(
        "Bedrock Marketplace edition, provisioned",
        "llm_capacity",
        "aws",
        service_name=_EDITION,
        sku_meter=CAPACITY,
    ),
    Seeded(
        "Bedrock Marketplace edition, training",
        "model_training",
        "aws",
        service_name=_EDITION,
        sku_meter=TRAINING,
    ),
    Seeded(
        "Bedrock Marketplace edition, millions of tokens",
        "llm_usage",
        "aws",
        service_name=_EDITION,
        unit="Units|Unit",
        model_from="service_name",
        tokens_per_unit=_MILLION,
    ),
    Seeded(
        "Bedrock Marketplace edition",
        "llm_usage",
        "aws",
        service_name=_EDITION,
        model_from="service_name",
    ),
    Seeded(
        "Bedrock Marketplace edition named in the text",
        "llm_usage",
        "aws",
        description=_EDITION,
        sku_meter="*MP:*",
        model_from="charge_description",
        tokens_per_unit=_MILLION,
    ),
    Seeded(
        "Marketplace tokens without a product's name",
        "llm_usage",
        "aws",
        sku_meter="*MP:*token*",
        tokens_per_unit=_MILLION,
    ),
    Seeded(
        "Bedrock guardrails", "llm_other", "aws", service_name=_BEDROCK, sku_meter="*guardrail*"
    ),
    Seeded(
        "Bedrock provisioned throughput",
        "llm_capacity",
        "aws",
        service_name=_BEDROCK,
        sku_meter=CAPACITY,
    ),
    Seeded(
        "Bedrock training and customisation",
        "model_training",
        "aws",
        service_name=_BEDROCK,
        sku_meter=TRAINING,
    ),
    Seeded("Bedrock storage", "llm_other", "aws", service_name=_BEDROCK, sku_meter="*storage*"),
    Seeded(
        "Bedrock models, by usage type",
        "llm_usage",
        "aws",
        service_name=_BEDROCK,
        sku_meter="*token*",
        model_from="sku_meter",
    ),
    Seeded(
        "Bedrock models, by description",
        "llm_usage",
        "aws",
        service_name=_BEDROCK,
        description="*token*",
        model_from="charge_description",
    ),
    Seeded(
        "Bedrock models, by unit",
        "llm_usage",
        "aws",
        service_name=_BEDROCK,
        unit="*token*",
        model_from="sku_meter",
    ),
    Seeded("Bedrock, everything else", "llm_other", "aws", service_name=_BEDROCK),
)
