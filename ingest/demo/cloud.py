"""What the cloud charges the demo company: rows of a cost and usage report.

For what runs beside the models: a node with GPUs, a vector store, storage, traffic, logs. Tags say
whose it is where somebody has set them; the contract's discount and the tax are rows of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import plain
from finops.domain.periods import next_month
from ingest.demo.bill_rows import DAY, Month, Row, instant


class Running(NamedTuple):
    """Something that runs in the cloud all day: its units a day, at a rate, for whom."""

    code: str
    product: str
    usage_type: str
    resource: str
    units: int
    rate: Decimal
    unit: str = "Hrs"
    tags: Mapping[str, str] = {}
    discounted: bool = False


_SHARED: Final = {"user_cost_center": "ml-platform"}
#: What the cloud charges for. Tags say whose it is where somebody has set them.
CLOUD: Final = (
    Running(
        *("AmazonEC2", "Amazon Elastic Compute Cloud", "BoxUsage:g5.12xlarge"),
        *("i-0larkmoor-extract", 24, Decimal("5.672")),
        tags=_SHARED,
        discounted=True,
    ),
    Running(
        *("AmazonES", "Amazon OpenSearch Service", "USE1-SearchOCU"),
        *("arn:aws:aoss:us-east-1:222233334444:collection/vector-handbook", 48, Decimal("0.24")),
        unit="OCU-Hours",
        tags=_SHARED,
    ),
    Running(
        *("AmazonES", "Amazon OpenSearch Service", "USE1-IndexingOCU"),
        *("arn:aws:aoss:us-east-1:222233334444:collection/vector-handbook", 24, Decimal("0.24")),
        unit="OCU-Hours",
        tags=_SHARED,
    ),
    Running(
        *("AmazonS3", "Amazon Simple Storage Service", "TimedStorage-ByteHrs"),
        *("larkmoor-contracts", 400, Decimal("0.023")),
        unit="GB-Mo",
        tags={"user_team": "legal-operations"},
    ),
    Running(
        *("AWSDataTransfer", "AWS Data Transfer", "DataTransfer-Out-Bytes"),
        *("larkmoor-support", 90, Decimal("0.09")),
        unit="GB",
        tags={"user_team": "customer-support"},
    ),
    Running(
        *("AmazonCloudWatch", "AmazonCloudWatch", "USE1-DataProcessing-Bytes"),
        *("larkmoor-traces", 22, Decimal("0.50")),
        unit="GB",
    ),
)
#: What the first report on a month held too much of, in dollars, and the next one took back.
RESTATED: Final = (
    (CLOUD[0], Decimal("212.40")),
    (CLOUD[1], Decimal("60.00")),
    (CLOUD[3], Decimal("40.00")),
)
_EDP: Final = Decimal("0.06")
_TAX: Final = Decimal("0.08")
_UNITS: Final = Decimal("0.000001")


def cloud_bill(month: Month, *, restated: bool) -> Iterator[Row]:
    """Give the rows of the cloud's report on a month; the first one of a restated month has more.

    Every thing runs all day; the discount of the contract is a row of its own, and so is the tax.
    """
    whole = Decimal(0)
    for day in month.days:
        for thing in CLOUD:
            row = _line(month, thing, day, Decimal(thing.units))
            whole += Decimal(row["line_item_unblended_cost"])
            yield row
            if thing.discounted:
                discount = _edp(month, thing, day)
                whole += Decimal(discount["line_item_unblended_cost"])
                yield discount
    if restated:
        for thing, cost in RESTATED:
            units = (cost / thing.rate).quantize(_UNITS)
            yield _line(month, thing, month.days[-1], units, cost=cost)
    if month.invoiced:
        yield _tax(month, whole)


def _line(
    month: Month, thing: Running, day: date, units: Decimal, *, cost: Decimal | None = None
) -> Row:
    cost = units * thing.rate if cost is None else cost
    return {
        **_reported(month, thing, day, "Usage", cost),
        "line_item_usage_amount": plain(units),
        "line_item_unblended_rate": plain(thing.rate),
        "pricing_public_on_demand_rate": plain(thing.rate),
        "pricing_public_on_demand_cost": plain(cost),
        "pricing_term": "OnDemand",
        "pricing_unit": thing.unit,
    }


def _edp(month: Month, thing: Running, day: date) -> Row:
    cost = -(thing.units * thing.rate * _EDP)
    described = "Enterprise discount, 6 %"
    row = _reported(month, thing, day, "EdpDiscount", cost)
    return {**row, "line_item_line_item_description": described}


def _tax(month: Month, whole: Decimal) -> Row:
    cost = (whole * _TAX).quantize(Decimal("0.01"))
    thing = CLOUD[0]._replace(resource="", tags={})
    return {
        **_reported(month, thing, month.first, "Tax", cost),
        "line_item_usage_type": "",
        "line_item_line_item_description": "Sales tax",
    }


def _reported(month: Month, thing: Running, day: date, kind: str, cost: Decimal) -> Row:
    ends = instant(next_month(month.first)) if kind == "Tax" else instant(day + DAY)
    return {
        "identity_line_item_id": f"{kind}-{thing.usage_type}-{thing.resource[-20:]}",
        "identity_time_interval": f"{instant(day)}/{ends}",
        "bill_payer_account_id": "111122223333",
        "bill_payer_account_name": "Larkmoor",
        "bill_billing_period_start_date": instant(month.first),
        "bill_billing_period_end_date": instant(next_month(month.first)),
        "bill_invoice_id": f"AWS-{month.name}" if month.invoiced else "",
        "bill_billing_entity": "AWS",
        "bill_invoicing_entity": "Amazon Web Services, Inc.",
        "line_item_usage_account_id": "222233334444",
        "line_item_usage_account_name": "Larkmoor production",
        "line_item_line_item_type": kind,
        "line_item_usage_start_date": instant(day),
        "line_item_usage_end_date": ends,
        "line_item_product_code": thing.code,
        "line_item_usage_type": thing.usage_type,
        "line_item_resource_id": thing.resource,
        "line_item_currency_code": "USD",
        "line_item_unblended_cost": plain(cost),
        "line_item_line_item_description": f"{thing.product} {thing.usage_type}",
        "product": json.dumps({"product_name": thing.product, "region_code": "us-east-1"}),
        "resource_tags": json.dumps(thing.tags),
    }


CUR_COLUMNS: Final = (
    *("identity_line_item_id", "identity_time_interval", "bill_payer_account_id"),
    *("bill_payer_account_name", "bill_billing_period_start_date"),
    *("bill_billing_period_end_date", "bill_invoice_id", "bill_billing_entity"),
    *("bill_invoicing_entity", "line_item_usage_account_id", "line_item_usage_account_name"),
    *("line_item_line_item_type", "line_item_usage_start_date", "line_item_usage_end_date"),
    *("line_item_product_code", "line_item_usage_type", "line_item_resource_id"),
    *("line_item_usage_amount", "line_item_currency_code", "line_item_unblended_rate"),
    *("line_item_unblended_cost", "line_item_line_item_description"),
    *("pricing_public_on_demand_rate", "pricing_public_on_demand_cost", "pricing_term"),
    *("pricing_unit", "product", "resource_tags"),
)
