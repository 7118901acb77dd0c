"""What a close keeps, written in the one way that its SHA-256 is made of.

Amounts are exact decimal strings, days ISO dates, instants RFC 3339; there is no float in it.
``None`` is what nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

#: The shape's version; a reader of old documents looks at it.
SHAPE: Final = 1
#: Whose totals are kept beside the whole.
DIMENSIONS: Final = ("team", "feature", "customer", "workflow")
#: Which dollars are kept; they are never added up.
BASES: Final = ("metered", "reported", "billed", "effective")


def canonical(checklist: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """Write both as one text: keys sorted, no space, UTF-8 as it is.

    Raises TypeError for a float, or anything else that JSON has no exact form for.
    """
    document = {"checklist": checklist, "figures": figures}
    _refuse_floats(document)
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(checklist: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """Give the SHA-256 of the canonical text, in hexadecimal."""
    return sha256(canonical(checklist, figures).encode()).hexdigest()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a document holds no floats: they are not exact")
    if isinstance(value, Mapping):
        for each in value.values():
            _refuse_floats(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _refuse_floats(each)
