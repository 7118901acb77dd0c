"""Find the rule that decides each dimension of a call.

The first matching rule that yields a value wins, dimension by dimension. A call's own field
always wins over every rule; what neither decides stays unallocated.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from finops.domain.dimensions import RULE_TARGETS, UNALLOCATED
from finops.domain.usage import UsageRecord


class Rule(NamedTuple):
    """An attribution rule as a plain value; empty conditions match everything."""

    id: int
    dimension: str
    value: str = ""
    value_tag: str = ""
    source: str = ""
    provider: str = ""
    model: str = ""
    environment: str = ""
    tag: str = ""
    tag_value: str = ""
    effective_from: datetime | None = None
    effective_to: datetime | None = None

    def in_force(self, instant: datetime) -> bool:
        """Say whether the rule holds for calls that start at the instant."""
        started = self.effective_from is None or self.effective_from <= instant
        return started and (self.effective_to is None or instant < self.effective_to)

    def yields(self, call: Call) -> str:
        """Give the value for a matching call; empty for a call that does not match."""
        if self.tag and self.tag not in call.tags:  # first: of many rules few find their tag
            return ""
        if not (
            any(_like(self.provider, name) for name in call.providers)
            and any(_like(self.model, name) for name in call.models)
            and _like(self.environment, call.environment)
            and (not self.tag or _like(self.tag_value or "*", call.tags.get(self.tag, "")))
        ):
            return ""
        value = self.value or call.tags.get(self.value_tag, "").strip()
        return "" if value == UNALLOCATED else value


class Call(NamedTuple):
    """What rules may look at; provider and model under the given and the catalogue's name."""

    providers: tuple[str, ...]
    models: tuple[str, ...]
    environment: str
    tags: Mapping[str, str]


class Decision(NamedTuple):
    """What rules say about calls of one kind, for the dimensions that they leave open."""

    values: Mapping[str, str]
    rules: Mapping[str, int]  # dimension → id of the rule that decided it


NOTHING: Final = Decision({}, {})


class RuleSet:
    """The rules that can touch calls of one source, ready to be asked per distinct key."""

    def __init__(self, rules: Iterable[Rule], *, source: str) -> None:
        """Keep the rules, in their order, whose source condition admits ``source``."""
        self.rules = tuple(rule for rule in rules if _like(rule.source, source))
        self.tag_keys = tuple(
            sorted({key for rule in self.rules for key in (rule.tag, rule.value_tag) if key})
        )
        self._boundaries = sorted(
            {
                instant
                for rule in self.rules
                for instant in (rule.effective_from, rule.effective_to)
                if instant is not None
            }
        )

    def __bool__(self) -> bool:
        """Say whether any rule can match at all."""
        return bool(self.rules)

    def key(self, record: UsageRecord) -> tuple[object, ...]:
        """Give what a decision depends on beside provider, model and environment.

        Calls with equal keys (and equal provider, model, environment) get equal decisions, so a
        decision is looked up once per distinct key.
        """
        tags = record.tags or {}
        return (
            bisect_right(self._boundaries, record.started_at),
            tuple(getattr(record, dimension) is None for dimension in RULE_TARGETS),
            tuple(tags.get(key) for key in self.tag_keys),
        )

    def decide(self, record: UsageRecord, *, provider: str, model: str) -> Decision:
        """Find values for every dimension that the call itself leaves open.

        ``provider`` and ``model`` are the catalogue's names; the record holds the given ones.
        """
        call = Call(
            (provider, record.provider),
            (model, record.model),
            record.environment or "",
            record.tags or {},
        )
        values: dict[str, str] = {}
        deciders: dict[str, int] = {}
        for rule in self.rules:
            dimension = rule.dimension
            if dimension in values or getattr(record, dimension) is not None:
                continue
            if rule.in_force(record.started_at) and (value := rule.yields(call)):
                values[dimension] = value
                deciders[dimension] = rule.id
        return Decision(values, deciders) if values else NOTHING


def _like(pattern: str, value: str) -> bool:
    """Compare with ``*`` as a wildcard; an empty pattern admits everything."""
    return not pattern or pattern == value or ("*" in pattern and fnmatchcase(value, pattern))
