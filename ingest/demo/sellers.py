"""What the sellers of models charge the demo company: FOCUS rows, made from what calls used.

They count more than the company logs: cache writes that one of its libraries does not report, and a
key that nobody had told of. One of them gave a discount, another a credit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import plain
from finops.domain.periods import next_month
from ingest.demo.bill_rows import DAY, Month, Row, instant

#: Whose cache writes nobody reports.
_UNREPORTED: Final = "anthropic"
#: Of what the logged calls cost: cache writes that nobody logged, and the key that nobody knew.
_UNLOGGED_WRITES: Final = Decimal("0.042")
_UNKNOWN_KEY: Final = Decimal("0.016")
#: The key of a notebook, and the workspace in which somebody made it.
NOTEBOOK_KEY: Final = "key-notebooks"
_NOTEBOOKS: Final = ("ws-research", "Research notebooks")
_PRODUCTS: Final = ("ws-production", "Production")
#: What each seller takes off its list: the contract with OpenAI was negotiated.
_DISCOUNTS: Final = {"openai": Decimal("0.05")}
_CREDIT: Final = Decimal("-150.00")
_MILLION: Final = 1_000_000
#: Who sells models, by the provider that calls name.
SELLERS: Final = {"anthropic": "Anthropic", "openai": "OpenAI", "google": "Google"}
_SERVICES: Final = {
    "anthropic": "Claude API",
    "openai": "OpenAI API",
    "google": "Gemini API",
}
#: How the sellers' meters say what is counted: direction, cache action, and in words.
_METERS: Final = {
    "input": ("Input", "Uncached", "input tokens"),
    "cache_read": ("Input", "Read", "cache read tokens"),
    "cache_write": ("Input", "Write", "cache write tokens"),
    "cache_write_1h": ("Input", "Write", "cache write (1h) tokens"),
    "output": ("Output", "", "output tokens"),
}


class Used(NamedTuple):
    """Tokens of one kind that a key used of a model on a day, at a list price for a million."""

    provider: str
    model: str
    day: date
    key: str
    kind: str
    tokens: int
    price: Decimal


def sellers_bill(month: Month, used: Iterable[Used], *, with_credit: bool) -> Iterator[Row]:
    """Give the FOCUS rows of all sellers of models for a month."""
    logged = [each for each in used if month.first <= each.day < month.until]
    for each in (*logged, *_unlogged_writes(logged), *_notebooks(logged)):
        yield _usage(month, each)
    if with_credit:
        yield _credit(month)


def _unlogged_writes(logged: Iterable[Used]) -> Iterator[Used]:
    """Count the cache writes that a library sends and does not report."""
    ours = [each for each in logged if each.provider == _UNREPORTED]
    prices = {(each.model, each.day): each.price for each in ours if each.kind == "cache_write"}
    costs: dict[Used, Decimal] = {}
    for each in ours:
        price = prices.get((each.model, each.day))
        if price:
            whose = each._replace(kind="cache_write", tokens=0, price=price)
            costs[whose] = costs.get(whose, Decimal(0)) + each.tokens * each.price
    for whose, cost in costs.items():
        yield whose._replace(tokens=int(cost * _UNLOGGED_WRITES / whose.price))


def _notebooks(logged: Iterable[Used]) -> Iterator[Used]:
    """Tell what somebody's notebooks used on workdays, in proportion to the day."""
    dearest = "claude-opus-4-5"
    days: dict[date, Decimal] = {}
    prices: dict[str, Decimal] = {}
    for each in logged:
        if each.provider == "anthropic":
            days[each.day] = days.get(each.day, Decimal(0)) + each.tokens * each.price
        if each.model == dearest:
            prices[each.kind] = each.price
    for day, cost in sorted(days.items()):
        for kind, part in (("input", Decimal("0.7")), ("output", Decimal("0.3"))):
            if kind in prices and day.weekday() < 5:
                tokens = int(cost * _UNKNOWN_KEY * part / prices[kind] * 7 / 5)
                yield Used("anthropic", dearest, day, NOTEBOOK_KEY, kind, tokens, prices[kind])


def _usage(month: Month, used: Used) -> Row:
    listed = used.tokens * used.price / _MILLION
    contracted = listed * (1 - _DISCOUNTS.get(used.provider, Decimal(0)))
    direction, action, words = _METERS[used.kind]
    details = {"ModelId": used.model, "TokenDirection": direction, "TokenCacheAction": action}
    workspace, name = _NOTEBOOKS if used.key == NOTEBOOK_KEY else _PRODUCTS
    return _row(
        month,
        used.provider,
        day=used.day,
        BilledCost=plain(contracted),
        EffectiveCost=plain(contracted),
        ListCost=plain(listed),
        ContractedCost=plain(contracted),
        ListUnitPrice=plain(used.price),
        ConsumedQuantity=str(used.tokens),
        ConsumedUnit="Tokens",
        PricingQuantity=plain(Decimal(used.tokens) / _MILLION),
        PricingUnit="1000000 Tokens",
        SkuMeter=f"{used.model} {words}",
        SkuPriceDetails=json.dumps({key: value for key, value in details.items() if value}),
        SubAccountId=workspace,
        SubAccountName=name,
        CredentialId=used.key,
    )


def _credit(month: Month) -> Row:
    credit = plain(_CREDIT)
    return _row(
        month,
        "anthropic",
        day=month.first + 14 * DAY,
        ChargeCategory="Credit",
        ChargeFrequency="One-Time",
        ChargeDescription="Service credit for an incident",
        BilledCost=credit,
        EffectiveCost=credit,
        ListCost=credit,
        ContractedCost=credit,
        SkuMeter="service credit",
    )


def _row(month: Month, provider: str, *, day: date, **columns: str) -> Row:
    invoice = f"{provider[:3].upper()}-{month.name}" if month.invoiced else ""
    return {
        "BillingAccountId": f"larkmoor-{provider}",
        "BillingAccountName": "Larkmoor",
        "BillingCurrency": "USD",
        "BillingPeriodStart": instant(month.first),
        "BillingPeriodEnd": instant(next_month(month.first)),
        "ChargePeriodStart": instant(day),
        "ChargePeriodEnd": instant(day + DAY),
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ProviderName": SELLERS[provider],
        "PublisherName": SELLERS[provider],
        "InvoiceIssuerName": SELLERS[provider],
        "InvoiceId": invoice,
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "ServiceName": _SERVICES[provider],
        "PricingCategory": "Standard",
        **columns,
    }


FOCUS_COLUMNS: Final = (
    *("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "BillingAccountId"),
    *("BillingAccountName", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd"),
    *("ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ChargeClass"),
    *("ChargeDescription", "ChargeFrequency", "ProviderName", "PublisherName"),
    *("InvoiceIssuerName", "InvoiceId", "ServiceCategory", "ServiceSubcategory", "ServiceName"),
    *("SkuId", "SkuMeter", "SkuPriceId", "SkuPriceDetails", "ResourceId", "ResourceName"),
    *("RegionId", "PricingCategory", "PricingQuantity", "PricingUnit", "ConsumedQuantity"),
    *("ConsumedUnit", "ListUnitPrice", "ContractedUnitPrice", "SubAccountId"),
    *("SubAccountName", "CredentialId", "Tags"),
)
