"""Rules of what is AI in words, for people who do not read patterns."""

from __future__ import annotations

from typing import Final, Protocol

#: What each condition is about, as a sentence says it.
CONDITIONS: Final = {
    "service_provider": "the provider",
    "service_name": "the service",
    "service_category": "the category",
    "sku_meter": "the meter",
    "resource": "the resource",
    "description": "the description",
    "account": "the account",
    "sub_account": "the sub-account",
    "unit": "the unit",
}
#: Where a model's name may stand.
COLUMNS: Final = {
    "sku_meter": "the meter",
    "service_name": "the service",
    "charge_description": "the description",
    "sku_price_details": "FOCUS’s price details",
    "resource_id": "the resource’s id",
    "resource_name": "the resource’s name",
}


class SaysKind(Protocol):
    """Whatever has a rule's outcome: a stored rule, or one that is being tried."""

    provider: str
    model: str
    model_from: str
    token_kind: str


def conditions(rule: object) -> str:
    """Say which charges a rule is about: ``the service is like *Bedrock*``."""
    said = [
        _compared(words, pattern)
        for name, words in CONDITIONS.items()
        if (pattern := getattr(rule, name))
    ]
    return " and ".join(said) or "every charge"


def reading(rule: SaysKind) -> str:
    """Say how a rule finds model and token kind; empty when it looks for no model."""
    if rule.model:
        found = f"model {rule.model}"
    elif rule.model_from:
        found = f"model from {COLUMNS.get(rule.model_from, rule.model_from)}"
    else:
        found = ""
    kind = f"{rule.token_kind.replace('_', ' ')} tokens" if rule.token_kind else ""
    return ", ".join(filter(None, (found, kind)))


def _compared(words: str, pattern: str) -> str:
    patterns = " or ".join(each.strip() for each in pattern.split("|") if each.strip())
    return f"{words} {'is like' if '*' in pattern else 'is'} {patterns}"
