"""A rule in words, for people who do not read patterns."""

from __future__ import annotations

from typing import Protocol


class SaysRule(Protocol):
    """Whatever has a rule's conditions and outcome: a stored rule, or one that is being tried."""

    source: str
    provider: str
    model: str
    environment: str
    tag: str
    tag_value: str
    service: str
    account: str
    sub_account: str
    resource: str
    principal: str
    dimension: str
    value: str
    value_tag: str


def conditions(rule: SaysRule) -> str:
    """Say what a rule is about: ``the source is logs and it has the tag squad``."""
    said = [
        _compared(f"the {name}", pattern)
        for name, pattern in (
            ("source", rule.source),
            ("provider", rule.provider),
            ("model", rule.model),
            ("environment", rule.environment),
            ("service", rule.service),
            ("account", rule.account),
            ("sub account", rule.sub_account),
            ("resource", rule.resource),
            ("principal", rule.principal),
        )
        if pattern
    ]
    if rule.tag and rule.tag_value:
        said.append(_compared(f"the tag {rule.tag}", rule.tag_value))
    elif rule.tag:
        said.append(f"it has the tag {rule.tag}")
    return " and ".join(said) or "every call and every charge"


def outcome(rule: SaysRule) -> str:
    """Say what a matching call gets: ``growth``, or ``what the tag squad says``."""
    if rule.value_tag and rule.value_tag == rule.tag:
        return "what that tag says"
    return rule.value or f"what the tag {rule.value_tag} says"


def _compared(name: str, pattern: str) -> str:
    return f"{name} {'is like' if '*' in pattern else 'is'} {pattern}"
