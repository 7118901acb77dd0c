"""Find the rule that decides each dimension of a call.

The first matching rule that yields a value wins, dimension by dimension. A call's own field
always wins over every rule; what neither decides stays unallocated.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
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
    # Only charges of bills have these; a rule that asks for one matches no call.
    service: str = ""
    account: str = ""
    sub_account: str = ""
    resource: str = ""
    principal: str = ""
    effective_from: datetime | None = None
    effective_to: datetime | None = None

    @property
    def is_of_charges(self) -> bool:
        """Say whether the rule asks for something that only charges of bills have."""
        return any((self.service, self.account, self.sub_account, self.resource, self.principal))

    @property
    def tags(self) -> Iterator[str]:
        """Name the tags that the rule looks at."""
        return (key for key in (self.tag, self.value_tag) if key)

    def in_force(self, instant: datetime) -> bool:
        """Say whether the rule holds for what starts at the instant."""
        started = self.effective_from is None or self.effective_from <= instant
        return started and (self.effective_to is None or instant < self.effective_to)

    def yields(self, call: Call) -> str:
        """Give the value for a matching call; empty for a call that does not match."""
        if self.tag and self.tag not in call.tags:  # first: of many rules few find their tag
            return ""
        if not (
            any(like(self.provider, name) for name in call.providers)
            and any(like(self.model, name) for name in call.models)
            and like(self.environment, call.environment)
            and (not self.tag or like(self.tag_value or "*", call.tags.get(self.tag, "")))
        ):
            return ""
        return said(self.value or call.tags.get(self.value_tag))


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
        self.rules = tuple(
            rule for rule in rules if like(rule.source, source) and not rule.is_of_charges
        )
        self.tag_keys = tuple(sorted({key for rule in self.rules for key in rule.tags}))
        self._boundaries = boundaries(self.rules)

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


def boundaries(rules: Iterable[Rule]) -> list[datetime]:
    """List the instants at which a rule begins or ends, in order: between two nothing changes."""
    dates = {date for rule in rules for date in (rule.effective_from, rule.effective_to)}
    return sorted(date for date in dates if date is not None)


def said(value: str | None) -> str:
    """Read a value as an owner; one that says nothing, or that nobody has it, is none."""
    value = (value or "").strip()
    return "" if value == UNALLOCATED else value


def like(pattern: str, value: str) -> bool:
    """Compare with ``*`` as the only wildcard; an empty pattern admits everything."""
    return not pattern or pattern == value or ("*" in pattern and _fits(pattern, value))


def _fits(pattern: str, value: str) -> bool:
    # The other wildcards of file names are letters here: resources have brackets in their names.
    return fnmatchcase(value, pattern.replace("[", "[[]").replace("?", "[?]"))
