"""Read the attribution rules."""

from __future__ import annotations

from dataclasses import dataclass

from finops.attribution.match import Rule, RuleSet
from finops.domain.dimensions import ATTRIBUTED, RULE_TARGETS
from finops.models import AttributionRule


def rules() -> tuple[Rule, ...]:
    """Give all rules in the order in which they are tried."""
    rows = AttributionRule.objects.order_by("position").values_list(*Rule._fields)
    return tuple(Rule(*row) for row in rows)


def rules_for(source: str) -> RuleSet:
    """Give the rules that can touch calls of a source."""
    return RuleSet(rules(), source=source)


@dataclass(frozen=True)
class DefaultRule:
    """A rule that every new installation starts with; finance and engineering may change it."""

    name: str
    tag: str
    dimension: str


#: What a LiteLLM proxy already knows about its calls (CONTRACT 4), in order of precedence.
LITELLM_DEFAULTS: tuple[DefaultRule, ...] = (
    *(
        DefaultRule(
            f"LiteLLM request tag {dimension}:…", f"litellm.request_tag.{dimension}", dimension
        )
        for dimension in ATTRIBUTED
    ),
    *(
        DefaultRule(f"LiteLLM {carrier} {dimension}", f"litellm.{carrier}.{dimension}", dimension)
        for carrier in ("spend_logs_metadata", "requester_metadata")
        for dimension in RULE_TARGETS
    ),
    DefaultRule("LiteLLM team alias", "litellm.team_alias", "team"),
    DefaultRule("LiteLLM team id", "litellm.team_id", "team"),
    DefaultRule("LiteLLM end user", "litellm.end_user", "customer"),
    DefaultRule("LiteLLM key's user", "litellm.user_api_key_user_id", "user"),
    DefaultRule("LiteLLM session", "litellm.session_id", "run"),
    DefaultRule("LiteLLM trace", "litellm.trace_id", "run"),
)


def add_default_rules() -> int:
    """Add the LiteLLM defaults to an installation without rules; give how many were added."""
    if AttributionRule.objects.exists():
        return 0
    added = AttributionRule.objects.bulk_create(
        AttributionRule(
            position=position,
            name=default.name,
            source="litellm*",
            tag=default.tag,
            dimension=default.dimension,
            value_tag=default.tag,
            created_by="installation",
        )
        for position, default in enumerate(LITELLM_DEFAULTS, start=1)
    )
    return len(added)
