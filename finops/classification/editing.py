"""Change the rules of what is AI: add, change from a day, end, delete, put in order.

A rule that has decided charges keeps its past: a change from a day ends it there, and a new rule
takes its place. Positions are 1, 2, 3 …; every change of them waits for the one before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Final

from django.db import connection, transaction
from django.db.models import F

from finops.attribution.refusals import ChangedMeanwhile, Gone, Refused
from finops.classification.patterns import problem_of
from finops.classification.rule import FACTS_OF, MODEL_COLUMNS, KindRule
from finops.domain.charge import CHARGE_KINDS, TOKEN_MEASURES
from finops.models import ChargeKindRule
from finops.pricing.providers import canonical_provider

#: More rules than anybody could read; every bill asks all of them.
MAX_RULES: Final = 500

_TEXTS: Final = ("name", *FACTS_OF, "provider", "model", "model_pattern")
_MOST_PER_UNIT: Final = Decimal(10**12)


@dataclass(frozen=True, kw_only=True)
class KindFields:
    """What a person says about a rule; its place in the order is told apart.

    Empty conditions admit everything; at least one must ask for something. In force for charges
    that begin in ``[effective_from, effective_to)``.
    """

    name: str
    kind: str
    service_provider: str = ""
    service_name: str = ""
    service_category: str = ""
    sku_meter: str = ""
    resource: str = ""
    description: str = ""
    account: str = ""
    sub_account: str = ""
    unit: str = ""
    provider: str = ""
    model: str = ""
    model_from: str = ""
    model_pattern: str = ""
    token_kind: str = ""
    tokens_per_unit: Decimal | None = None
    effective_from: date | None = None
    effective_to: date | None = None

    @classmethod
    def of(cls, rule: ChargeKindRule) -> KindFields:
        """Read the fields of a stored rule."""
        return cls(**{name: getattr(rule, name) for name in cls.__dataclass_fields__})

    def as_rule(self, rule_id: int) -> KindRule:
        """Give the plain rule that charges are matched with."""
        fields = asdict(self)
        del fields["name"]
        return KindRule(id=rule_id, **fields)

    def problems(self) -> dict[str, str]:
        """Say what is wrong, by field, and how to put it right; empty when nothing is."""
        found = {
            name: f"Use at most {_limit(name)} letters."
            for name in _TEXTS
            if len(getattr(self, name)) > _limit(name) or "\0" in getattr(self, name)
        }
        return self._about_model() | self._missing() | found

    def _missing(self) -> dict[str, str]:
        found = {}
        if not self.name:
            found["name"] = "Give the rule a name."
        if self.kind not in CHARGE_KINDS:
            found["kind"] = "Choose what such a charge pays for."
        if not any(getattr(self, name).strip("*| ") for name in FACTS_OF):
            found["service_name"] = "Fill in at least one condition. This would match every charge."
        begins, ends = self.effective_from, self.effective_to
        if begins and ends and ends <= begins:
            found["effective_to"] = "The rule must end after it begins."
        return found

    def _about_model(self) -> dict[str, str]:
        found = {}
        if self.model_from not in {"", *MODEL_COLUMNS}:
            found["model_from"] = "Choose one of the columns."
        if self.model and self.model_from:
            found["model"] = "Name the model, or say where its name stands, not both."
        if self.model_pattern and not self.model_from:
            found["model_from"] = "Say where to look for the model."
        if self.model_pattern and (problem := problem_of(self.model_pattern)):
            found["model_pattern"] = problem
        if self.token_kind not in {"", *TOKEN_MEASURES}:
            found["token_kind"] = "Choose one of the kinds."  # noqa: S105 -- a kind of token, no secret
        per_unit = self.tokens_per_unit
        if per_unit is not None and not 0 < per_unit <= _MOST_PER_UNIT:
            found["tokens_per_unit"] = "Enter how many tokens one unit is, such as 1,000."
        return found


def version(rule: ChargeKindRule) -> str:
    """Give a mark of what a rule says, whatever its place in the order."""
    return sha256(repr(KindFields.of(rule)).encode()).hexdigest()[:16]


def add_kind_rule(
    fields: KindFields, *, by: str, now: datetime, position: int | None = None
) -> ChargeKindRule:
    """Add a rule at a position, or before all others. Raises Refused for fields with problems.

    First by default: what somebody says of certain charges must not be decided by a wider rule.
    """
    _check(fields)
    with _in_turn() as last:
        if last >= MAX_RULES:
            raise Refused(f"There are {MAX_RULES} rules. Delete one that has ended first.")
        return _insert(fields, _place(position or 1, last + 1), by=by, now=now)


def change_kind_rule(
    rule_id: int,
    fields: KindFields,
    *,
    seen: str,
    by: str,
    now: datetime,
    since: date | None = None,
) -> ChargeKindRule:
    """Change a rule for charges from ``since`` on, or for all; gives the rule in force then.

    A rule that held before ``since`` ends there and keeps what it said; the new one follows it at
    its place. Raises Refused for fields with problems or a day after the rule's end, Gone, and
    ChangedMeanwhile when ``seen`` is not the ``version`` that is stored.
    """
    with _in_turn():
        rule = _shown(rule_id, seen)
        if since is None or (rule.effective_from is not None and rule.effective_from >= since):
            return _overwrite(rule, fields)
        if rule.effective_to is not None and rule.effective_to <= since:
            raise Refused("The rule ended before that day. Choose an earlier one.")
        fields = replace(fields, effective_from=since)
        _check(fields)
        rule.effective_to = since
        rule.save(update_fields=["effective_to"])
        return _insert(fields, rule.position, by=by, now=now)


def end_kind_rule(rule_id: int, *, seen: str, at: date) -> None:
    """Stop using a rule for charges from a day on; what it decided before stays.

    Raises Refused when it has not begun by then or has ended, Gone and ChangedMeanwhile.
    """
    with _in_turn():
        rule = _shown(rule_id, seen)
        if rule.effective_from is not None and rule.effective_from >= at:
            raise Refused("The rule has not begun by that day. Delete it altogether.")
        if rule.effective_to is not None and rule.effective_to <= at:
            raise Refused("The rule has ended by that day already.")
        rule.effective_to = at
        rule.save(update_fields=["effective_to"])


def delete_kind_rule(rule_id: int, *, seen: str) -> None:
    """Forget a rule. Charges that it decided stay as they are until they are classified again.

    Raises Gone and ChangedMeanwhile.
    """
    with _in_turn():
        rule = _shown(rule_id, seen)
        rule.delete()
        later = ChargeKindRule.objects.filter(position__gt=rule.position)
        later.update(position=F("position") - 1)


def move_kind_rule(rule_id: int, *, to: int) -> ChargeKindRule:
    """Put a rule at a position, the nearest there is; the others close up. Raises Gone."""
    with _in_turn() as last:
        return _put(_stored(rule_id), _place(to, last))


def step_kind_rule(rule_id: int, *, by: int) -> ChargeKindRule:
    """Move a rule some places down, or up when ``by`` is negative. Raises Gone."""
    with _in_turn() as last:
        rule = _stored(rule_id)
        return _put(rule, _place(rule.position + by, last))


@contextmanager
def _in_turn() -> Iterator[int]:
    """Let one person at a time change the rules; gives how many there are. Readers do not wait."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE finops_chargekindrule IN SHARE ROW EXCLUSIVE MODE")
        yield ChargeKindRule.objects.count()


