"""Oracle Cloud's own cost reports (not its FOCUS ones): one CSV file every few hours.

Corrections say so, and name the line that they correct.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from finops.domain.charge import CORRECTION, ChargeRecord
from ingest.billing_fields import Amounts, description, is_null
from ingest.billing_rows import (
    ACCOUNT,
    BillFormat,
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
from ingest.fields import MAX_TAG
from ingest.source_format import Head, Layout, ReadOptions

_MARKS: Final = frozenset(("lineitemtenantid", "lineitemintervalusagestart", "costmycost"))
_TAG: Final = "tags/"
_ORACLE: Final = "Oracle Cloud Infrastructure"

_TEXTS: Final[Fields] = {
    "sub_account_id": ("productcompartmentid",),
    "sub_account_name": ("productcompartmentname",),
    "service_name": ("productservice",),
    "sku_id": ("costproductsku",),
    "sku_meter": ("productdescription",),
    "resource_id": ("productresourceid",),
    "region_id": ("productregion",),
    "pricing_unit": ("costskuunitdescription",),
    "line_item_id": ("lineitemreferenceno",),
}
_FIELDS: Final[Fields] = {
    "account": ("lineitemtenantid",),
    "start": ("lineitemintervalusagestart",),
    "end": ("lineitemintervalusageend",),
    "cost": ("costmycost",),
    "currency": ("costcurrencycode",),
    "quantity": ("usagebilledquantity",),
    "price": ("costunitprice",),
    "correction": ("lineitemiscorrection",),
}


class OciCosts(BillFormat):
    """One charge a row; the month of its usage is its billing period, for the file names none."""

    name: str = "oci-costs"
    layouts: tuple[Layout, ...] = ("csv",)

    def identify(self, head: Head) -> bool:
        """Know reports by tenant, interval and cost."""
        return keys_of(head) >= _MARKS

    def decoder(self, options: ReadOptions) -> ColumnDecoder:
        """Make the decoder; ValueError for settings that a bill does not take."""
        settings = checked_settings(options)
        return ColumnDecoder(lambda first: _plan(tuple(first), settings, options), options.first)


def _plan(headers: Sequence[str], settings: Texts, options: ReadOptions) -> Plan:
    columns = Columns(headers, _FIELDS, _TEXTS, dropped=_is_tag)
    costs, quantities, prices = Amounts("cost/myCost"), Amounts("quantity"), Amounts("price")
    tags = {header: header.removeprefix(_TAG) for header in headers if _is_tag(header)}
    instants, account = Instants(), settings.get(ACCOUNT) or options.source

    def read(row: Texts) -> tuple[ChargeRecord]:
        cells, names = columns.read(row), columns.names(row)
        start = instants.required(cells["start"], "lineItem/intervalUsageStart")
        cost, quantity = costs[cells["cost"]], quantities[cells["quantity"]]
        corrects = cells["correction"].strip().lower() == "true"
        own = {key: row[header][:MAX_TAG] for header, key in tags.items()
               if not is_null(row[header])}  # fmt: skip
        charge = ChargeRecord(
            billing_account_id=columns.name(cells["account"]) or account,
            billing_period=month_of(start),
            billing_currency=currency_of(cells["currency"], settings, "cost/currencyCode"),
            charge_period_start=start,
            charge_period_end=max(
                instants.read(cells["end"], "lineItem/intervalUsageEnd") or start, start
            ),
            billed_cost=cost,
            effective_cost=cost,
            contracted_cost=cost,
            charge_class=CORRECTION if corrects else None,
            charge_description=description(names.get("sku_meter") or ""),
            charge_frequency="Usage-Based",
            service_provider_name=_ORACLE,
            host_provider_name=_ORACLE,
            invoice_issuer_name="Oracle",
            pricing_quantity=quantity,
            consumed_quantity=quantity,
            consumed_unit=names.get("pricing_unit"),
            contracted_unit_price=prices[cells["price"]],
            tags=own or None,
            extra=columns.others(row),
            **names,
        )
        return (charge,)

    return Plan("OCI cost report", read)


def _is_tag(header: str) -> bool:
    return header.startswith(_TAG)
