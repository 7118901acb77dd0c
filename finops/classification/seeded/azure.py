"""Azure OpenAI and Foundry, whose meters are spelled in many ways."""

from __future__ import annotations

from typing import Final

from finops.classification.seeded.rule import CAPACITY, TRAINING, Seeded

_AZURE_AI: Final = "*OpenAI*|*Foundry*|*Cognitive Services*|*Azure AI*"

AZURE: Final = (
    Seeded(
        "Azure OpenAI provisioned (PTU)",
        "llm_capacity",
        "azure",
        service_provider="Microsoft*|Azure*",
        service_name=_AZURE_AI,
        sku_meter=CAPACITY,
    ),
    Seeded(
        "Azure OpenAI fine-tuning",
        "model_training",
        "azure",
        service_provider="Microsoft*|Azure*",
        service_name=_AZURE_AI,
        sku_meter=f"{TRAINING}|*-ft-*|* ft *|*trng*",
    ),
    Seeded(
        "Azure content safety",
        "llm_other",
        "azure",
        service_provider="Microsoft*|Azure*",
        sku_meter="*content safety*|*prompt shield*|*groundedness*",
    ),
    Seeded(
        "Azure OpenAI and Foundry models",
        "llm_usage",
        "azure",
        service_provider="Microsoft*|Azure*",
        sku_meter="*token|*tokens|*tokens *",
        model_from="sku_meter",
    ),
    Seeded(
        "Azure OpenAI models, meters without the word tokens",
        "llm_usage",
        "azure",
        service_provider="Microsoft*|Azure*",
        service_name="*OpenAI*|*Foundry Models*",
        sku_meter="*inp*|*outp*|*opt*|* out *|* in *",
        model_from="sku_meter",
    ),
    Seeded(
        "Azure AI accounts, counted in tokens",
        "llm_usage",
        "azure",
        resource="*microsoft.cognitiveservices/accounts*",
        unit="*token*|1K|1M",
        model_from="sku_meter",
    ),
    Seeded(
        "Azure OpenAI, everything else",
        "llm_other",
        "azure",
        service_provider="Microsoft*|Azure*",
        service_name="*OpenAI*|*Foundry*",
    ),
    Seeded(
        "Azure AI Search",
        "vector_store",
        "azure",
        service_name="*Azure AI Search*|*Azure Cognitive Search*",
    ),
    Seeded(
        "Azure Machine Learning", "ml_platform", "azure", service_name="*Azure Machine Learning*"
    ),
    Seeded(
        "Azure AI services, everything else",
        "ml_platform",
        "azure",
        resource="*microsoft.cognitiveservices/accounts*",
    ),
)
