"""Vertex AI and the Gemini API."""

from __future__ import annotations

from typing import Final

from finops.classification.seeded.rule import TRAINING, Seeded

_VERTEX: Final = "*Vertex AI*"
_GEMINI: Final = "*Generative Language*|*Gemini API*|*Gemini Developer*"

GOOGLE: Final = (
    Seeded(
        "Vertex AI provisioned throughput",
        "llm_capacity",
        "google",
        service_name=f"{_VERTEX}|{_GEMINI}",
        sku_meter="*provisioned*",
    ),
    Seeded(
        "Gemini cache storage",
        "llm_other",
        "google",
        service_name=f"{_VERTEX}|{_GEMINI}",
        sku_meter="*cach*storage*|*storage*cach*",
    ),
    Seeded(
        "Vertex AI training and tuning",
        "model_training",
        "google",
        service_name=_VERTEX,
        sku_meter=f"{TRAINING}|*tuning*",
    ),
    Seeded(
        "Vertex AI vector search",
        "vector_store",
        "google",
        service_name=_VERTEX,
        sku_meter="*vector search*|*matching engine*",
    ),
    Seeded(
        "Vertex AI machines with GPUs",
        "gpu",
        "google",
        service_name=_VERTEX,
        sku_meter="*nvidia*|*gpu*|tpu*|* tpu*",
    ),
    Seeded(
        "Vertex AI images and video",
        "llm_other",
        "google",
        service_name=f"{_VERTEX}|{_GEMINI}",
        sku_meter="*imagen*|*veo *|*grounding*|*live api session*",
    ),
    Seeded(
        "Vertex AI: Gemini models",
        "llm_usage",
        "google",
        service_name=_VERTEX,
        sku_meter="*gemini*input*|*gemini*output*|*gemini*cach*|*gemini*token*",
        model_from="sku_meter",
    ),
    Seeded(
        "Vertex AI: models of other makers",
        "llm_usage",
        "google",
        service_name=_VERTEX,
        sku_meter="*token*",
        model_from="sku_meter",
    ),
    Seeded("Gemini API", "llm_usage", "google", service_name=_GEMINI, model_from="sku_meter"),
    Seeded("Vertex AI, everything else", "ml_platform", "google", service_name=_VERTEX),
)
