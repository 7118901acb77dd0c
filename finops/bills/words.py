"""What the words of bills are called on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from finops.models import BillSnapshot
from finops.sql import once_in_snapshot

#: Ids of the catalogue and of clouds; any other provider is called what it calls itself.
_PROVIDERS: Final[Mapping[str, str]] = {
    "anthropic": "Anthropic",
    "aws": "AWS",
    "azure": "Azure",
    "cohere": "Cohere",
    "google": "Google",
    "mistral": "Mistral",
    "oci": "Oracle",
    "openai": "OpenAI",
    "oracle": "Oracle",
}
KINDS: Final[Mapping[str, str]] = {
    "": "Not classified",
    "llm_usage": "Model usage",
    "llm_capacity": "Model capacity",
    "llm_other": "Other model cost",
    "model_training": "Model training",
    "gpu": "GPUs",
    "ml_platform": "ML platform",
    "vector_store": "Vector store",
    "gateway": "Gateway",
    "egress": "Data transfer",
    "observability": "Observability",
    "not_ai": "No AI",
}
TOKEN_KINDS: Final[Mapping[str, str]] = {
    "input": "Input",
    "cache_read": "Cache read",
    "cache_write": "Cache write",
    "cache_write_1h": "Cache write, 1 h",
    "input_audio": "Audio input",
    "input_image": "Image input",
    "output": "Output",
    "output_audio": "Audio output",
}
#: The four costs of a charge; they are never added to each other.
COSTS: Final[Mapping[str, str]] = {
    "billed_cost": "Billed",
    "effective_cost": "Effective",
    "list_cost": "List",
    "contracted_cost": "Contracted",
}
#: Why a version waits for a person.
HELD_BECAUSE: Final[Mapping[str, str]] = {
    "closed": "its month is closed",
    "shrinks": "it holds much less than the version before",
    "older": "it is older than the version that counts",
}
STATUSES: Final[Mapping[str, str]] = {
    BillSnapshot.STAGED: "Arriving",
    BillSnapshot.CURRENT: "Counts",
    BillSnapshot.SUPERSEDED: "Replaced",
    BillSnapshot.HELD: "Waits",
    BillSnapshot.DISCARDED: "Discarded",
}


def provider_name(provider: str) -> str:
    """Name a provider: ``AWS`` for ``aws``; an unknown one as the bill spells it."""
    return _PROVIDERS.get(provider, provider) or "Unnamed provider"


def account_name(bill: BillSnapshot) -> str:
    """Name a billing account: by its name, else its number."""
    return bill.billing_account_name or bill.billing_account_id or "no account named"


@once_in_snapshot
def account_names() -> dict[str, str]:
    """Map the numbers of billing accounts to their names, as the newest bill says them."""
    named = BillSnapshot.objects.exclude(billing_account_name="").order_by("pk")
    return dict(named.values_list("billing_account_id", "billing_account_name").distinct())
