"""AWS cost and usage reports: CUR 2.0 (``line_item_…``) and legacy CUR (``lineItem/…``).

Both have the same columns under two spellings. CUR 2.0 holds tags, product and discounts in maps;
legacy CUR has a column for each, and its columns change from month to month.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from finops.domain.charge import CORRECTION, ChargeCategory, ChargeRecord
from ingest.billing_fields import Amounts, Tags, description, flat_tags, is_null
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
from ingest.billing_times import Instants, month_of
from ingest.cur_amounts import AMOUNTS, COMMITTED, DISCOUNTS, FEES, USAGE, Figures
from ingest.fields import MAX_TAG
from ingest.source_format import MAX_NAME, Head, Layout, ReadOptions

#: Columns that every choice of columns must hold for a row to be a charge.
_MARKS: Final = frozenset(("lineitemlineitemtype", "lineitemusagestartdate"))
_COST_MARKS: Final = frozenset(("lineitemunblendedcost", "lineitemnetunblendedcost"))

_TEXTS: Final[Fields] = {
    "billing_account_name": ("billpayeraccountname",),
    "sub_account_id": ("lineitemusageaccountid",),
    "sub_account_name": ("lineitemusageaccountname",),
    "invoice_id": ("billinvoiceid",),
    "sku_meter": ("lineitemusagetype",),
    "sku_price_id": ("pricingratecode", "pricingrateid"),
    "resource_id": ("lineitemresourceid",),
    "pricing_unit": ("pricingunit",),
    "principal_id": ("lineitemiamprincipal",),
}
_FIELDS: Final[Fields] = {
    "id": ("identitylineitemid",),
    "interval": ("identitytimeinterval",),
    "account": ("billpayeraccountid",),
    "period": ("billbillingperiodstartdate",),
    "start": ("lineitemusagestartdate",),
    "end": ("lineitemusageenddate",),
    "type": ("lineitemlineitemtype",),
    "currency": ("lineitemcurrencycode", "pricingcurrency"),
    "cost": ("lineitemunblendedcost",),
    "net_cost": ("lineitemnetunblendedcost",),
    "public_cost": ("pricingpublicondemandcost",),
    "public_rate": ("pricingpublicondemandrate",),
    "rate": ("lineitemunblendedrate",),
    "quantity": ("lineitemusageamount",),
    "term": ("pricingterm",),
    "description": ("lineitemlineitemdescription",),
    "issuer": ("billinvoicingentity",),
    "product_code": ("lineitemproductcode",),
    "product_name": ("productproductname", "productservicename"),
    "product": ("product",),
    "sku": ("productsku",),
    "region": ("productregioncode", "productregion"),
    "tags": ("resourcetags", "tags"),
    "cost_category": ("costcategory",),
    "plan": ("savingsplansavingsplanarn",),
    "plan_cost": ("savingsplansavingsplaneffectivecost",),
    "plan_net_cost": ("savingsplannetsavingsplaneffectivecost",),
    "plan_commitment": ("savingsplantotalcommitmenttodate",),
    "plan_used": ("savingsplanusedcommitment",),
    "reservation": ("reservationreservationarn",),
    "reserved_cost": ("reservationeffectivecost",),
    "reserved_net_cost": ("reservationneteffectivecost",),
    "unused_upfront": ("reservationunusedamortizedupfrontfeeforbillingperiod",),
    "unused_net_upfront": ("reservationnetunusedamortizedupfrontfeeforbillingperiod",),
    "unused_fee": ("reservationunusedrecurringfee",),
    "unused_net_fee": ("reservationnetunusedrecurringfee",),
}
#: A refund does not say what it refunds, so it is a credit, as discounts are.
_CATEGORIES: Final[Mapping[str, ChargeCategory]] = {
    **dict.fromkeys(USAGE, "Usage"),
    **dict.fromkeys(FEES, "Purchase"),
    **dict.fromkeys((*DISCOUNTS, "Credit", "Refund"), "Credit"),
    "Tax": "Tax",
}
_FREQUENCIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(USAGE, "Usage-Based"),
    **dict.fromkeys(("RIFee", "SavingsPlanRecurringFee"), "Recurring"),
    **dict.fromkeys(("Fee", "SavingsPlanUpfrontFee", "Credit", "Refund"), "One-Time"),
}
_TERMS: Final = {"OnDemand": "Standard", "Reserved": "Committed", "Spot": "Dynamic"}

_AWS: Final = "AWS"
#: Columns that hold one tag each; of the first two, people's own keys lose their mark.
_TAG_COLUMNS: Final = ("resourceTags/", "resource_tags_", "costCategory/", "iamPrincipal/")
_COST_CATEGORY: Final = "costCategory/"


class AwsCur(BillFormat):
    """One charge a row: unblended cost is billed, amortised cost effective, net of discounts."""

    name: str = "aws-cur"
    layouts: tuple[Layout, ...] = ("csv", "parquet")

    def identify(self, head: Head) -> bool:
        """Know reports by line item type, start and a cost, in either spelling."""
        keys = keys_of(head)
        return keys >= _MARKS and not keys.isdisjoint(_COST_MARKS)

    def decoder(self, options: ReadOptions) -> ColumnDecoder:
        """Make the decoder; ValueError for settings that a bill does not take."""
        settings = checked_settings(options)
        return ColumnDecoder(lambda first: _plan(tuple(first), settings, options), options.first)


def _plan(headers: Sequence[str], settings: Texts, options: ReadOptions) -> Plan:
    legacy = any("/" in header for header in headers)
    columns = Columns(headers, _FIELDS, _TEXTS, dropped=_is_tag)
    amounts = {field: Amounts(field) for field in AMOUNTS}
    instants, tags_of, product_of = Instants(), _tags_reader(headers), Tags()
    account = settings.get(ACCOUNT) or options.source

    def read(row: Texts) -> tuple[ChargeRecord]:
        cells, names = columns.read(row), columns.names(row)
        kind = cells["type"].strip()
        figures = Figures(cells, amounts, kind)
        start = instants.required(cells["start"], "line_item_usage_start_date")
        end = instants.read(cells["end"], "line_item_usage_end_date") or start
        period = instants.read(cells["period"], "bill_billing_period_start_date") or start
        product = product_of[cells["product"]] or {}
        charge = ChargeRecord(
            billing_account_id=(
                columns.name(cells["account"]) or names.get("sub_account_id") or account
            ),
            billing_period=month_of(period),
            billing_currency=currency_of(cells["currency"], settings, "line_item_currency_code"),
            charge_period_start=start,
            charge_period_end=max(end, start),
            billed_cost=figures.billed,
            effective_cost=figures.effective,
            list_cost=figures.of("public_cost"),
            contracted_cost=figures.contracted,
            charge_category=_CATEGORIES.get(kind, "Adjustment"),
            charge_class=_class(kind, month_of(start), month_of(period)),
            charge_description=description(cells["description"]),
            charge_frequency=_FREQUENCIES.get(kind),
            service_provider_name=_AWS,
            host_provider_name=_AWS,
            invoice_issuer_name=columns.name(cells["issuer"]) or _AWS,
            # Products of the Marketplace have codes that say nothing.
            service_name=(
                columns.name(cells["product_name"] or product.get("product_name", ""))
                or columns.name(cells["product_code"])
            ),
            sku_id=columns.name(cells["sku"] or product.get("sku", "")),
            region_id=columns.name(cells["region"] or product.get("region", "")),
            pricing_category="Committed" if kind in COMMITTED else _TERMS.get(cells["term"]),
            pricing_quantity=figures.of("quantity"),
            consumed_quantity=figures.of("quantity") if kind in USAGE else None,
            consumed_unit=names.get("pricing_unit") if kind in USAGE else None,
            list_unit_price=figures.of("public_rate"),
            contracted_unit_price=figures.of("rate"),
            commitment_discount_id=columns.name(cells["plan"] or cells["reservation"]),
            commitment_discount_status=figures.commitment_status,
            line_item_id=_line_item_id(cells),
            tags=tags_of(row, cells),
            extra={"lineItemType": kind, **(columns.others(row) or {})},
            **names,
        )
        return (charge,)

    return Plan("CUR legacy" if legacy else "CUR 2.0", read)


def _class(kind: str, started: date, billed: date) -> str | None:
    """Tell refunds and credits for a month that had been billed from those for this one."""
    return CORRECTION if kind in {"Refund", "Credit"} and started < billed else None


def _line_item_id(cells: Cells) -> str | None:
    """Ids come again every hour; only with the interval do they name one line of one report."""
    return f"{cells['id']} {cells['interval']}".strip()[:MAX_NAME] or None


# --- tags -----------------------------------------------------------------------------------


def _is_tag(header: str) -> bool:
    return header.startswith(_TAG_COLUMNS)


def _tags_reader(headers: Sequence[str]) -> Callable[[Texts, Cells], dict[str, str] | None]:
    """Plan where tags stand: in maps, or in a column each."""
    single = {header: _tag_of_column(header) for header in headers if _is_tag(header)}

    def read(row: Texts, cells: Cells) -> dict[str, str] | None:
        found = _tags_of_maps(cells["tags"], cells["cost_category"])
        own = {
            key: row[header][:MAX_TAG] for header, key in single.items() if not is_null(row[header])
        }
        return (found or {}) | own if own else found

    return read


@lru_cache(maxsize=10_000)
def _tags_of_maps(tags: str, categories: str) -> dict[str, str] | None:
    """Read both maps, each pair of spellings once; what shares them shares one dict."""
    found = {_tag_key(key): value for key, value in (flat_tags(tags) or {}).items()}
    for key, value in (flat_tags(categories) or {}).items():
        found[f"{_COST_CATEGORY}{key}"] = value
    return found or None


def _tag_of_column(header: str) -> str:
    for mark in _TAG_COLUMNS[:2]:
        if header.startswith(mark):
            return _tag_key(header.removeprefix(mark))
    return header


def _tag_key(key: str) -> str:
    """Take the mark of people's own tags off; those of AWS and of principals keep theirs."""
    for mark in ("user:", "user_"):
        if key.startswith(mark) and len(key) > len(mark):
            return key.removeprefix(mark)
    return f"aws:{key[4:]}" if key.startswith("aws_") else key
