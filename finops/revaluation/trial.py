"""Try a rule before it is saved: what it would do to the newest calls, writing nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import connection

from finops.attribution.match import Call, Decision, Rule, RuleSet
from finops.domain.dimensions import RULE_TARGETS, UNALLOCATED
from finops.domain.money import exact_sum
from finops.domain.usage import UsageRecord
from finops.revaluation.columns import StoredCall, rules_behind, stored_columns, usage_record
from finops.sql import load_sql

#: How many of the newest calls a rule is tried on.
LATEST: Final = 1_000
#: How many of them are shown one by one, and how many values and moves.
SAMPLE: Final = 10
LISTED: Final = 20
#: The id of a rule that is not saved yet.
CANDIDATE: Final = -1


class TriedCall(NamedTuple):
    """One call as the ledger holds it, its source's name, and what the call itself said."""

    stored: StoredCall
    source: str
    record: UsageRecord

    @property
    def cost(self) -> Decimal:
        """What it cost; an unpriced call moves no dollars."""
        return self.stored.cost or Decimal(0)


class Group(NamedTuple):
    """Calls that would get one value, or move from one to another; ``before`` may be the same."""

    dimension: str
    before: str
    after: str
    calls: int
    cost: Decimal


class Sample(NamedTuple):
    """One call that the rule matches: what it is, and the value before and after."""

    started: datetime
    source: str
    model: str
    cost: Decimal | None
    before: str
    after: str


class Trial(NamedTuple):
    """What a rule would do to ``looked_at`` calls, if it had been in force for all of them.

    Of the ``matches``, ``own`` say the value themselves, ``earlier`` are decided by a rule before
    it, and ``decides`` are its. ``values`` groups those by what they would get; ``moves`` are all
    calls whose value would change against today's rules, and ``moved`` what those cost.
    """

    looked_at: int
    matches: int
    own: int
    earlier: int
    decides: int
    values: tuple[Group, ...]
    changes: int
    moved: Decimal
    moves: tuple[Group, ...]
    sample: tuple[Sample, ...]


def latest_calls(limit: int = LATEST) -> list[TriedCall]:
    """Read the newest calls of meters, newest first, in one query."""
    query = load_sql("revaluation/last_calls.sql").format(columns=stored_columns())
    with connection.cursor() as cursor:
        cursor.execute(query, {"limit": limit})
        rows = cursor.fetchall()
    return [_tried(StoredCall._make(row[:-1]), row[-1]) for row in rows]


def decided_lately(limit: int = LATEST) -> dict[int, int]:
    """Count by rule how many of the newest calls it decided; others are left out."""
    with connection.cursor() as cursor:
        cursor.execute(load_sql("revaluation/decided_lately.sql"), {"limit": limit})
        return dict(cursor.fetchall())


def try_rule(
    candidate: Rule,
    *,
    calls: Sequence[TriedCall],
    rules: Sequence[Rule],
    place: int,
    replaces: int | None = None,
) -> Trial:
    """Compare today's rules with the same and the candidate at ``place`` (from 1). Pure.

    The candidate's dates are left aside: the newest calls stand for those that will come.
    ``replaces`` is the rule that it would take over from.
    """
    undated = candidate._replace(id=CANDIDATE, effective_from=None, effective_to=None)
    others = [rule for rule in rules if rule.id != replaces]
    then = [*others[: place - 1], undated, *others[place - 1 :]]
    now, changed = _Decider(rules), _Decider(then)
    outcomes = [
        _Outcome(call, undated.dimension, now.decide(call), changed.decide(call)) for call in calls
    ]
    matching = [each for each in outcomes if _fits(undated, each.call)]
    deciding = [each for each in matching if each.decided_by_candidate]
    changing = [each for each in outcomes if each.moves]
    own = sum(each.says_itself for each in matching)
    return Trial(
        looked_at=len(calls),
        matches=len(matching),
        own=own,
        earlier=len(matching) - own - len(deciding),
        decides=len(deciding),
        values=_grouped((each, undated.dimension, each.after, each.after) for each in deciding),
        changes=len(changing),
        moved=exact_sum(each.call.cost for each in changing),
        moves=_grouped((each, *move) for each in changing for move in each.moves),
        sample=tuple(each.sample for each in _telling(matching)[:SAMPLE]),
    )


class _Decider:
    """Rules, asked for calls of any source."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._sets: dict[str, RuleSet] = {}

    def decide(self, call: TriedCall) -> Decision:
        rules = self._sets.get(call.source)
        if rules is None:
            rules = self._sets[call.source] = RuleSet(self._rules, source=call.source)
        stored = call.stored
        return rules.decide(call.record, provider=stored.provider, model=stored.model)


class _Outcome:
    """One call under today's rules and under those with the candidate."""

    def __init__(self, call: TriedCall, dimension: str, now: Decision, then: Decision) -> None:
        self.call = call
        self._dimension = dimension
        self._now, self._then = now, then

    @property
    def decided_by_candidate(self) -> bool:
        return self._then.rules.get(self._dimension) == CANDIDATE

    @property
    def says_itself(self) -> bool:
        return getattr(self.call.record, self._dimension) is not None

    @property
    def after(self) -> str:
        return self._value(self._then, self._dimension)

    @property
    def moves(self) -> list[tuple[str, str, str]]:
        """Name every dimension whose value changes: (dimension, before, after)."""
        pairs = [
            (name, self._value(self._now, name), self._value(self._then, name))
            for name in RULE_TARGETS
        ]
        return [(name, before, after) for name, before, after in pairs if before != after]

    @property
    def sample(self) -> Sample:
        stored = self.call.stored
        before = self._value(self._now, self._dimension)
        return Sample(
            stored.started_at, self.call.source, stored.model, stored.cost, before, self.after
        )

    def _value(self, decision: Decision, dimension: str) -> str:
        own: str | None = getattr(self.call.record, dimension)
        return own or decision.values.get(dimension, UNALLOCATED)


def _telling(matching: list[_Outcome]) -> list[_Outcome]:
    """Put the calls that change first; the order of time stays among equals."""
    return sorted(matching, key=lambda each: not each.moves)


def _grouped(moves: Iterable[tuple[_Outcome, str, str, str]]) -> tuple[Group, ...]:
    """Add up calls by their move, dearest first; what is beyond the list is counted in no row."""
    calls: Counter[tuple[str, str, str]] = Counter()
    costs: defaultdict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for outcome, dimension, before, after in moves:
        calls[dimension, before, after] += 1
        costs[dimension, before, after].append(outcome.call.cost)
    groups = [Group(*move, calls[move], exact_sum(costs[move])) for move in calls]
    groups.sort(key=lambda group: (-group.cost, -group.calls, group.after))
    return tuple(groups[:LISTED])


def _tried(stored: StoredCall, source: str) -> TriedCall:
    return TriedCall(stored, source, usage_record(stored, rules_behind(stored)))


def _fits(rule: Rule, call: TriedCall) -> bool:
    """Say whether the rule's conditions hold and yield a value, whatever the call itself says."""
    stored, record = call.stored, call.record
    seen = Call(
        (stored.provider, record.provider),
        (stored.model, record.model),
        record.environment or "",
        record.tags or {},
    )
    return bool(RuleSet([rule], source=call.source)) and bool(rule.yields(seen))
