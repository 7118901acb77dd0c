"""Who sells what, in the spelling that calls have too: clouds as their bills name themselves."""

from __future__ import annotations

from functools import cache
from typing import Final

from finops.pricing.providers import PROVIDER_NAMES, canonical_provider

#: How bills name the clouds; a name that begins so is theirs.
_CLOUDS: Final = (
    ("amazon web services", "aws"),
    ("aws", "aws"),
    ("amazon", "aws"),
    ("microsoft", "azure"),
    ("azure", "azure"),
    ("google", "google"),
    ("oracle", "oracle"),
    ("openai", "openai"),
    ("anthropic", "anthropic"),
)


@cache
def seller_named(name: str) -> str:
    """Give the catalogue's id of a provider as a bill spells it; others come back lower-cased."""
    spelled = " ".join(name.split()).casefold()
    for beginning, provider in _CLOUDS:
        if spelled == beginning or spelled.startswith((f"{beginning} ", f"{beginning},")):
            return provider
    written = (spelled.replace(" ", joined) for joined in ("_", "-"))
    return canonical_provider(next((name for name in written if name in PROVIDER_NAMES), spelled))
