"""One charge, column by column: what the bill says, what was decided of it, and by which rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.urls import reverse

from finops.bills.lines import Charge
from finops.bills.words import COSTS, KINDS, TOKEN_KINDS, provider_name
from finops.domain import display
from finops.domain.charge import CHARGE_COSTS
from finops.domain.money import plain
from finops.models import AttributionRule, ChargeKindRule

#: What the bill says, in groups that can be read; amounts have a table of their own.
_GROUPS: Final[Sequence[tuple[str, Sequence[tuple[str, str]]]]] = (
    (
        "Who is billed",
        (
            ("Billing account", "billing_account_id"),
            ("Account name", "billing_account_name"),
            ("Sub account", "sub_account_id"),
            ("Sub account name", "sub_account_name"),
            ("Invoice", "invoice_id"),
            ("Issued by", "invoice_issuer_name"),
            ("Invoice month", "billing_period"),
            ("Posted to", "accounting_month"),
        ),
    ),
    (
        "What for",
        (
            ("Description", "charge_description"),
            ("Category", "charge_category"),
            ("Class", "charge_class"),
            ("Frequency", "charge_frequency"),
            ("From", "charge_period_start"),
            ("To", "charge_period_end"),
            ("Provided by", "service_provider_name"),
            ("Hosted by", "host_provider_name"),
            ("Service", "service_name"),
            ("Service category", "service_category"),
            ("Service subcategory", "service_subcategory"),
            ("Meter", "sku_meter"),
            ("SKU", "sku_id"),
            ("SKU price", "sku_price_id"),
            ("Resource", "resource_id"),
            ("Resource name", "resource_name"),
            ("Resource type", "resource_type"),
            ("Region", "region_id"),
            ("Principal", "principal_id"),
            ("Credential", "credential_id"),
            ("Line item", "line_item_id"),
        ),
    ),
    (
        "How much of it",
        (
            ("Consumed", "consumed_quantity"),
            ("Unit consumed", "consumed_unit"),
            ("Priced", "pricing_quantity"),
            ("Unit priced", "pricing_unit"),
            ("Pricing", "pricing_category"),
            ("List unit price", "list_unit_price"),
            ("Negotiated unit price", "contracted_unit_price"),
            ("Commitment", "commitment_discount_id"),
            ("Commitment is", "commitment_discount_status"),
        ),
    ),
)
_OWNERS: Final = ("feature", "team", "customer", "workflow", "environment")


class Fact(NamedTuple):
    """A column and what it says."""

    label: str
    value: str


class Cost(NamedTuple):
    """One of the four costs, in the bill's currency and in the reporting one."""

    label: str
    amount: Decimal | None
    worth: Decimal | None


class Decided(NamedTuple):
    """What was decided, by what: the rule's words and address, both empty without a rule."""

    label: str
    value: str
    rule: str
    href: str


def told(charge: Charge, *, currency: str) -> dict[str, Any]:
    """Give what the page of a charge shows."""
    columns = charge.columns
    return {
        "charge": charge,
        "columns": columns,
        "name": _name(columns),
        "groups": [(name, facts) for name, wanted in _GROUPS if (facts := _facts(columns, wanted))],
        "costs": [Cost(COSTS[name], columns[name], charge.worth(name)) for name in CHARGE_COSTS],
        "is_converted": columns["billing_currency"] != currency,
        "rate": columns["exchange_rate"],
        "decided": [*_what(columns), *_whose(columns)],
        "tags": sorted(columns["tags"].items()),
        "details": sorted(columns["sku_price_details"].items()),
        "extra": sorted(columns["extra"].items()),
    }


def _name(columns: Mapping[str, Any]) -> str:
    told = (columns[name] for name in ("charge_description", "sku_meter", "service_name"))
    return str(next((text for text in told if text), f"Charge {columns['id']}"))


def _facts(columns: Mapping[str, Any], wanted: Sequence[tuple[str, str]]) -> list[Fact]:
    return [
        Fact(label, _written(name, columns[name]))
        for label, name in wanted
        if columns[name] not in (None, "")
    ]


def _written(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return f"{display.day(value.astimezone(UTC).date())}, {value.astimezone(UTC):%H:%M} UTC"
    if isinstance(value, date):
        return f"{value:%B %Y}"
    return plain(value) if isinstance(value, Decimal) else str(value)


def _what(columns: Mapping[str, Any]) -> list[Decided]:
    """Say what the charge is: kind, provider, model and part of a call, by one rule."""
    number = columns["kind_rule_id"]
    rule = ChargeKindRule.objects.filter(pk=number).first() if number else None
    name, href = (rule.name, reverse("kind", args=[rule.pk])) if rule else ("", "")
    found = [
        Decided("Kind", KINDS.get(columns["kind"] or "", columns["kind"] or ""), name, href),
        Decided("Provider", provider_name(columns["provider"]), "", ""),
    ]
    if columns["model"]:
        found.append(Decided("Model", columns["model"], name, href))
    if columns["token_kind"]:
        part = TOKEN_KINDS.get(columns["token_kind"], columns["token_kind"])
        found.append(Decided("Part of the call", part, name, href))
    if columns["tokens"] is not None:
        found.append(Decided("Tokens", f"{columns['tokens'].normalize():,f}", name, href))
    return found


def _whose(columns: Mapping[str, Any]) -> list[Decided]:
    """Say whose it is, each by a rule of its own."""
    by = columns["attributed_by"]
    rules = {rule.pk: rule for rule in AttributionRule.objects.filter(pk__in=[*by.values()])}
    found = []
    for name in _OWNERS:
        rule = rules.get(by.get(name))
        href = reverse("rule", args=[rule.pk]) if rule else ""
        value = columns[name] or "Not attributed"
        found.append(Decided(name.capitalize(), value, str(rule) if rule else "", href))
    return found
