"""Change the attribution rules: add, edit from a date, end, delete, put in order.

A rule that has decided calls keeps its past: an edit from a date ends it there, and a new rule
takes its place. Positions are 1, 2, 3 …; every change of them waits for the one before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.db import connection, transaction
from django.db.models import F

from finops.attribution.match import Rule
from finops.attribution.refusals import ChangedMeanwhile, Gone, Refused
from finops.domain.dimensions import CHAIN, RULE_TARGETS, UNALLOCATED
from finops.models import AttributionRule

#: More rules than anybody could read; every import asks all of them.
MAX_RULES: Final = 500

_TEXTS: Final = (
    "name",
    *AttributionRule.CONDITIONS,
    *AttributionRule.CHARGE_CONDITIONS,
    "value",
    "value_tag",
)


@dataclass(frozen=True, kw_only=True)
class RuleFields:
    """What a person says about a rule; its place in the order is told apart.

    Empty conditions match everything; one from ``service`` to ``principal`` matches no call, only
    charges of bills. In force for what starts in ``[effective_from, effective_to)``. ``value`` is
    given, or the value of the tag ``value_tag``.
    """

    name: str
    dimension: str
    value: str = ""
    value_tag: str = ""
    source: str = ""
    provider: str = ""
    model: str = ""
    environment: str = ""
    tag: str = ""
    tag_value: str = ""
    service: str = ""
    account: str = ""
    sub_account: str = ""
    resource: str = ""
    principal: str = ""
    effective_from: datetime | None = None
    effective_to: datetime | None = None

    @classmethod
    def of(cls, rule: AttributionRule) -> RuleFields:
        """Read the fields of a stored rule."""
        return cls(**{name: getattr(rule, name) for name in cls.__dataclass_fields__})

    def as_rule(self, rule_id: int) -> Rule:
        """Give the plain rule that calls and charges are matched with."""
        fields = asdict(self)
        del fields["name"]
        return Rule(id=rule_id, **fields)

    @property
    def is_of_charges(self) -> bool:
        """Say whether the rule can match charges of bills alone."""
        return self.as_rule(0).is_of_charges

    def problems(self) -> dict[str, str]:
        """Say what is wrong, by field, and how to put it right; empty when nothing is."""
        found: dict[str, str] = {}
        for name in _TEXTS:
            limit = getattr(AttributionRule._meta.get_field(name), "max_length", 0)
            if len(getattr(self, name)) > limit or "\0" in getattr(self, name):
                found[name] = f"Use at most {limit} letters."
        found |= self._missing()
        if self.value == UNALLOCATED:
            found["value"] = "Unallocated is the absence of a value. Give a real one."
        begins, ends = self.effective_from, self.effective_to
        if begins and ends and ends <= begins:
            found["effective_to"] = "The rule must end after it begins."
        return found

    def _missing(self) -> Mapping[str, str]:
        found = {}
        if not self.name:
            found["name"] = "Give the rule a name."
        if self.dimension not in RULE_TARGETS:
            found["dimension"] = f"Choose one of {', '.join(RULE_TARGETS)}."
        elif self.dimension in CHAIN and self.is_of_charges:
            found["dimension"] = "Charges of bills have no run and no step. Choose another one."
        if bool(self.value) == bool(self.value_tag):
            found["value"] = "Give a value, or a tag to take it from, not both."
        if self.tag_value and not self.tag:
            found["tag"] = "Name the tag whose value you ask for."
        return found


def version(rule: AttributionRule) -> str:
    """Give a mark of what a rule says, whatever its place in the order."""
    return sha256(repr(RuleFields.of(rule)).encode()).hexdigest()[:16]


def add_rule(
    fields: RuleFields, *, by: str, now: datetime, position: int | None = None
) -> AttributionRule:
    """Add a rule at a position, or after all others. Raises Refused for fields with problems."""
    _check(fields)
    with _in_turn() as last:
        if last >= MAX_RULES:
            raise Refused(f"There are {MAX_RULES} rules. Delete one that has ended first.")
        place = _place(position or last + 1, last + 1)
        return _insert(fields, place, by=by, now=now)


def change_rule(
    rule_id: int,
    fields: RuleFields,
    *,
    seen: str,
    by: str,
    now: datetime,
    since: datetime | None = None,
) -> AttributionRule:
    """Change a rule for calls from ``since`` on, or for all its calls; gives the rule in force.

    A rule that held before ``since`` ends there and keeps what it said; the new one follows it at
    its place. Raises Refused for fields with problems or a date after the rule's end, Gone, and
    ChangedMeanwhile when ``seen`` is not the ``version`` that is stored.
    """
    with _in_turn():
        rule = _shown(rule_id, seen)
        if since is None or (rule.effective_from is not None and rule.effective_from >= since):
            return _overwrite(rule, fields)
        if rule.effective_to is not None and rule.effective_to <= since:
            raise Refused("The rule ended before that day. Choose an earlier one.")
        fields = _beginning(fields, since)
        _check(fields)
        rule.effective_to = since
        rule.save(update_fields=["effective_to"])
        return _insert(fields, rule.position, by=by, now=now)


def end_rule(rule_id: int, *, seen: str, at: datetime) -> None:
    """Stop using a rule for calls from an instant on; what it decided before stays.

    Raises Refused when it has not begun by then, Gone and ChangedMeanwhile.
    """
    with _in_turn():
        rule = _shown(rule_id, seen)
        if rule.effective_from is not None and rule.effective_from >= at:
            raise Refused("The rule has not begun by that day. Delete it altogether.")
        if rule.effective_to is not None and rule.effective_to <= at:
            raise Refused("The rule has ended by that day already.")
        rule.effective_to = at
        rule.save(update_fields=["effective_to"])


def delete_rule(rule_id: int, *, seen: str) -> None:
    """Forget a rule. Calls that it decided stay as they are until history is attributed again.

    Raises Gone and ChangedMeanwhile.
    """
    with _in_turn():
        rule = _shown(rule_id, seen)
        rule.delete()
        AttributionRule.objects.filter(position__gt=rule.position).update(
            position=F("position") - 1
        )


def move_rule(rule_id: int, *, to: int) -> AttributionRule:
    """Put a rule at a position, the nearest there is; the others close up. Raises Gone."""
    with _in_turn() as last:
        return _put(_stored(rule_id), _place(to, last))


def step_rule(rule_id: int, *, by: int) -> AttributionRule:
    """Move a rule some places down, or up when ``by`` is negative. Raises Gone."""
    with _in_turn() as last:
        rule = _stored(rule_id)
        return _put(rule, _place(rule.position + by, last))


@contextmanager
def _in_turn() -> Iterator[int]:
    """Let one person at a time change the rules; gives how many there are.

    Row locks would not do: two who add the first rule have no row to wait for. Readers do not wait.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE finops_attributionrule IN SHARE ROW EXCLUSIVE MODE")
        yield AttributionRule.objects.count()


