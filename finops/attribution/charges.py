"""Find who a charge of a bill was for, by the same rules as calls.

A charge says its owner itself by a tag that is named like a dimension (``own_values``); what it
leaves open, the first matching rule decides. Rules may ask for what only charges have: service,
account, sub account, resource and principal, by id or name, in any case; a charge that lacks what
is asked for does not match. Charges have no run and no step.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from finops.attribution.match import Decision, Rule, boundaries, like, said
from finops.attribution.queries import rules
from finops.domain.charge import ChargeRecord
from finops.domain.dimensions import ATTRIBUTED

#: What a charge's own tags may say. A tag ``user`` is left to rules: on bills it names accounts.
OWN_DIMENSIONS: Final = ("feature", "team", "customer", "workflow", "environment")
#: How providers mark the tags that their customers wrote: AWS CUR 2.0, its FOCUS and legacy CUR.
USER_PREFIXES: Final = ("user_", "user:", "resourceTags/user:")
#: The tags that only logs of a LiteLLM proxy have; its default rules never touch a bill.
_LOG_TAGS: Final = "litellm."
_MAX_VALUE: Final = 500
#: FOCUS writes a tag without a value as ``true``: it is there, and names nobody.
_VALUELESS: Final = "true"


class _Condition(NamedTuple):
    """A condition that only charges have: its field of a rule, and what of a charge it reads."""

    field: str
    values: Callable[[ChargeRecord], tuple[str | None, ...]]


CONDITIONS: Final = (
    _Condition("service", lambda charge: (charge.service_name,)),
    _Condition("account", lambda charge: (charge.billing_account_id, charge.billing_account_name)),
    _Condition("sub_account", lambda charge: (charge.sub_account_id, charge.sub_account_name)),
    _Condition("resource", lambda charge: (charge.resource_id, charge.resource_name)),
    _Condition("principal", lambda charge: (charge.principal_id, charge.credential_id)),
)


class ChargeRules:
    """The rules that can touch charges of one source, ready to be asked per distinct key."""

    def __init__(self, rules: Iterable[Rule], *, source: str) -> None:
        """Keep the rules, in their order, whose source condition admits ``source``."""
        self.rules = tuple(rule for rule in rules if _can_touch(rule, source))
        self._tag_keys = tuple(sorted({key for rule in self.rules for key in rule.tags}))
        self._conditions = tuple(
            each for each in CONDITIONS if any(getattr(rule, each.field) for rule in self.rules)
        )
        self._asks_provider = any(rule.provider for rule in self.rules)
        self._boundaries = boundaries(self.rules)

    def key(self, record: ChargeRecord) -> tuple[object, ...]:
        """Give what a decision depends on beside the catalogue's provider and model.

        Charges with equal keys (and equal provider and model) get equal decisions.
        """
        tags = record.tags or {}
        return (
            bisect_right(self._boundaries, record.charge_period_start),
            record.service_provider_name if self._asks_provider else None,
            tuple(own_values(tags).items()) if tags else (),
            tuple(user_tag(tags, key) for key in self._tag_keys),
            tuple(each.values(record) for each in self._conditions),
        )

    def decide(self, record: ChargeRecord, *, provider: str, model: str) -> Decision:
        """Find the owner of a charge in every dimension that anything names.

        ``provider`` and ``model`` are the catalogue's names, empty where there is none. The values
        hold what the charge says itself too; the rules name only what rules decided.
        """
        charge = _Charge.of(record, provider=provider, model=model)
        values, deciders = own_values(charge.tags), dict[str, int]()
        for rule in self.rules:
            dimension = rule.dimension
            if dimension in values or not rule.in_force(charge.starts):
                continue
            if value := charge.value_by(rule):
                values[dimension], deciders[dimension] = value, rule.id
        return Decision(values, deciders)


def charge_rules_for(source: str) -> ChargeRules:
    """Give the rules that can touch charges of a source, as they are now."""
    return ChargeRules(rules(), source=source)


def own_values(tags: Mapping[str, str]) -> dict[str, str]:
    """Read whom a charge names itself, by dimension, whatever the order of its tags.

    A tag counts when its key is a dimension in any case, as it is or behind a provider's mark for
    user tags: ``team``, ``Team``, ``user_team``, ``user:Team``. The plainest key that says
    something wins. Keys of other words (``cost-centre``) need a rule.
    """
    found: dict[str, tuple[tuple[int, str], str]] = {}
    for key, text in tags.items():
        dimension = _dimension(key)
        value = _owner(text) if dimension else ""
        if value:
            rank = (_plainness(key, dimension), key)
            found[dimension] = min(found.get(dimension, (rank, value)), (rank, value))
    return {name: found[name][1] for name in OWN_DIMENSIONS if name in found}


def user_tag(tags: Mapping[str, str], key: str) -> str | None:
    """Give what a tag says, under its own key or behind a provider's mark for user tags."""
    for spelling in (key, *(prefix + key for prefix in USER_PREFIXES)):
        if spelling in tags:
            return tags[spelling]
    return None


class _Charge(NamedTuple):
    """What rules may look at."""

    record: ChargeRecord
    starts: datetime
    providers: tuple[str, str]
    model: str
    environment: str
    tags: Mapping[str, str]

    @classmethod
    def of(cls, record: ChargeRecord, *, provider: str, model: str) -> _Charge:
        tags = record.tags or {}
        return cls(
            record,
            record.charge_period_start,
            (provider, record.service_provider_name or ""),
            model,
            own_values(tags).get("environment", ""),
            tags,
        )

    def value_by(self, rule: Rule) -> str:
        """Give the value that a rule yields; empty for one that does not match."""
        tag = user_tag(self.tags, rule.tag) if rule.tag else ""
        if tag is None or not self._meets(rule):
            return ""
        if rule.tag and not like(rule.tag_value or "*", tag):
            return ""
        return rule.value or _owner(user_tag(self.tags, rule.value_tag))

    def _meets(self, rule: Rule) -> bool:
        return (
            any(_like_in_any_case(rule.provider, name) for name in self.providers)
            and like(rule.model, self.model)
            and like(rule.environment, self.environment)
            and all(
                any(
                    _like_in_any_case(pattern, value) for value in each.values(self.record) if value
                )
                for each in CONDITIONS
                if (pattern := getattr(rule, each.field))
            )
        )


def _can_touch(rule: Rule, source: str) -> bool:
    return (
        rule.dimension in ATTRIBUTED
        and like(rule.source, source)
        and not rule.tag.startswith(_LOG_TAGS)
    )


@lru_cache(maxsize=4_096)
def _dimension(key: str) -> str:
    """Name the dimension that a tag's key stands for, if any."""
    for prefix in ("", *USER_PREFIXES):
        name = key[len(prefix) :].casefold() if key.startswith(prefix) else ""
        if name in OWN_DIMENSIONS:
            return name
    return ""


def _plainness(key: str, dimension: str) -> int:
    return 0 if key == dimension else 1 if len(key) == len(dimension) else 2


def _owner(text: str | None) -> str:
    """Read a tag as an owner, as rules read it from a tag; too long a text names nobody."""
    value = said(text)
    fits = len(value) <= _MAX_VALUE and "\0" not in value and value.casefold() != _VALUELESS
    return value if fits else ""


def _like_in_any_case(pattern: str, value: str) -> bool:
    """Compare without regard to case: providers do not write their own ids the same way twice."""
    return like(pattern.casefold(), value.casefold())
