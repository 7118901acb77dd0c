"""Find the rule that says what a charge pays for, and what its words say of model and tokens.

Rules are asked in order and the first that matches decides everything: kind, provider, model and
token kind. What the rule leaves open is read from FOCUS's own keys, else from the meter's name.
Charges with equal keys get equal answers, so a bill of a million rows is decided by its few
thousand distinct meters.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from finops.classification.meters import Meter, telling
from finops.classification.patterns import like
from finops.classification.reading import Quantity, counted_unit, read_charge
from finops.classification.rule import FACTS_OF, KindRule
from finops.classification.sellers import seller_named
from finops.domain.charge import ChargeRecord

#: Gives the catalogue's name of a model: provider, name as the bill has it, whether it is global.
NameOf = Callable[[str, str, bool], str]

#: Distinct keys whose answers are kept; a bill with a meter per row stays small.
_MOST_KEYS: Final = 50_000


class Kind(NamedTuple):
    """What a charge is; None is what nobody knows. ``provider`` is never None, but may be empty.

    ``tokens_per_unit`` belongs to ``quantity``, the one of the charge's two that counts tokens.
    """

    kind: str | None
    provider: str
    model: str | None = None
    token_kind: str | None = None
    tokens_per_unit: Decimal | None = None
    rule_id: int | None = None
    quantity: Quantity = "consumed_quantity"

    def tokens(self, charge: ChargeRecord) -> Decimal | None:
        """Count the charge's tokens; None where it counts none, or nobody knows its unit."""
        amount: Decimal | None = getattr(charge, self.quantity)
        if amount is None or self.tokens_per_unit is None:
            return None
        return amount * self.tokens_per_unit


class KindRules:
    """All rules, ready to be asked once per distinct key."""

    def __init__(self, rules: Iterable[KindRule], name_of: NameOf | None = None) -> None:
        """Keep the rules in their order; ``name_of`` resolves models to the catalogue's names."""
        self.rules = tuple(rules)
        self._name_of = name_of or _as_given
        asked = {
            fact for rule in self.rules for name, _ in rule.conditions for fact in FACTS_OF[name]
        }
        taken = {rule.model_from for rule in self.rules if rule.model_from} - {"sku_price_details"}
        self._masked = {
            fact: _Patterns(name, self.rules)
            for name in _OF_MANY_VALUES
            for fact in FACTS_OF[name]
            if fact in asked and fact not in taken
        }
        self._texts = tuple(sorted((asked | taken | _ALWAYS_READ) - self._masked.keys()))
        self._boundaries = sorted(
            {day for rule in self.rules for day in (rule.effective_from, rule.effective_to) if day}
        )
        self._answers: dict[tuple[Any, ...], Kind] = {}

    def key(self, charge: ChargeRecord) -> tuple[Any, ...]:
        """Give what an answer depends on; charges with equal keys get equal answers."""
        return (
            bisect_right(self._boundaries, _day(charge)) if self._boundaries else 0,
            charge.consumed_quantity is None,
            telling(charge.sku_price_details),
            *[getattr(charge, name) for name in self._texts],
            *[seen.mask(getattr(charge, name)) for name, seen in self._masked.items()],
        )

    def decide(self, charge: ChargeRecord) -> Kind:
        """Say what a charge pays for: by the first rule that holds, else what is known without."""
        key = self.key(charge)
        if (known := self._answers.get(key)) is None:
            if len(self._answers) >= _MOST_KEYS:
                self._answers.clear()
            known = self._answers[key] = self._decide(charge)
        return known

    def _decide(self, charge: ChargeRecord) -> Kind:
        day = _day(charge)
        for rule in self.rules:
            if rule.in_force(day) and _holds(rule, charge):
                said = read_charge(rule, charge)
                if said.model or not (rule.model_pattern or rule.model_from == "sku_price_details"):
                    return self._kind(rule, charge, said)
        return Kind(None, _seller(charge))

    def _kind(self, rule: KindRule, charge: ChargeRecord, said: Meter) -> Kind:
        provider = rule.provider or _seller(charge)
        model = said.model and self._name_of(provider, said.model, said.is_global)
        if not said.token_kind:
            return Kind(rule.kind, provider, model, rule_id=rule.id)
        quantity, per_unit = counted_unit(rule, charge, said)
        return Kind(rule.kind, provider, model, said.token_kind, per_unit, rule.id, quantity)


#: Conditions on what most rows have of their own: not the value but what it matches is the key.
_OF_MANY_VALUES: Final = ("resource", "account", "sub_account")
_ALWAYS_READ: Final = frozenset(
    {
        "service_provider_name",
        "host_provider_name",
        "invoice_issuer_name",
        "sku_meter",
        "consumed_unit",
        "pricing_unit",
    }
)


class _Patterns:
    """Which of the rules' patterns for one condition a value matches, as bits; remembered."""

    def __init__(self, condition: str, rules: Iterable[KindRule]) -> None:
        patterns = dict.fromkeys(getattr(rule, condition) for rule in rules)
        self._tests = [like(pattern) for pattern in patterns if pattern]
        self._known: dict[str | None, int] = {None: 0}

    def mask(self, value: str | None) -> int:
        if (known := self._known.get(value)) is None and value is not None:
            if len(self._known) >= _MOST_KEYS:
                self._known = {None: 0}
            known = sum(1 << place for place, holds in enumerate(self._tests) if holds(value))
            self._known[value] = known
        return known or 0


def _day(charge: ChargeRecord) -> date:
    return charge.charge_period_start.astimezone(UTC).date()


def _holds(rule: KindRule, charge: ChargeRecord) -> bool:
    for name, pattern in rule.conditions:
        holds = like(pattern)
        if not any(map(holds, _compared(name, charge))):
            return False
    return True


def _compared(condition: str, charge: ChargeRecord) -> list[str]:
    """Give the texts that a condition is compared with; who sells is one of its three names."""
    if condition == "service_provider":
        return [_seller_name(charge)]
    return [getattr(charge, fact) or "" for fact in FACTS_OF[condition]]


def _seller(charge: ChargeRecord) -> str:
    return seller_named(_seller_name(charge))


def _seller_name(charge: ChargeRecord) -> str:
    names = (charge.service_provider_name, charge.host_provider_name, charge.invoice_issuer_name)
    return next((name for name in names if name), "")


def _as_given(_provider: str, model: str, _is_global: bool) -> str:
    return model
