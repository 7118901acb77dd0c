"""Azure cost and usage details: EA, MCA and pay-as-you-go, actual and amortised.

Columns are known by their English names in any case, also where a localised export has those in
parentheses behind its own. Dates are month/day/year unless the file's own billing period says
otherwise.

There is one cost column, and which cost it is depends on the data set:

``actual``     what is invoiced: billed; usage that a commitment covers costs 0 there.
``amortized``  commitments spread over what they cover: effective, and nothing else.
(unsaid)       the row decides: what no commitment touches costs the same in both.

``--set dataset=…`` says which it is, and the manifest of an amortised export does. Kept side by
side as two sources, both have to be said: an ``actual`` file then gives no effective cost, so
that nothing is counted twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from finops.domain.charge import ChargeRecord
from ingest.azure_amounts import AMOUNTS, Figures, plain, times, unit_block
from ingest.billing_fields import Amounts, Tags, column_key, description, is_null
from ingest.billing_rows import (
    ACCOUNT,
    BillFormat,
    Cells,
    ColumnDecoder,
    Columns,
    Fields,
    Plan,
    Texts,
    checked_settings,
    currency_of,
    keys_of,
)
from ingest.billing_times import DateDialect, Instants, day_period, month_of, slash_order
from ingest.source_format import Head, Layout, ReadOptions

#: What ``--set`` may say about the file.
DATASET: Final = "dataset"
DATASETS: Final = ("actual", "amortized")

_COSTS: Final = ("costinbillingcurrency", "pretaxcost", "cost")
_DATES: Final = ("date", "usagedatetime", "usagedate")
#: Together with a cost and a date, two of these make a file Azure's.
_MARKS: Final = frozenset(
    (
        *("metercategory", "meterid", "metername", "consumedservice", "instanceid"),
        *("resourcelocation", "subscriptionid", "subscriptionguid", "offerid", "additionalinfo"),
    )
)
_ENOUGH_MARKS: Final = 3

_TEXTS: Final[Fields] = {
    "billing_account_name": ("billingaccountname",),
    "sub_account_id": ("subscriptionid", "subscriptionguid"),
    "sub_account_name": ("subscriptionname",),
    "invoice_id": ("invoiceid",),
    "sku_id": ("meterid",),
    "sku_price_id": ("partnumber", "productid"),
    "resource_name": ("resourcename",),
    "region_id": ("resourcelocation", "resourcelocationnormalized", "location", "meterregion"),
    "pricing_unit": ("unitofmeasure",),
}
_FIELDS: Final[Fields] = {
    "account": ("billingaccountid", "enrollmentnumber", "billingprofileid"),
    "cost": _COSTS,
    "currency": ("billingcurrency", "billingcurrencycode", "currency", "currencycode"),
    "date": _DATES,
    "period": ("billingperiodstartdate",),
    "period_end": ("billingperiodenddate",),
    "type": ("chargetype",),
    "frequency": ("frequency",),
    "pricing": ("pricingmodel",),
    "publisher": ("publishertype",),
    "publisher_name": ("publishername",),
    "category": ("metercategory",),
    "subcategory": ("metersubcategory",),
    "meter": ("metername",),
    "service": ("consumedservice", "servicename"),
    "product": ("productname", "product"),
    "quantity": ("quantity", "usagequantity"),
    "price": ("effectiveprice", "resourcerate"),
    "unit_price": ("unitprice",),
    "list_price": ("paygprice",),
    "list_cost": ("paygcostinbillingcurrency",),
    "pricing_currency": ("pricingcurrency", "pricingcurrencycode"),
    "exchange_rate": ("exchangeratepricingtobilling", "exchangerate"),
    "tags": ("tags",),
    "reservation": ("reservationid",),
    "benefit": ("benefitid",),
    "contracted": ("contractedcost",),
    "resource": ("resourceid", "instanceid", "instancename"),
    "resource_type": ("resourcetype",),
}
_FREQUENCIES: Final = {"usagebased": "Usage-Based", "recurring": "Recurring", "onetime": "One-Time"}
_AZURE: Final = "Microsoft Azure"
_MARKETPLACE: Final = frozenset(("marketplace", "aws"))
_PROVIDER: Final = re.compile(r"/providers/([^/]+/[^/]+)/")


class AzureCosts(BillFormat):
    """One charge a row; the day is the charge period, the unit of measure a block of units."""

    name: str = "azure-costs"
    layouts: tuple[Layout, ...] = ("csv", "parquet")

    def identify(self, head: Head) -> bool:
        """Know exports by a cost, a date, and enough of Azure's own columns."""
        keys = keys_of(head)
        known = not keys.isdisjoint(_COSTS) and not keys.isdisjoint(_DATES)
        return known and len(keys & _MARKS) >= _ENOUGH_MARKS

    def decoder(self, options: ReadOptions) -> ColumnDecoder:
        """Make the decoder; ValueError for settings that a bill does not take."""
        settings = checked_settings(options, DATASET)
        if settings.get(DATASET, DATASETS[0]) not in DATASETS:
            raise ValueError(f"{DATASET} must be one of {', '.join(DATASETS)}")
        return ColumnDecoder(lambda first: _plan(first, settings, options), options.first)


