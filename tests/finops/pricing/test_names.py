"""Names of providers and models, before any price is looked up."""

from __future__ import annotations

import pytest
from genai_prices.data import providers as package_providers

from finops.pricing.model_names import spellings
from finops.pricing.providers import (
    PROVIDER_ALIASES,
    PROVIDER_PREFIXES,
    canonical_provider,
    split_gateway,
)


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("azure.ai.openai", "azure"),
        ("azure.ai.inference", "azure"),
        ("azure_ai", "azure"),
        ("gcp.vertex_ai", "google"),
        ("gcp.gemini", "google"),
        ("gcp.gen_ai", "google"),
        ("vertex_ai", "google"),
        ("vertex_ai-anthropic_models", "google"),
        ("aws.bedrock", "aws"),
        ("bedrock", "aws"),
        ("bedrock_converse", "aws"),
        ("mistral_ai", "mistral"),
        ("x_ai", "x-ai"),
        ("xai", "x-ai"),
        ("fireworks_ai", "fireworks"),
        ("together_ai", "together"),
        ("deepseek", "deepseek"),
        ("  OpenAI ", "openai"),
        ("Somebody New", "somebody new"),
    ],
)
def test_provider_names(given: str, canonical: str) -> None:
    assert canonical_provider(given) == canonical
    assert canonical_provider(canonical) == canonical


def test_every_alias_names_a_provider_of_the_catalogue() -> None:
    known = {provider.id for provider in package_providers}
    assert {*PROVIDER_ALIASES.values(), *(target for _, target in PROVIDER_PREFIXES)} <= known


def test_no_provider_of_the_catalogue_is_taken_for_another() -> None:
    assert all(canonical_provider(provider.id) == provider.id for provider in package_providers)


@pytest.mark.parametrize(
    ("given", "split"),
    [
        (("litellm", "anthropic/claude-x"), ("anthropic", "claude-x")),
        (("litellm", "openrouter/openai/gpt-x"), ("openrouter", "openai/gpt-x")),
        (("litellm_proxy", "my-group"), ("litellm_proxy", "my-group")),
        (("openai", "anthropic/claude-x"), ("openai", "anthropic/claude-x")),
    ],
)
def test_a_gateways_call_belongs_to_the_provider_it_names(
    given: tuple[str, str], split: tuple[str, str]
) -> None:
    assert split_gateway(*given) == split


@pytest.mark.parametrize(
    ("given", "last"),
    [
        ("openrouter/anthropic/claude-x", "claude-x"),
        ("bedrock/converse/us-gov-west-1/us.amazon.nova-pro-v1:0", "amazon.nova-pro-v1"),
        ("arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.x-v1:0", "anthropic.x-v1"),
        ("projects/p/locations/l/publishers/google/models/gemini-x", "gemini-x"),
        ("accounts/fireworks/models/llama-x", "llama-x"),
        ("models/gemini-x@default", "gemini-x"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5-2025-09-29"),
        ("gpt-5.2-20251211", "gpt-5.2-2025-12-11"),
        ("gpt-5.2-20259999", "gpt-5.2-20259999"),
        ("claude-x-v1:0:200k", "claude-x-v1"),
        # Left alone: these change the price, or are no routing at all.
        ("global.anthropic.claude-x", "global.anthropic.claude-x"),
        ("meta-llama/llama-x:free", "meta-llama/llama-x:free"),
        ("accounts/acme/models/gpt-oss-20b", "accounts/acme/models/gpt-oss-20b"),
        ("us.x", "us.x"),
        ("", ""),
    ],
)
def test_the_shortest_spelling(given: str, last: str) -> None:
    assert list(spellings(given))[-1] == last


def test_spellings_start_with_the_name_as_given() -> None:
    assert list(spellings(" Models/X@001 ")) == ["models/x@001", "x@001", "x"]
