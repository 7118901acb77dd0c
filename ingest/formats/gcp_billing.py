"""Google Cloud's billing export from BigQuery: standard and detailed usage cost.

It comes as JSON lines, as CSV or as Parquet; what BigQuery nests (``service.description``) stands
flat there under either spelling, or as JSON text. Credits lie inside the row that they lower. Each
becomes a charge of its own, category Credit, so that the sum is the invoice's to the last digit and
nothing is hidden: netting them would make a free month look like one without usage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from finops.domain.charge import CORRECTION, ChargeCategory, ChargeRecord
from ingest.billing_fields import (
    MAX_EXTRA,
    Names,
    amount,
    column_key,
    description,
    flat_tags,
    is_null,
    json_of,
    text_of,
)
from ingest.billing_rows import (
    ACCOUNT,
    BillFormat,
    Texts,
    checked_settings,
    currency_of,
    keys_of,
)
from ingest.billing_times import Instants, invoice_month
from ingest.content import is_storable_key
from ingest.fields import json_object
from ingest.source_format import MAX_NAME, Decoder, Head, Layout, ReadOptions, Row, RowRejected

_MARKS: Final = frozenset(("billingaccountid", "usagestarttime", "cost"))
_SERVICE_MARKS: Final = frozenset(("service", "servicedescription", "serviceid"))

#: Records and lists that CSV and Parquet may hold as JSON text.
_RECORDS: Final = frozenset(
    (
        *("service", "sku", "project", "location", "resource", "invoice", "usage", "price"),
        *("adjustmentinfo", "subscription", "consumptionmodel"),
    )
)
#: By precedence: the tags of a resource win over those of its project.
_TAGS: Final = ("projectlabels", "systemlabels", "tags", "labels")
_MAX_CREDITS: Final = 1000
_DEPTH: Final = 4

_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "sub_account_id": ("projectid", "projectnumber"),
    "sub_account_name": ("projectname",),
    "service_name": ("servicedescription", "serviceid"),
    "sku_id": ("skuid",),
    "sku_meter": ("skudescription",),
    "resource_id": ("resourceglobalname", "resourcename"),
    "resource_name": ("resourcename",),
    "region_id": ("locationregion", "locationlocation"),
}
_READ: Final = frozenset(
    (
        *("billingaccountid", "cost", "costatlist", "currency", "costtype", "credits"),
        *("invoicemonth", "usagestarttime", "usageendtime", "usageamount", "usageunit"),
        *("usageamountinpricingunits", "usagepricingunit", "priceeffectiveprice", "sellername"),
        *_TAGS,
        *(key for keys in _TEXTS.values() for key in keys),
    )
)
_CATEGORIES: Final[Mapping[str, ChargeCategory]] = {
    "": "Usage",
    "regular": "Usage",
    "tax": "Tax",
    "adjustment": "Adjustment",
    "rounding_error": "Adjustment",
}
#: Credits that lower the price for everybody who agreed on it, and those that a commitment earns:
#: the first are in the contracted cost, neither is in the list cost. All others are gifts.
_NEGOTIATED: Final = frozenset(
    ("SUSTAINED_USAGE_DISCOUNT", "DISCOUNT", "SUBSCRIPTION_BENEFIT", "RESELLER_MARGIN")
)
_COMMITTED: Final = ("COMMITTED_USAGE_DISCOUNT", "FEE_UTILIZATION_OFFSET")
_GOOGLE: Final = "Google Cloud"
_ZERO: Final = Decimal(0)


class GcpBilling(BillFormat):
    """A charge a row, and one for each of its credits; the invoice month is the billing period."""

    name: str = "gcp-billing"
    layouts: tuple[Layout, ...] = ("json_lines", "json_document", "csv", "parquet")

    def identify(self, head: Head) -> bool:
        """Know the export by account, start and cost, beside a service."""
        keys = keys_of(head)
        return keys >= _MARKS and not keys.isdisjoint(_SERVICE_MARKS)

    def decoder(self, options: ReadOptions) -> Decoder:
        """Make the decoder; ValueError for settings that a bill does not take."""
        return _decoder(checked_settings(options), options)


def _decoder(settings: Texts, options: ReadOptions) -> Decoder:
    instants, names = Instants(), Names()
    account = settings.get(ACCOUNT) or options.source

    def decode(row: Row) -> Sequence[ChargeRecord]:
        values = Flat(json_object(row.raw) if row.fields is None else row.fields)
        charge = _charge(values, instants, names, settings)
        charge.billing_account_id = charge.billing_account_id or account
        return [charge, *_credits(values, charge)]

    return decode


def _charge(values: Flat, instants: Instants, names: Names, settings: Texts) -> ChargeRecord:
    kind = text_of(values.get("costtype")).strip().lower()
    start = instants.required(values.get("usagestarttime"), "usage_start_time")
    cost = amount(values.get("cost"), "cost")
    pricing_unit = names[text_of(values.get("usagepricingunit"))]
    return ChargeRecord(
        billing_account_id=names[text_of(values.get("billingaccountid"))] or "",
        billing_period=invoice_month(_month(values, start), "invoice.month"),
        billing_currency=currency_of(text_of(values.get("currency")), settings, "currency"),
        charge_period_start=start,
        charge_period_end=max(
            instants.read(values.get("usageendtime"), "usage_end_time") or start, start
        ),
        billed_cost=cost,
        effective_cost=cost,
        list_cost=amount(values.get("costatlist"), "cost_at_list"),
        contracted_cost=cost,
        charge_category=_category(kind, values),
        charge_class=CORRECTION if kind == "adjustment" else None,
        charge_description=description(text_of(values.get("skudescription"))),
        service_provider_name=names[text_of(values.get("sellername"))] or _GOOGLE,
        host_provider_name=_GOOGLE,
        invoice_issuer_name=_GOOGLE,
        pricing_quantity=amount(values.get("usageamountinpricingunits"), "usage.amount"),
        pricing_unit=pricing_unit,
        consumed_quantity=amount(values.get("usageamount"), "usage.amount"),
        consumed_unit=names[text_of(values.get("usageunit"))],
        contracted_unit_price=amount(values.get("priceeffectiveprice"), "price.effective_price"),
        tags=_tags(values),
        extra=_others(values, kind),
        **_texts(values, names),
    )


def _month(values: Flat, start: datetime) -> str:
    """Give the invoice month; a row that has not been assigned one yet is of its own month."""
    return text_of(values.get("invoicemonth")).strip() or f"{start:%Y%m}"


def _category(kind: str, values: Flat) -> ChargeCategory:
    """Tell the fee of a commitment from usage: only its SKU says so."""
    if kind in {"", "regular"} and text_of(values.get("skudescription")).startswith("Commitment"):
        return "Purchase"
    return _CATEGORIES.get(kind, "Adjustment")


def _texts(values: Flat, names: Names) -> dict[str, Any]:
    found = {}
    for field, keys in _TEXTS.items():
        texts = (names[text_of(values.get(key))] for key in keys)
        found[field] = next((text for text in texts if text), None)
    return found


# --- credits --------------------------------------------------------------------------------


def _credits(values: Flat, usage: ChargeRecord) -> Iterator[ChargeRecord]:
    """Make a charge of each credit; it pays for what its row pays for, but counts no usage."""
    for credit in _credit_list(values.get("credits")):
        money = amount(credit.get("amount"), "credits.amount")
        if money is None:
            continue
        kind = text_of(credit.get("type")).strip().upper()
        committed = kind.startswith(_COMMITTED)
        told = credit.get("full_name") or credit.get("name") or kind
        yield ChargeRecord(
            billing_account_id=usage.billing_account_id,
            billing_period=usage.billing_period,
            billing_currency=usage.billing_currency,
            charge_period_start=usage.charge_period_start,
            charge_period_end=usage.charge_period_end,
            billed_cost=money,
            effective_cost=money,
            list_cost=_ZERO if committed or kind in _NEGOTIATED else money,
            contracted_cost=_ZERO if committed else money,
            charge_category="Credit",
            charge_class=usage.charge_class,
            charge_description=description(text_of(told)),
            sub_account_id=usage.sub_account_id,
            sub_account_name=usage.sub_account_name,
            service_provider_name=usage.service_provider_name,
            host_provider_name=usage.host_provider_name,
            invoice_issuer_name=usage.invoice_issuer_name,
            service_name=usage.service_name,
            sku_id=usage.sku_id,
            sku_meter=usage.sku_meter,
            resource_id=usage.resource_id,
            resource_name=usage.resource_name,
            region_id=usage.region_id,
            commitment_discount_id=text_of(credit.get("id"))[:MAX_NAME] if committed else None,
            tags=usage.tags,
            extra=_credit_words(credit, kind),
        )


def _credit_words(credit: Mapping[str, Any], kind: str) -> dict[str, str]:
    words = {"credit.type": kind, "credit.id": text_of(credit.get("id"))}
    return {key: text[:MAX_NAME] for key, text in words.items() if text}


def _credit_list(value: Any) -> list[Mapping[str, Any]]:
    """Give the credits of a row. Rejects what cannot be read: it may not go missing."""
    if is_null(value):
        return []
    found = json_of(value) if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise RowRejected("credits is not a list of credits", "credits")
    if len(found) > _MAX_CREDITS:
        raise RowRejected(f"credits has more than {_MAX_CREDITS} credits", "credits")
    return found


# --- nested values --------------------------------------------------------------------------


class Flat(dict[str, Any]):
    """A row's values by the key of their path: ``service.description`` → servicedescription.

    ``others`` are those that no charge has a field for, under the path itself.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__()
        self.others: dict[str, Any] = {}
        self._take(values, "", _DEPTH)

    def _take(self, values: Mapping[str, Any], before: str, depth: int) -> None:
        for name, told in values.items():
            path = f"{before}{name}"
            key = _key(path)
            is_text = isinstance(told, str) and key in _RECORDS and told[:1] == "{"
            value = json_of(told) if is_text else told
            if isinstance(value, Mapping) and key not in _TAGS and depth:
                self._take(value, f"{path}.", depth - 1)
            elif key in _READ:
                self[key] = value
            else:
                self.others[path] = value


_key: Final[Callable[[str], str]] = lru_cache(maxsize=10_000)(column_key)


def _tags(values: Flat) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for key in _TAGS:
        if values.get(key):
            found |= flat_tags(values[key]) or {}
    return found or None


def _others(values: Flat, kind: str) -> dict[str, str] | None:
    """Keep what else the row says: exchange rate, adjustment, price, time of the export."""
    found = {"cost_type": kind} if kind else {}
    for path, value in islice(values.others.items(), MAX_EXTRA):
        if not is_null(value) and is_storable_key(path):
            found[path[:MAX_NAME]] = text_of(value).replace("\x00", "")[:MAX_NAME]
    return found or None