def _insert(fields: KindFields, place: int, *, by: str, now: datetime) -> ChargeKindRule:
    ChargeKindRule.objects.filter(position__gte=place).update(position=F("position") + 1)
    return ChargeKindRule.objects.create(
        position=place, created_at=now, created_by=by, **asdict(_told(fields))
    )


def _put(rule: ChargeKindRule, place: int) -> ChargeKindRule:
    was, others = rule.position, ChargeKindRule.objects.exclude(pk=rule.pk)
    if place < was:
        others.filter(position__gte=place, position__lt=was).update(position=F("position") + 1)
    elif place > was:
        others.filter(position__gt=was, position__lte=place).update(position=F("position") - 1)
    else:
        return rule
    rule.position = place
    rule.save(update_fields=["position"])
    return rule


def _overwrite(rule: ChargeKindRule, fields: KindFields) -> ChargeKindRule:
    _check(fields)
    changes = asdict(_told(fields))
    for name, value in changes.items():
        setattr(rule, name, value)
    rule.save(update_fields=list(changes))
    return rule


def _told(fields: KindFields) -> KindFields:
    """Write the provider as calls have it, so that both join."""
    return replace(fields, provider=canonical_provider(fields.provider))


def _shown(rule_id: int, seen: str) -> ChargeKindRule:
    rule = _stored(rule_id)
    if version(rule) != seen:
        raise ChangedMeanwhile
    return rule


def _stored(rule_id: int) -> ChargeKindRule:
    rule = ChargeKindRule.objects.filter(pk=rule_id).first()
    if rule is None:
        raise Gone
    return rule


def _place(wanted: int, last: int) -> int:
    return max(1, min(wanted, last))


def _check(fields: KindFields) -> None:
    for problem in fields.problems().values():
        raise Refused(problem)


def _limit(name: str) -> int:
    return getattr(ChargeKindRule._meta.get_field(name), "max_length", 0)
