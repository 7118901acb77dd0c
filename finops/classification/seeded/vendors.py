"""Bills of those who make or host models."""

from __future__ import annotations

from typing import Final

from finops.classification.seeded.rule import Seeded

VENDORS: Final = (
    Seeded(
        "OpenAI training",
        "model_training",
        "openai",
        service_provider="OpenAI*",
        sku_meter="*training*|*fine-tuning*|*reinforcement*",
    ),
    Seeded(
        "OpenAI capacity",
        "llm_capacity",
        "openai",
        service_provider="OpenAI*",
        sku_meter="*scale tier*|*reserved*|*capacity*",
    ),
    Seeded(
        "OpenAI tools, storage and seats",
        "llm_other",
        "openai",
        service_provider="OpenAI*",
        sku_meter="*search*call*|*web search*|*file search*|*code interpreter*|*storage*|*chatgpt*"
        "|*dall*|*sora*|*image models*|*session*",
    ),
    Seeded(
        "OpenAI embeddings",
        "llm_usage",
        "openai",
        service_provider="OpenAI*",
        sku_meter="*embedding*",
        model_from="sku_meter",
        token_kind="input",  # noqa: S106 -- a kind of token, no secret
    ),
    Seeded(
        "OpenAI models", "llm_usage", "openai", service_provider="OpenAI*", model_from="sku_meter"
    ),
    Seeded(
        "Anthropic tools and seats",
        "llm_other",
        "anthropic",
        service_provider="Anthropic*",
        sku_meter="*web search*|*code execution*|*session*|*seat*|*subscription*|*claude team*",
    ),
    Seeded(
        "Anthropic tools, by description",
        "llm_other",
        "anthropic",
        service_provider="Anthropic*",
        description="*web search*|*code execution*|*session*|*seat*|*subscription*",
    ),
    Seeded(
        "Anthropic models",
        "llm_usage",
        "anthropic",
        service_provider="Anthropic*",
        sku_meter="*claude*",
        model_from="sku_meter",
    ),
    Seeded(
        "Anthropic models, by description",
        "llm_usage",
        "anthropic",
        service_provider="Anthropic*",
        model_from="charge_description",
    ),
    Seeded(
        "Other makers and hosts of models",
        "llm_usage",
        service_provider="Mistral*|Cohere*|Groq*|xAI*|DeepSeek*|Perplexity*|Together*|Fireworks*"
        "|OpenRouter*|Cerebras*|Voyage*|Moonshot*|Novita*|AI21*",
        model_from="sku_meter",
    ),
)
