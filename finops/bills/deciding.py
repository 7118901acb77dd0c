"""What a charge is and whose it is: two sets of rules, asked once per distinct key."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from finops.attribution.charges import ChargeRules, charge_rules_for
from finops.attribution.match import Decision
from finops.classification.kinds import kind_rules
from finops.classification.match import Kind, KindRules
from finops.domain.charge import ChargeRecord


class Decided(NamedTuple):
    """What a charge is, and whose; provider and model under the catalogue's names."""

    kind: Kind
    owners: Decision


class Deciding:
    """Both sets of rules as they are now, for charges of one source."""

    def __init__(self, kinds: KindRules, owners: ChargeRules) -> None:
        self._kinds = kinds
        self._owners = owners
        self._boundaries = sorted(_boundaries(kinds) | _boundaries(owners))

    @classmethod
    def of(cls, source: str) -> Deciding:
        """Read the rules that can touch charges of a source."""
        return cls(kind_rules(), charge_rules_for(source))

    def period(self, starts: datetime) -> int:
        """Number the times between which the same rules are in force.

        Charges of one period get equal decisions when their texts, tags and price details are
        equal, and both or neither have a consumed quantity.
        """
        return bisect_right(self._boundaries, starts)

    def key(self, record: ChargeRecord) -> tuple[object, ...]:
        """Give what a decision depends on, and no more; equal keys get equal decisions."""
        return (self._kinds.key(record), self._owners.key(record))

    def decide(self, record: ChargeRecord) -> Decided:
        """Say what a charge is, then whose: rules of owners may ask for provider and model."""
        kind = self._kinds.decide(record)
        return Decided(
            kind,
            self._owners.decide(record, provider=kind.provider, model=kind.model or ""),
        )


def _boundaries(rules: KindRules | ChargeRules) -> set[datetime]:
    ends: Iterable[date | datetime | None] = (
        end for rule in rules.rules for end in (rule.effective_from, rule.effective_to)
    )
    return {
        end if isinstance(end, datetime) else datetime.combine(end, time(), tzinfo=UTC)
        for end in ends
        if end is not None
    }
