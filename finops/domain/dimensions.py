"""The dimensions that cost is cut by. Each is a partition: one value per call, or unallocated."""

from __future__ import annotations

from typing import Final

#: What a missing value is called wherever it is shown or asked for.
UNALLOCATED: Final = "unallocated"

#: Who a call was for: given by the call itself, else decided by attribution rules.
ATTRIBUTED: Final = ("feature", "team", "customer", "user", "workflow", "environment")
#: The chain that a call belongs to; rules may fill these too.
CHAIN: Final = ("run", "step")
#: Everything that an attribution rule may decide.
RULE_TARGETS: Final = ATTRIBUTED + CHAIN

#: Everything that `costs --by` accepts.
DIMENSIONS: Final = (
    "feature",
    "team",
    "customer",
    "workflow",
    "user",
    "provider",
    "model",
    "environment",
    "status",
    "source",
    "step",
)


def parse_dimensions(text: str) -> tuple[str, ...]:
    """Read ``feature,model``, in order. Raises ValueError for an unknown or repeated name."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in DIMENSIONS]
    if unknown:
        known = ", ".join(DIMENSIONS)
        raise ValueError(f"unknown dimension {unknown[0]!r}; choose from {known}")
    if len(set(names)) < len(names):
        raise ValueError("a dimension is named twice")
    return names


def parse_filter(text: str) -> tuple[str, str]:
    """Read ``team=growth`` into a pair. Raises ValueError for another shape or dimension."""
    name, sign, value = text.partition("=")
    if not sign:
        raise ValueError(f"a filter reads DIMENSION=VALUE, not {text!r}")
    (dimension,) = parse_dimensions(name) or ("",)
    if not dimension:
        raise ValueError(f"a filter reads DIMENSION=VALUE, not {text!r}")
    return dimension, value
