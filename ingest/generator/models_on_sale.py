"""Models that providers sell, with the list prices of November 2025."""

from __future__ import annotations

from typing import Final

from ingest.generator.company import Model

GPT_4O: Final = Model("openai", "gpt-4o", 2_500, 1_250, 10_000, response_prefix="chatcmpl-")
GPT_4O_MINI: Final = Model("openai", "gpt-4o-mini", 150, 75, 600, response_prefix="chatcmpl-")
GPT_5: Final = Model("openai", "gpt-5", 1_250, 125, 10_000, response_prefix="resp_")
GPT_5_MINI: Final = Model("openai", "gpt-5-mini", 250, 25, 2_000, response_prefix="resp_")
O3: Final = Model("openai", "o3", 2_000, 500, 8_000, response_prefix="resp_")
OPUS: Final = Model("anthropic", "claude-opus-4-5", 5_000, 500, 25_000, True, "msg_")
SONNET: Final = Model("anthropic", "claude-sonnet-4-5", 3_000, 300, 15_000, True, "msg_")
HAIKU: Final = Model("anthropic", "claude-haiku-4-5", 1_000, 100, 5_000, True, "msg_")
GEMINI_PRO: Final = Model("google", "gemini-2.5-pro", 1_250, 125, 10_000)
GEMINI_FLASH: Final = Model("google", "gemini-2.5-flash", 300, 30, 2_500)
MISTRAL_SMALL: Final = Model("mistral", "mistral-small-latest", 150, 15, 600)
DEEPSEEK_R1: Final = Model("deepseek", "deepseek-reasoner", 135, 35, 550)