def _plan(first: Texts, settings: Texts, options: ReadOptions) -> Plan:
    columns = Columns(tuple(first), _FIELDS, _TEXTS)
    amounts = {field: Amounts(field) for field in AMOUNTS}
    start = columns.read(first)
    instants = Instants(_dialect(start, options))
    tags_of, dataset = Tags(), settings.get(DATASET, "")
    account = settings.get(ACCOUNT) or options.source

    def read(row: Texts) -> tuple[ChargeRecord]:
        cells, names = columns.read(row), columns.names(row)
        kind = plain(cells["type"])
        figures = Figures(cells, amounts, kind, dataset)
        day = instants.required(cells["date"], "Date")
        period = instants.read(cells["period"], "BillingPeriodStartDate") or day
        since, until = day_period(day)
        price, block = figures.price, unit_block(names.get("pricing_unit"), cells["meter"])
        quantity = figures.of("quantity")
        charge = ChargeRecord(
            billing_account_id=(
                columns.name(cells["account"]) or names.get("sub_account_id") or account
            ),
            billing_period=month_of(period),
            billing_currency=currency_of(cells["currency"], settings, "BillingCurrency"),
            charge_period_start=since,
            charge_period_end=until,
            billed_cost=figures.billed,
            effective_cost=figures.effective,
            list_cost=figures.list_cost,
            contracted_cost=figures.contracted_cost,
            charge_category=figures.category,
            charge_description=description(cells["product"]),
            charge_frequency=_FREQUENCIES.get(plain(cells["frequency"])),
            service_provider_name=_seller(cells, columns),
            host_provider_name=_AZURE,
            invoice_issuer_name="Microsoft",
            # Azure writes the same id in several cases.
            resource_id=columns.name(cells["resource"].lower()),
            resource_type=columns.name(cells["resource_type"] or _type_of(cells["resource"])),
            service_name=columns.name(cells["category"]) or columns.name(cells["service"]),
            service_subcategory=columns.name(cells["subcategory"]),
            sku_meter=columns.name(cells["meter"]),
            pricing_category=figures.pricing_category,
            pricing_quantity=quantity,
            consumed_quantity=times(quantity, block.size),
            consumed_unit=block.unit,
            list_unit_price=figures.of("list_price"),
            contracted_unit_price=price,
            commitment_discount_id=columns.name(cells["benefit"] or cells["reservation"]),
            commitment_discount_status=figures.commitment_status,
            tags=tags_of[cells["tags"]],
            extra=_extra(cells, columns.others(row)),
            **names,
        )
        return (charge,)

    return Plan(_schema(tuple(first)), read)


def _dialect(first: Cells, options: ReadOptions) -> DateDialect:
    """Settle how the file writes dates: as its billing period shows, else month first."""
    order = slash_order(first["period"], first["period_end"])
    return DateDialect(zone=options.time_zone or BillFormat.time_zone, slash=order or "month")


def _schema(headers: Sequence[str]) -> str:
    keys = set(map(column_key, headers))
    if "costinbillingcurrency" not in keys:
        return "Azure pay-as-you-go"
    return "Azure MCA" if "pricingcurrency" in keys else "Azure EA"


def _seller(cells: Cells, columns: Columns) -> str | None:
    """Give who sells the service: of the Marketplace, its publisher."""
    if cells["publisher"].strip().lower() in _MARKETPLACE:
        return columns.name(cells["publisher_name"]) or _AZURE
    return _AZURE


@lru_cache(maxsize=10_000)
def _type_of(resource: str) -> str:
    """Take the type out of ``…/providers/Microsoft.CognitiveServices/accounts/name``."""
    match = _PROVIDER.search(resource.lower())
    return match[1] if match else ""


def _extra(cells: Cells, kept: dict[str, str] | None) -> dict[str, str] | None:
    """Keep, beside the other columns, the words that had to be put into FOCUS's."""
    words = {
        "ChargeType": cells["type"],
        "PricingModel": cells["pricing"],
        "ConsumedService": cells["service"],
        "PublisherType": cells["publisher"],
    }
    return {key: text for key, text in words.items() if not is_null(text)} | (kept or {}) or None
