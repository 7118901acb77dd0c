"""What methods, fallbacks and notes of splits are called, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: How each method splits, in the words of a form.
METHOD_WORDS: Final[Mapping[str, str]] = {
    "even": "Evenly",
    "fixed": "By fixed percentages",
    "direct_cost": "By direct cost",
    "calls": "By number of calls",
    "priced_tokens": "By what calls cost at book price",
    "metered": "What calls cost, the rest unreconciled",
    "driver": "By an uploaded driver",
    "hold": "Hold centrally",
}
FALLBACK_WORDS: Final[Mapping[str, str]] = {
    "even": "Split evenly",
    "previous": "Split as in the last statement",
    "unallocated": "Leave it unallocated",
}
#: Methods of lines that are no pools.
LINE_WORDS: Final[Mapping[str, str]] = {
    **METHOD_WORDS,
    "": "No split holds yet",
    "direct": "Own charges",
    "none": "No pool picks these charges",
}
#: Why a pool was split otherwise than by its rule, or not wholly.
NOTES: Final[Mapping[str, str]] = {
    "no_split": "No split holds in this month.",
    "held": "Held centrally.",
    "idle_held": "The idle part is held centrally.",
    "nothing_billed": "Nothing is billed yet, so nobody gets anything.",
    "residual": "What calls do not explain is left as unreconciled.",
    "too_many_targets": "Over 500 targets: name the targets of the split.",
    "zero_driver": "The driver is zero for everybody, so it stays unallocated.",
    "zero_driver_even": "The driver is zero for everybody, so it was split evenly.",
    "zero_driver_previous": "The driver is zero for everybody, so it was split as before.",
    "negative_driver": "A driver value is negative, so it stays unallocated.",
    "negative_driver_even": "A driver value is negative, so it was split evenly.",
    "negative_driver_previous": "A driver value is negative, so it was split as before.",
}
KIND_WORDS: Final[Mapping[str, str]] = {
    "llm_usage": "Model usage",
    "llm_capacity": "Model capacity",
    "llm_other": "Other model cost",
    "model_training": "Model training",
    "gpu": "GPUs",
    "ml_platform": "ML platform",
    "vector_store": "Vector stores",
    "gateway": "Gateways",
    "egress": "Egress",
    "observability": "Observability",
    "not_ai": "No AI",
}
#: How a statement names what is no pool.
DIRECT: Final = "Direct"
IN_NO_POOL: Final = "In no pool"


def residual_of(provider: str) -> str:
    """Name the line of what a provider's bill is above metered calls."""
    return f"Unreconciled – {provider}"