def _insert(fields: RuleFields, place: int, *, by: str, now: datetime) -> AttributionRule:
    AttributionRule.objects.filter(position__gte=place).update(position=F("position") + 1)
    return AttributionRule.objects.create(
        position=place, created_at=now, created_by=by, **asdict(fields)
    )


def _put(rule: AttributionRule, place: int) -> AttributionRule:
    was, others = rule.position, AttributionRule.objects.exclude(pk=rule.pk)
    if place < was:
        others.filter(position__gte=place, position__lt=was).update(position=F("position") + 1)
    elif place > was:
        others.filter(position__gt=was, position__lte=place).update(position=F("position") - 1)
    else:
        return rule
    rule.position = place
    rule.save(update_fields=["position"])
    return rule


def _overwrite(rule: AttributionRule, fields: RuleFields) -> AttributionRule:
    _check(fields)
    changes = asdict(fields)
    for name, value in changes.items():
        setattr(rule, name, value)
    rule.save(update_fields=list(changes))
    return rule


def _beginning(fields: RuleFields, since: datetime) -> RuleFields:
    return RuleFields(**asdict(fields) | {"effective_from": since})


def _shown(rule_id: int, seen: str) -> AttributionRule:
    rule = _stored(rule_id)
    if version(rule) != seen:
        raise ChangedMeanwhile
    return rule


def _stored(rule_id: int) -> AttributionRule:
    rule = AttributionRule.objects.filter(pk=rule_id).first()
    if rule is None:
        raise Gone
    return rule


def _place(wanted: int, last: int) -> int:
    return max(1, min(wanted, last))


def _check(fields: RuleFields) -> None:
    for problem in fields.problems().values():
        raise Refused(problem)
