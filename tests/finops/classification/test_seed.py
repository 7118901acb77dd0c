"""What a new installation makes of the lines of section 2.7: kind, provider, model, token kind."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finops.classification.kinds import kind_rules, stored_rules
from finops.classification.match import KindRules
from finops.classification.patterns import problem_of
from finops.classification.seed import DEFAULT_KIND_RULES, add_default_kind_rules
from finops.domain.charge import CHARGE_KINDS
from finops.models import ChargeKindRule
from tests.finops.bills.charges import charge

pytestmark = pytest.mark.django_db

AWS = {"service_provider_name": "Amazon Web Services", "invoice_issuer_name": "AWS"}
BEDROCK = AWS | {"service_name": "Amazon Bedrock", "consumed_unit": "1K tokens"}
MARKETPLACE = AWS | {"invoice_issuer_name": "AWS Marketplace", "consumed_unit": "Units"}
AZURE = {
    "service_provider_name": "Microsoft",
    "invoice_issuer_name": "Microsoft",
    "service_name": "Azure OpenAI",
    "consumed_unit": "1K",
}
VERTEX = {
    "service_provider_name": "Google Cloud",
    "invoice_issuer_name": "Google",
    "service_name": "Vertex AI",
    "consumed_unit": "count",
}
OPENAI: dict[str, Any] = {}
ANTHROPIC = {
    "service_provider_name": "Anthropic",
    "invoice_issuer_name": "Anthropic",
    "service_name": "Claude API",
}
OTHER = {"service_category": None, "service_provider_name": None, "invoice_issuer_name": "Someone"}


@pytest.fixture(scope="module")
def rules(django_db_setup: None, django_db_blocker: Any) -> KindRules:
    with django_db_blocker.unblock():
        return kind_rules()


LLM = [
    (BEDROCK, "USE1-NovaLite-input-tokens", "aws", "amazon.nova-lite-v1:0", "input", 1000),
    (
        BEDROCK,
        "USE1-NovaPro-cache-read-input-token-count",
        "aws",
        "amazon.nova-pro-v1:0",
        "cache_read",
        1000,
    ),
    (
        BEDROCK,
        "USE1-openai.gpt-oss-120b-mantle-output-tokens-standard",
        "aws",
        "openai.gpt-oss-120b-1:0",
        "output",
        1000,
    ),
    (
        MARKETPLACE | {"service_name": "Claude Sonnet 4.5 (Amazon Bedrock Edition)"},
        "USW2-MP:USW2_InputTokenCount-Units",
        "aws",
        "regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "input",
        1_000_000,
    ),
    (
        MARKETPLACE | {"service_name": "Claude Sonnet 4.5 (Amazon Bedrock Edition)"},
        "USW2-MP:USW2_CacheWriteInputTokenCount_Global-Units",
        "aws",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "cache_write",
        1_000_000,
    ),
    (
        MARKETPLACE | {"service_name": "3w7fxyk2vbq9"},
        "USW2-MP:USW2_output_tokens_standard-Units",
        "aws",
        None,
        "output",
        1_000_000,
    ),
    (AZURE, "gpt-4o-0806-Inp-glbl Tokens", "azure", "gpt-4o", "input", 1000),
    (AZURE, "gpt-4o-0513-Outp-regnl Tokens", "azure", "gpt-4o-2024-05-13", "output", 1000),
    (AZURE, "gpt 5 pro out glbl Tokens", "azure", "gpt-5-pro", "output", 1000),
    (
        AZURE | {"service_name": "Foundry Models", "consumed_unit": "1M"},
        "5.4 cd inp Gl 1M Tokens",
        "azure",
        "gpt-5.4",
        "cache_read",
        1_000_000,
    ),
    (
        AZURE | {"service_name": "Cognitive Services", "consumed_unit": None},
        "5.1 pp cd inp Dz 1M Tokens",
        "azure",
        "gpt-5.1",
        "cache_read",
        1_000_000,
    ),
    (
        AZURE
        | {
            "service_name": "Cognitive Services",
            "resource_id": "/subscriptions/x/providers/Microsoft.CognitiveServices/accounts/oai",
        },
        "o3 0416 Outp glbl",
        "azure",
        "o3-2025-04-16",
        "output",
        1000,
    ),
    (VERTEX, "Gemini 2.5 Pro Text Input - Predictions", "google", "gemini-2.5-pro", "input", 1),
    # "Output" holds the letters of TPU.
    (VERTEX, "Gemini 2.5 Pro Text Output - Predictions", "google", "gemini-2.5-pro", "output", 1),
    (VERTEX, "Gemini 2.5 Flash Text Input Caching", "google", "gemini-2.5-flash", "cache_read", 1),
    (
        VERTEX,
        "Cloud Vertex AI Model Garden Claude Sonnet 4.5 Input Token",
        "google",
        "claude-sonnet-4-5",
        "input",
        1,
    ),
    (
        VERTEX | {"service_name": "Generative Language API"},
        "Generate content output token count gemini 2.0 flash",
        "google",
        "gemini-2.0-flash",
        "output",
        1,
    ),
    (OPENAI, "gpt-4o-2024-08-06, cached input", "openai", "gpt-4o", "cache_read", None),
    (OPENAI, "text-embedding-3-small", "openai", "text-embedding-3-small", "input", None),
    (
        ANTHROPIC,
        "Claude Opus 4.1 Usage - Input Tokens, Cache Write (1h)",
        "anthropic",
        "claude-opus-4-1",
        "cache_write_1h",
        None,
    ),
    (
        ANTHROPIC | {"charge_description": "Claude Haiku 4.5 Usage - Output Tokens"},
        None,
        "anthropic",
        "claude-haiku-4-5",
        "output",
        None,
    ),
    (
        {"service_provider_name": "Mistral AI", "consumed_unit": "Tokens"},
        "mistral-large-2411 output tokens",
        "mistral",
        "mistral-large",
        "output",
        1,
    ),
]


@pytest.mark.parametrize(("fields", "meter", "provider", "model", "token_kind", "per_unit"), LLM)
def test_use_of_models_is_found_and_named_as_calls_name_it(
    rules: KindRules,
    fields: dict[str, Any],
    meter: str | None,
    provider: str,
    model: str | None,
    token_kind: str,
    per_unit: int | None,
) -> None:
    found = rules.decide(charge(sku_meter=meter, consumed_quantity="1", **fields))
    assert (found.kind, found.provider) == ("llm_usage", provider)
    assert found.token_kind == token_kind
    assert found.tokens_per_unit == (None if per_unit is None else Decimal(per_unit))
    assert found.model == model


KINDS = [
    ("llm_capacity", BEDROCK, {"sku_meter": "USE1-NovaPro-ProvisionedThroughput-ModelUnits"}),
    ("llm_capacity", AZURE, {"sku_meter": "Provisioned Managed Global Unit"}),
    ("llm_capacity", VERTEX, {"sku_meter": "Gemini 2.5 Pro Provisioned Throughput - 1 month"}),
    ("llm_capacity", OPENAI, {"sku_meter": "Scale Tier gpt-4o"}),
    ("model_training", BEDROCK, {"sku_meter": "USE1-NovaLite-Customization-Training"}),
    ("model_training", AZURE, {"sku_meter": "gpt-4o-0806-FT-Training Tokens"}),
    ("model_training", VERTEX, {"sku_meter": "Gemini 2.0 Flash Tuning tokens"}),
    ("model_training", OPENAI, {"sku_meter": "gpt-4o-2024-08-06, fine-tuning training"}),
    ("model_training", AWS, {"service_name": "AmazonSageMaker", "sku_meter": "USE1-Train:ml.p4d"}),
    ("llm_other", BEDROCK, {"sku_meter": "USE1-Guardrail-ContentPolicyUnitsConsumed"}),
    ("llm_other", BEDROCK, {"sku_meter": "USE1-KnowledgeBase-Query", "consumed_unit": "Requests"}),
    ("llm_other", VERTEX, {"sku_meter": "Gemini 2.5 Flash Caching Storage"}),
    ("llm_other", OPENAI, {"sku_meter": "web search tool calls"}),
    ("llm_other", ANTHROPIC, {"charge_description": "Code Execution Usage"}),
    ("ml_platform", AWS, {"service_name": "Amazon SageMaker", "sku_meter": "USE1-Notebk:ml.t3"}),
    ("ml_platform", AWS, {"service_name": "Amazon Bedrock AgentCore", "sku_meter": "Runtime"}),
    ("ml_platform", AZURE, {"service_name": "Azure Machine Learning", "sku_meter": "P10 Disk"}),
    ("gpu", AWS, {"service_name": "Amazon SageMaker", "sku_meter": "USE1-Host:ml.g5.xlarge"}),
    ("gpu", AWS, {"service_name": "AmazonEC2", "sku_meter": "USE1-BoxUsage:p4d.24xlarge"}),
    ("gpu", AWS, {"service_name": "AmazonEC2", "sku_meter": "EU-SpotUsage:inf2.8xlarge"}),
    ("gpu", AZURE, {"service_name": "Virtual Machines", "sku_meter": "ND96isr H100 v5"}),
    (
        "gpu",
        VERTEX,
        {"service_name": "Compute Engine", "sku_meter": "Nvidia L4 GPU running in Belgium"},
    ),
    ("vector_store", OTHER, {"service_provider_name": "Pinecone Systems", "service_name": "Read"}),
    ("vector_store", AWS, {"service_name": "Qdrant Cloud", "sku_meter": "MP:qdrant-units"}),
    (
        "vector_store",
        AWS,
        {
            "service_name": "Amazon OpenSearch Service",
            "resource_id": "arn:aws:aoss:us-east-1:1:collection/vectors",
        },
    ),
    ("vector_store", OTHER, {"service_name": "Amazon RDS", "resource_name": "prod-pgvector"}),
    ("gateway", OTHER, {"service_name": "Cloudflare AI Gateway"}),
    ("gateway", OTHER, {"service_name": "Amazon ECS", "resource_name": "litellm-proxy"}),
    ("observability", OTHER, {"service_name": "Datadog LLM Observability"}),
    ("observability", OTHER, {"service_provider_name": "Langfuse GmbH", "service_name": "Cloud"}),
    ("egress", AWS, {"service_name": "AmazonEC2", "sku_meter": "USE1-DataTransfer-Out-Bytes"}),
    (None, AWS, {"service_name": "AmazonEC2", "sku_meter": "USE1-BoxUsage:m5.large"}),
    (None, AWS, {"service_name": "AmazonS3", "sku_meter": "TimedStorage-ByteHrs"}),
    (None, AZURE, {"service_name": "Virtual Machines", "sku_meter": "D4s v5"}),
    (None, VERTEX, {"service_name": "BigQuery", "sku_meter": "Analysis"}),
]


@pytest.mark.parametrize(("kind", "provider", "fields"), KINDS)
def test_everything_else_on_a_bill_gets_its_kind_or_none(
    rules: KindRules, kind: str | None, provider: dict[str, Any], fields: dict[str, Any]
) -> None:
    category = {"service_category": None} if kind is None else {}
    found = rules.decide(charge(**(provider | fields | category)))
    assert found.kind == kind
    if kind not in {"llm_usage", None}:
        assert found.token_kind is None


def test_focus_rows_of_anybody_are_read_by_their_own_keys(rules: KindRules) -> None:
    row = {
        "service_provider_name": "Solora AI",
        "service_name": "Solora Generative AI API",
        "sku_meter": "Cache Read Input Tokens",
        "consumed_quantity": "8000000",
        "consumed_unit": "Tokens",
        "sku_price_details": {
            "ModelId": "solora-saturn-4.8",
            "TokenDirection": "Input",
            "TokenCacheAction": "Read",
        },
    }
    found = rules.decide(charge(**row))
    assert found[:4] == ("llm_usage", "solora ai", "solora-saturn-4.8", "cache_read")
    assert found.tokens(charge(**row)) == 8_000_000
    disk = charge(**(row | {"consumed_unit": "GB-Month", "sku_price_details": None}))
    assert rules.decide(disk).kind is None, "the category alone says nothing"


def test_the_published_examples_of_ai_rows_are_all_found(
    rules: KindRules, shared_data: Path
) -> None:
    """Their only rows that are no use of a model are cache storage and a prepayment."""
    kinds: dict[str, int] = {}
    for path in sorted((shared_data / "billing/focus-spec-1.5-draft_ai_examples").glob("*.csv")):
        if path.name.startswith("correction"):
            continue
        for row in csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()):
            found = rules.decide(_focus(row))
            kinds[found.kind or ""] = kinds.get(found.kind or "", 0) + 1
            assert bool(found.model and found.token_kind) == (found.kind == "llm_usage"), row
    assert kinds == {"llm_usage": 27, "llm_other": 1, "llm_capacity": 1}


def _focus(row: dict[str, str]) -> Any:
    return charge(
        service_provider_name=row["ServiceProviderName"],
        service_name=row["ServiceName"],
        sku_meter=row["SkuMeter"],
        consumed_unit=row["ConsumedUnit"] or None,
        consumed_quantity=row["ConsumedQuantity"] or None,
        pricing_unit=row["PricingUnit"],
        sku_price_details=json.loads(row["SkuPriceDetails"] or "null"),
    )


def test_the_seed_is_sound_and_is_added_once() -> None:
    assert len({rule.name for rule in DEFAULT_KIND_RULES}) == len(DEFAULT_KIND_RULES)
    assert {rule.kind for rule in DEFAULT_KIND_RULES} == set(CHARGE_KINDS) - {"not_ai"}
    assert len(stored_rules()) == len(DEFAULT_KIND_RULES)
    assert add_default_kind_rules() == 0
    ChargeKindRule.objects.all().delete()
    assert add_default_kind_rules() == len(DEFAULT_KIND_RULES)
    assert not any(problem_of(rule.model_pattern) for rule in stored_rules() if rule.model_pattern)
