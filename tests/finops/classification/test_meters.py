"""Every way in which a known bill spells model, token kind and unit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops.classification.meters import read_details, read_meter, telling, tokens_in

BEDROCK = [
    ("USE1-NovaLite-input-tokens", "nova-lite", "input"),
    ("USE1-NovaLite-output-tokens", "nova-lite", "output"),
    ("USE1-NovaLite-cache-read-input-token-count", "nova-lite", "cache_read"),
    ("EUW1-NovaPro-cache-write-input-token-count", "nova-pro", "cache_write"),
    ("EUC1-Nova2.0Lite-output-tokens", "nova2.0-lite", "output"),
    ("USE1-openai.gpt-oss-120b-mantle-input-tokens-standard", "gpt-oss-120b", "input"),
    ("USW2-zai.glm-5.3-mantle-output-tokens-flex", "glm-5.3", "output"),
    ("APN1-Llama3-3-70B-input-tokens-batch", "llama3-3-70b", "input"),
    ("USW2-MP:USW2_InputTokenCount-Units", None, "input"),
    ("USW2-MP:USW2_output_tokens_standard-Units", None, "output"),
    ("USE1-MP:USE1_CacheReadInputTokenCount-Units", None, "cache_read"),
    ("USE1-MP:USE1_CacheWriteInputTokenCount-Units", None, "cache_write"),
    ("USE1-MP:USE1_CacheWrite1hInputTokenCount-Units", None, "cache_write_1h"),
]
AZURE = [
    ("gpt-4o-0806-Inp-glbl Tokens", "gpt-4o-0806", "input"),
    ("gpt-4o-0806-Outp-regnl Tokens", "gpt-4o-0806", "output"),
    ("gpt-4o-mini-0718-cchd-Inp-glbl Tokens", "gpt-4o-mini-0718", "cache_read"),
    ("gpt 5 pro out glbl Tokens", "gpt-5-pro", "output"),
    ("5.4 cd inp Gl 1M Tokens", "gpt-5.4", "cache_read"),
    ("5.4 opt Rg 1M Tokens", "gpt-5.4", "output"),
    ("5.1 pp cd inp Dz 1M Tokens", "gpt-5.1", "cache_read"),
    ("gpt 4.1 nano Batch Outp DZone Tokens", "gpt-4.1-nano", "output"),
    ("o3 0416 in Data Zone Tokens", "o3-0416", "input"),
    ("gpt 5 LongCo inp Gl 1K Tokens", "gpt-5", "input"),
    ("gpt 5 ShortCo opt Gl 1K Tokens", "gpt-5", "output"),
    ("text-embedding-3-large-glbl Tokens", "text-embedding-3-large", None),
    ("gpt-4o-rt-aud-1217 Aud Inp glbl Tokens", "gpt-4o-rt-aud-1217", "input_audio"),
]
GOOGLE = [
    ("Gemini 2.5 Pro Text Input - Predictions", "gemini-2.5-pro", "input"),
    ("Gemini 2.5 Pro Thinking Text Output - Predictions", "gemini-2.5-pro", "output"),
    ("Gemini 2.5 Flash Text Input Caching", "gemini-2.5-flash", "cache_read"),
    ("Gemini 2.5 Flash Caching Storage", "gemini-2.5-flash", None),
    ("Gemini 2.0 Flash Audio Input - Predictions", "gemini-2.0-flash", "input_audio"),
    ("Gemini 2.0 Flash Image Input - Predictions", "gemini-2.0-flash", "input_image"),
    ("Gemini 2.5 Flash Lite GA Batch Text Output", "gemini-2.5-flash-lite", "output"),
    ("Generate content output token count gemini 2.0 flash", "gemini-2.0-flash", "output"),
    (
        "Cloud Vertex AI Model Garden Claude Sonnet 4.5 Input Token",
        "claude-sonnet-4.5",
        "input",
    ),
]
VENDORS = [
    ("gpt-4o-2024-08-06, input", "gpt-4o-2024-08-06", "input"),
    ("gpt-4o-2024-08-06, cached input", "gpt-4o-2024-08-06", "cache_read"),
    ("gpt-4o-mini-2024-07-18, batch output", "gpt-4o-mini-2024-07-18", "output"),
    ("gpt-4o-audio-preview, audio output", "gpt-4o-audio-preview", "output_audio"),
    ("Claude Sonnet 4.5 Usage - Input Tokens", "claude-sonnet-4.5", "input"),
    ("Claude Sonnet 4.5 Usage - Output Tokens", "claude-sonnet-4.5", "output"),
    ("Claude Opus 4.5 Usage - Input Tokens, Cache Read", "claude-opus-4.5", "cache_read"),
    ("Claude Opus 4.5 Usage - Input Tokens, Cache Write (5m)", "claude-opus-4.5", "cache_write"),
    ("Claude Opus 4.5 Usage - Input Tokens, Cache Write (1h)", "claude-opus-4.5", "cache_write_1h"),
    ("uncached_input_tokens", None, "input"),
    ("cache_creation.ephemeral_1h_input_tokens", None, "cache_write_1h"),
    ("cache_creation.ephemeral_5m_input_tokens", None, "cache_write"),
    ("cache_read_input_tokens", None, "cache_read"),
    ("Cache write input tokens for Solora Reasoning Pro", "solora-reasoning-pro", "cache_write"),
    ("Input Tokens", None, "input"),
]


@pytest.mark.parametrize(("text", "model", "kind"), BEDROCK + AZURE + GOOGLE + VENDORS)
def test_model_and_token_kind_are_read_in_every_spelling(
    text: str, model: str | None, kind: str | None
) -> None:
    assert read_meter(text)[:2] == (model, kind)


@pytest.mark.parametrize(
    ("unit", "tokens"),
    [
        ("1K", 1_000),
        ("1M", 1_000_000),
        ("1K tokens", 1_000),
        ("1M Tokens", 1_000_000),
        ("1000000 Tokens", 1_000_000),
        ("1,000 tokens", 1_000),
        ("per million tokens", 1_000_000),
        ("Tokens", 1),
        ("count", 1),
        ("Units", None),
        ("Token-Hours", None),
        ("10 Hours", None),
        ("100", None),
        ("", None),
        ("9" * 400, None),
    ],
)
def test_a_unit_says_how_many_tokens_it_holds_or_nothing(unit: str, tokens: int | None) -> None:
    assert tokens_in(unit) == (None if tokens is None else Decimal(tokens))


def test_a_meter_names_its_block_where_the_unit_does_not() -> None:
    assert read_meter("5.4 cd inp Gl 1M Tokens").tokens_per_unit == 1_000_000
    assert read_meter("gpt 5 LongCo inp Gl 1K Tokens").tokens_per_unit == 1_000


@pytest.mark.parametrize(
    ("details", "model", "kind"),
    [
        (
            {"ModelId": "m", "TokenDirection": "Input", "TokenCacheAction": "Read"},
            "m",
            "cache_read",
        ),
        ({"ModelId": "m", "TokenDirection": "Input", "TokenCacheAction": "Uncached"}, "m", "input"),
        (
            {"ModelId": "m", "TokenDirection": "Input", "TokenCacheAction": "Write"},
            "m",
            "cache_write",
        ),
        ({"ModelId": "m", "TokenDirection": "Output"}, "m", "output"),
        ({"ModelId": "m", "TokenType": "CacheWrite"}, "m", "cache_write"),
        ({"ModelId": "m", "TokenType": "CacheRead"}, "m", "cache_read"),
        ({"TokenType": "Input"}, None, "input"),
        ({"ModelId": "m"}, "m", None),
        ({"CoreCount": "4"}, None, None),
    ],
)
def test_keys_of_focus_are_read_as_drafted_and_as_they_were_before(
    details: dict[str, str], model: str | None, kind: str | None
) -> None:
    assert read_details(telling(details))[:2] == (model, kind)


@pytest.mark.parametrize(
    "text", ["", "-", "(((((", "'; DROP TABLE charges; --", "🙂" * 500, "a" * 9_999]
)
def test_nonsense_is_read_without_harm(text: str) -> None:
    assert read_meter(text).token_kind is None
