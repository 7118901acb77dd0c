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
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from finops.domain.charge import ChargeCategory, ChargeRecord
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
_AMOUNTS: Final = (
    *("cost", "quantity", "price", "unit_price", "list_price", "list_cost"),
    *("exchange_rate", "contracted"),
)

#: By charge type without blanks, in small letters.
_CATEGORIES: Final[Mapping[str, ChargeCategory]] = {
    "": "Usage",
    "usage": "Usage",
    "purchase": "Purchase",
    "unusedreservation": "Usage",
    "unusedsavingsplan": "Usage",
    "tax": "Tax",
    "credit": "Credit",
}
_FREQUENCIES: Final = {"usagebased": "Usage-Based", "recurring": "Recurring", "onetime": "One-Time"}
_PRICING: Final = {
    "ondemand": "Standard",
    "spot": "Dynamic",
    "reservation": "Committed",
    "savingsplan": "Committed",
}
_UNUSED: Final = frozenset(("unusedreservation", "unusedsavingsplan"))
_AZURE: Final = "Microsoft Azure"
_MARKETPLACE: Final = frozenset(("marketplace", "aws"))
_PROVIDER: Final = re.compile(r"/providers/([^/]+/[^/]+)/")
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)


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
    amounts = {field: Amounts(field) for field in _AMOUNTS}
    start = columns.read(first)
    instants = Instants(_dialect(start, options))
    tags_of, dataset = Tags(), settings.get(DATASET, "")
    account = settings.get(ACCOUNT) or options.source

    def read(row: Texts) -> tuple[ChargeRecord]:
        cells, names = columns.read(row), columns.names(row)
        kind = _word(cells["type"])
        figures = _Figures(cells, amounts, kind, dataset)
        day = instants.required(cells["date"], "Date")
        period = instants.read(cells["period"], "BillingPeriodStartDate") or day
        since, until = day_period(day)
        price, block = figures.price, _block(cells, names.get("pricing_unit"))
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
            charge_frequency=_FREQUENCIES.get(_word(cells["frequency"])),
            service_provider_name=_seller(cells, columns),
            host_provider_name=_AZURE,
            invoice_issuer_name="Microsoft",
            # Azure writes the same id in several cases.
            resource_id=columns.name(cells["resource"].lower()),
            resource_type=columns.name(cells["resource_type"] or _type_of(cells["resource"])),
            service_name=columns.name(cells["category"]) or columns.name(cells["service"]),
            service_subcategory=columns.name(cells["subcategory"]),
            sku_meter=columns.name(cells["meter"]),
            pricing_category=_PRICING.get(_word(cells["pricing"])),
            pricing_quantity=quantity,
            consumed_quantity=None if quantity is None else quantity * block.size,
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


def _word(text: str) -> str:
    return text.replace(" ", "").replace("-", "").lower()


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


# --- amounts --------------------------------------------------------------------------------


class _Figures(NamedTuple):
    """The amounts of a row, by what its data set says the cost column is."""

    cells: Cells
    amounts: Mapping[str, Amounts]
    kind: str
    dataset: str

    def of(self, field: str) -> Decimal | None:
        return self.amounts[field][self.cells[field]]

    @property
    def category(self) -> ChargeCategory:
        """Give the category; money back for a commitment is a purchase, other refunds credit."""
        if self.kind == "refund":
            return "Purchase" if self.is_commitment else "Credit"
        return _CATEGORIES.get(self.kind, "Adjustment")

    @property
    def cost(self) -> Decimal | None:
        return self.of("cost")

    @property
    def is_covered(self) -> bool:
        """Say whether a commitment pays for this usage."""
        if self.kind not in {"", "usage"}:
            return False
        return _PRICING.get(_word(self.cells["pricing"])) == "Committed"

    @property
    def is_commitment(self) -> bool:
        """Say whether this buys a commitment, or gives money back for one."""
        told = self.cells["reservation"] or self.cells["benefit"]
        committed = _PRICING.get(_word(self.cells["pricing"])) == "Committed"
        return self.kind in {"purchase", "refund"} and (not is_null(told) or committed)

    @property
    def billed(self) -> Decimal | None:
        """Give what is invoiced, where the data set says it."""
        if self.dataset == "amortized" or self.kind in _UNUSED:
            return None
        # Covered usage is invoiced with its commitment, so a cost here is an amortised one.
        return None if self.is_covered and self.cost and not self.dataset else self.cost

    @property
    def effective(self) -> Decimal | None:
        """Give the amortised cost, where the data set says it."""
        if self.dataset == "actual":
            return None
        if self.dataset == "amortized" or self.kind in _UNUSED:
            return self.cost
        if self.is_commitment:
            return _ZERO
        return None if self.is_covered and not self.cost else self.cost

    @property
    def price(self) -> Decimal | None:
        """Give the price that was agreed on, of one unit of measure."""
        agreed = self.of("unit_price")
        return self.of("price") if agreed is None else agreed

    @property
    def list_cost(self) -> Decimal | None:
        """Give the pay-as-you-go cost; a price of 0 means that Azure knows none."""
        told = self.of("list_cost")
        return self._priced(self.of("list_price")) if told is None else told

    @property
    def contracted_cost(self) -> Decimal | None:
        """Give the cost before commitments; a 0 beside a real cost means that Azure has none."""
        told = self.of("contracted")
        return (told or None) if told is not None and self.cost else self._priced(self.price)

    def _priced(self, price: Decimal | None) -> Decimal | None:
        """Multiply out in the billing currency; None where that cannot be said exactly."""
        quantity = self.of("quantity")
        if price is None or quantity is None or (not price and self.cost):
            return None
        if self._needs_rate():
            rate = self.of("exchange_rate")
            return None if rate is None else price * quantity * rate
        return price * quantity

    def _needs_rate(self) -> bool:
        pricing, billing = self.cells["pricing_currency"], self.cells["currency"]
        return not is_null(pricing) and pricing.strip().upper() != billing.strip().upper()

    @property
    def commitment_status(self) -> str | None:
        if self.kind in _UNUSED:
            return "Unused"
        return "Used" if self.is_covered else None


# --- units ----------------------------------------------------------------------------------


class Block(NamedTuple):
    """What one unit of measure is: ``10K`` is 10,000 units, ``100 Hours`` are 100 hours."""

    size: Decimal
    unit: str | None


_UNIT: Final = re.compile(r"(\d+(?:[.,]\d+)*)?\s*([KMB](?![A-Za-z]))?\s*(.*)", re.ASCII)
_SCALES: Final = {"K": 10**3, "M": 10**6, "B": 10**9}
_UNITS: Final = "Units"
_TOKENS: Final = "Tokens"


def _block(cells: Cells, unit: str | None) -> Block:
    if unit is None:
        return Block(_ONE, None)
    size, noun = block_of(unit)
    return Block(
        size, _TOKENS if not noun and "token" in cells["meter"].lower() else noun or _UNITS
    )


@lru_cache(maxsize=4096)
def block_of(unit: str) -> tuple[Decimal, str]:
    """Take a unit of measure apart into its block size and what is counted ("" when unsaid).

    ``1K`` → 1000; ``10 Hours`` → 10, ``Hours``; ``1 GB/Month`` → 1, ``GB/Month``.
    """
    match = _UNIT.fullmatch(unit.strip())
    if match is None:
        return _ONE, unit
    number, scale, noun = match.groups()
    size = Decimal((number or "1").replace(",", "")) * _SCALES.get(scale or "", 1)
    return (size or _ONE), noun.strip()
