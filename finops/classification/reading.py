"""What a charge's own words say of model, token kind and unit, where its rule leaves them open."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from finops.classification.meters import Meter, read_details, read_meter, telling, tokens_in
from finops.classification.patterns import model_in
from finops.classification.rule import KindRule
from finops.domain.charge import LLM_USAGE, ChargeRecord

#: The one of a charge's two quantities that counts tokens.
Quantity = Literal["consumed_quantity", "pricing_quantity"]


def read_charge(rule: KindRule, charge: ChargeRecord) -> Meter:
    """Put together what the rule, FOCUS's keys and the meter's name say; the first is believed."""
    told, meter = (
        read_details(telling(charge.sku_price_details)),
        read_meter(charge.sku_meter or ""),
    )
    found = _model(rule, charge, told)
    kind = rule.token_kind or _finer(told.token_kind, meter.token_kind)
    if not kind and rule.model_from not in {"", "sku_price_details"}:
        kind = read_meter(getattr(charge, rule.model_from) or "").token_kind
    if rule.kind != LLM_USAGE and not rule.token_kind:
        kind = None
    return Meter(found, kind, meter.tokens_per_unit, meter.is_global)


def _finer(told: str | None, named: str | None) -> str | None:
    """Believe FOCUS's keys, but for what they have no word for: a write may last an hour."""
    return named if told and named and named.startswith(f"{told}_") else told or named


def _model(rule: KindRule, charge: ChargeRecord, told: Meter) -> str | None:
    if rule.model or told.model or not rule.model_from:
        return rule.model or told.model
    if rule.model_from == "sku_price_details":
        return None
    text: str = getattr(charge, rule.model_from) or ""
    if rule.model_pattern:
        return model_in(rule.model_pattern, text)
    return read_meter(text).model


def counted_unit(
    rule: KindRule, charge: ChargeRecord, said: Meter
) -> tuple[Quantity, Decimal | None]:
    """Say which quantity counts tokens, and how many one of it is."""
    consumed: Quantity = "consumed_quantity"
    if charge.consumed_quantity is None:
        return "pricing_quantity", rule.tokens_per_unit or tokens_in(charge.pricing_unit or "")
    per_unit = rule.tokens_per_unit or tokens_in(charge.consumed_unit or "")
    if per_unit is None and (priced := tokens_in(charge.pricing_unit or "")):
        # A unit that says nothing ("Units") beside a priced block of tokens.
        return ("pricing_quantity", priced) if charge.pricing_quantity else (consumed, priced)
    return consumed, per_unit or said.tokens_per_unit
