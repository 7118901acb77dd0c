"""What one charge should be by today's rules, exactly as an import of its bill would see it."""

from __future__ import annotations

from typing import Final, NamedTuple

from finops.attribution.charges import ChargeRules
from finops.attribution.match import Rule
from finops.bills.deciding import Decided, Deciding
from finops.bills.stage import UNKNOWN
from finops.classification.match import KindRules
from finops.models import Source
from finops.revaluation.charges.columns import StoredCharge, Values, kept_where_equal

#: Decisions remembered at once, per source; beyond it they are made again.
_MAX_DECISIONS: Final = 50_000


class Revised(NamedTuple):
    """A charge that changes: its values before and after, in the order of ``VALUED``."""

    before: Values
    after: Values


class ChargeReviser:
    """Decides upon stored charges again, by the rules that it is made with."""

    def __init__(self, *, kinds: KindRules, rules: tuple[Rule, ...]) -> None:
        self._kinds = kinds
        self._rules = rules
        self._sources: dict[int, _Source] = {}

    def revise(self, charge: StoredCharge) -> Revised | None:
        """Find out what the charge should be; None when it is that already."""
        source = self._sources.get(charge.source_id) or self._load(charge.source_id)
        after = kept_where_equal(charge.values, _values(source.decided(charge), charge))
        return Revised(charge.values, after) if after != charge.values else None

    def _load(self, source_id: int) -> _Source:
        name = Source.objects.values_list("name", flat=True).get(pk=source_id)
        deciding = Deciding(self._kinds, ChargeRules(self._rules, source=name))
        loaded = self._sources[source_id] = _Source(deciding)
        return loaded


class _Source:
    """What charges of one source have in common, and what was decided of them."""

    def __init__(self, deciding: Deciding) -> None:
        self._deciding = deciding
        self._known: dict[tuple[object, ...], Decided] = {}

    def decided(self, charge: StoredCharge) -> Decided:
        key = self._deciding.key(charge.record)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MAX_DECISIONS:
                self._known.clear()
            found = self._known[key] = self._deciding.decide(charge.record)
        return found


def _values(decided: Decided, charge: StoredCharge) -> Values:
    kind, owners = decided.kind, decided.owners.values
    return (
        kind.kind,
        kind.rule_id,
        kind.provider or UNKNOWN,
        kind.model,
        kind.token_kind,
        kind.tokens(charge.record),
        owners.get("feature"),
        owners.get("team"),
        owners.get("customer"),
        owners.get("user"),
        owners.get("workflow"),
        owners.get("environment"),
        dict(decided.owners.rules) or None,
    )
