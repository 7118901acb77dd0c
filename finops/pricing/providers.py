"""Provider names: what logs, gateways and OpenTelemetry call them, and the catalogue's ids.

The catalogue's ids are those of the pinned genai-prices package (``openai``, ``aws``, ``google``
…). Its own matching is not used: it takes ``azure.ai.openai`` for OpenAI, because the name
contains "openai", and so prices Azure calls silently by another company's list.
"""

from __future__ import annotations

from typing import Final

#: Exact names, lower case. Sources: OpenTelemetry ``gen_ai.provider.name`` and ``gen_ai.system``
#: (old and new), LiteLLM ``custom_llm_provider``, Pydantic AI, OpenInference, cloud services.
PROVIDER_ALIASES: Final[dict[str, str]] = {
    # Azure
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "az.ai.openai": "azure",
    "az.ai.inference": "azure",
    "azure_ai": "azure",
    "azure_text": "azure",
    "azure-ai": "azure",
    "azure-openai": "azure",
    "azure_openai": "azure",
    "azureopenai": "azure",
    "microsoft": "azure",
    # Google
    "gcp": "google",
    "gcp.vertex_ai": "google",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gemini": "google",
    "google-gla": "google",
    "google-vertex": "google",
    "google_genai": "google",
    "google_vertexai": "google",
    "vertex": "google",
    "vertex_ai": "google",
    "vertex_ai_beta": "google",
    "vertexai": "google",
    # Amazon
    "aws.bedrock": "aws",
    "amazon": "aws",
    "amazon-bedrock": "aws",
    "amazon_bedrock": "aws",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "bedrock_mantle": "aws",
    # Model makers
    "text-completion-openai": "openai",
    "open_ai": "openai",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "codestral": "mistral",
    "text-completion-codestral": "mistral",
    "cohere_chat": "cohere",
    "x_ai": "x-ai",
    "xai": "x-ai",
    "deepseek_ai": "deepseek",
    "deepseek-ai": "deepseek",
    "moonshot": "moonshotai",
    "moonshot_ai": "moonshotai",
    "meta_llama": "meta",
    "z_ai": "zai",
    "z-ai": "zai",
    "z.ai": "zai",
    "zhipu": "zhipuai",
    "perplexity_ai": "perplexity",
    "perplexity-ai": "perplexity",
    "voyage": "voyageai",
    "voyage_ai": "voyageai",
    # Hosts
    "fireworks_ai": "fireworks",
    "fireworks-ai": "fireworks",
    "fireworks_ai-embedding-models": "fireworks",
    "together_ai": "together",
    "together-ai": "together",
    "togetherai": "together",
    "novita_ai": "novita",
    "novita-ai": "novita",
    "github_copilot": "github-copilot",
    "copilot": "github-copilot",
    "open_router": "openrouter",
    "workers-ai": "cloudflare",
    "workers_ai": "cloudflare",
}

#: Beginnings of names that carry a detail after them (``vertex_ai-anthropic_models``,
#: ``anthropic.messages``); tried in this order after the exact names.
PROVIDER_PREFIXES: Final[tuple[tuple[str, str], ...]] = (
    ("vertex_ai-", "google"),
    ("google.", "google"),
    ("gcp.", "google"),
    ("aws.", "aws"),
    ("bedrock.", "aws"),
    ("amazon-bedrock.", "aws"),
    ("azure.", "azure"),
    ("azure-openai.", "azure"),
    ("openai.", "openai"),
    ("anthropic.", "anthropic"),
    ("mistral.", "mistral"),
    ("cohere.", "cohere"),
    ("deepseek.", "deepseek"),
    ("groq.", "groq"),
    ("xai.", "x-ai"),
    ("fireworks.", "fireworks"),
    ("fireworks_ai-", "fireworks"),
    ("togetherai.", "together"),
    ("perplexity.", "perplexity"),
)

#: Gateways that sell no model of their own: the model's first path segment names the provider.
GATEWAYS: Final = frozenset({"litellm", "litellm_proxy", "portkey", "helicone"})

#: Provider names that occur as the first segment of a model name (``anthropic/claude-…``).
PROVIDER_NAMES: Final = frozenset(
    {
        *PROVIDER_ALIASES,
        *PROVIDER_ALIASES.values(),
        *(provider for _, provider in PROVIDER_PREFIXES),
        *GATEWAYS,
        "cerebras",
        "databricks",
        "minimax",
    }
)


def canonical_provider(name: str) -> str:
    """Return the catalogue's id for a provider's name; an unknown name comes back lower-cased."""
    name = name.strip().lower()
    if alias := PROVIDER_ALIASES.get(name):
        return alias
    for prefix, provider in PROVIDER_PREFIXES:
        if name.startswith(prefix):
            return provider
    return name


def split_gateway(provider: str, model: str) -> tuple[str, str]:
    """Return canonical provider and model; a gateway's call belongs to the provider it names.

    ``("litellm", "anthropic/claude-…")`` becomes ``("anthropic", "claude-…")``.
    """
    provider = canonical_provider(provider)
    first, slash, rest = model.strip().partition("/")
    if provider in GATEWAYS and slash and first.lower() in PROVIDER_NAMES:
        return split_gateway(first, rest)
    return provider, model
