"""Bills for the benchmark: one month of hourly FOCUS 1.2 rows, as CSV and as Parquet, made once.

Shaped like a cloud's export: few accounts and services, thousands of resources with tags, most
meters repeated hour by hour; a tenth of the rows are tokens of models.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from bench.ground import Size, folder

START: Final = datetime(2026, 10, 1, tzinfo=UTC)
HOURS: Final = 31 * 24
#: Distinct resources; every one is billed hour by hour.
RESOURCES: Final = 4_000
_TEAMS: Final = ("search", "growth", "support", "platform", "data", "")
_MODELS: Final = ("NovaLite", "NovaPro", "Claude3.5Sonnet", "TitanEmbedding")
_METERS: Final = (
    ("Amazon Elastic Compute Cloud", "Compute", "BoxUsage:m6i.large", "Hours"),
    ("Amazon Elastic Compute Cloud", "Compute", "BoxUsage:p4d.24xlarge", "Hours"),
    ("Amazon Simple Storage Service", "Storage", "TimedStorage-ByteHrs", "GB-Hours"),
    ("Amazon Relational Database Service", "Databases", "InstanceUsage:db.r6g.xl", "Hours"),
    ("Amazon OpenSearch Service", "Databases", "ESInstance:r6g.large", "Hours"),
    ("AWS Data Transfer", "Networking", "DataTransfer-Out-Bytes", "GB"),
)


class _Resource(NamedTuple):
    """What the rows of one resource share."""

    cells: dict[str, str]
    price: int  # ten-billionths of a dollar per unit


def csv_file(size: Size) -> Path:
    """Give the CSV file of so many rows as the size has calls."""
    path = folder() / f"bill-{size.calls}.csv"
    if not path.exists():
        draft = path.with_suffix(".draft")
        with draft.open("w", newline="", encoding="utf-8") as out:
            rows = bill_rows(size.calls)
            first = next(rows)
            writer = csv.DictWriter(out, fieldnames=list(first), lineterminator="\n")
            writer.writeheader()
            writer.writerow(first)
            writer.writerows(rows)
        draft.replace(path)
    return path


def parquet_file(size: Size) -> Path:
    """Give the same rows as Parquet: costs as decimals, times as timestamps, the rest as text."""
    path = folder() / f"bill-{size.calls}.parquet"
    if not path.exists():
        from pyarrow import csv as arrow_csv
        from pyarrow import parquet

        draft = path.with_suffix(".draft")
        with (
            arrow_csv.open_csv(csv_file(size), convert_options=_as_text()) as blocks,
            parquet.ParquetWriter(draft, blocks.schema) as out,
        ):
            for block in blocks:
                out.write_batch(block)
        draft.replace(path)
    return path


def shared_file() -> Path:
    """Give a small bill of the month before: 200 services of nobody, and 500 teams' own charges."""
    path = folder() / "bill-shared.csv"
    month = {
        "BillingPeriodStart": "2026-09-01T00:00:00Z",
        "BillingPeriodEnd": "2026-10-01T00:00:00Z",
        "ChargePeriodStart": "2026-09-10T00:00:00Z",
        "ChargePeriodEnd": "2026-09-11T00:00:00Z",
        "InvoiceId": "INV-2026-09",
    }
    row = next(bill_rows(1)) | month
    nobody = (row | {"ServiceName": f"service {n}", "Tags": ""} for n in range(200))
    teams = (row | {"Tags": json.dumps({"team": f"team {n}"})} for n in range(500))
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, fieldnames=list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows([*nobody, *teams])
    return path


def bill_rows(count: int) -> Iterator[dict[str, str]]:
    """Yield so many rows of FOCUS, the same ones every time."""
    rng = random.Random(5)
    resources = [_resource(rng, number) for number in range(RESOURCES)]
    for number in range(count):
        resource = resources[number % RESOURCES]
        starts = START + timedelta(hours=number // RESOURCES % HOURS)
        yield resource.cells | _measured(rng, resource, starts)


def _resource(rng: random.Random, number: int) -> _Resource:
    service, category, meter, unit = rng.choice(_METERS)
    if number % 10 == 0:
        model, direction = rng.choice(_MODELS), rng.choice(("input", "output", "cache-read-input"))
        service, category = "Amazon Bedrock", "AI and Machine Learning"
        meter, unit = f"USE1-{model}-{direction}-tokens", "1K tokens"
    tags = {"team": rng.choice(_TEAMS), "cost-centre": f"cc-{number % 40}", "owner": f"o{number}"}
    account = f"2000000000{number % 25:02d}"
    cells = {
        "BillingAccountId": "100000000001",
        "BillingAccountName": "Acme production",
        "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-10-01T00:00:00Z",
        "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargeClass": "",
        "ChargeDescription": f"{meter} in us-east-1",
        "ChargeFrequency": "Usage-Based",
        "InvoiceId": "INV-2026-10",
        "InvoiceIssuerName": "Amazon Web Services",
        "ProviderName": "AWS",
        "PublisherName": "Amazon Web Services",
        "SubAccountId": account,
        "SubAccountName": f"account {account}",
        "ServiceCategory": category,
        "ServiceName": service,
        "SkuId": f"SKU{abs(hash_of(meter)) % 10**8}",
        "SkuMeter": meter,
        "SkuPriceId": f"P{number % 300}",
        "ResourceId": f"arn:aws:x:us-east-1:{account}:resource/r-{number:08x}",
        "ResourceName": f"r-{number:08x}",
        "ResourceType": category,
        "RegionId": "us-east-1",
        "PricingCategory": "Standard",
        "PricingUnit": unit,
        "ConsumedUnit": unit,
        "Tags": json.dumps({key: value for key, value in tags.items() if value}),
        "x_ServiceCode": service.replace(" ", ""),
    }
    return _Resource(cells, rng.randrange(10_000, 9_000_000_000))


def _measured(rng: random.Random, resource: _Resource, starts: datetime) -> dict[str, str]:
    quantity = rng.randrange(1, 1_000_000)  # thousandths
    cost = f"{quantity * resource.price:014d}"
    billed = f"{int(cost[:-13])}.{cost[-13:]}"
    return {
        "ChargePeriodStart": f"{starts:%Y-%m-%dT%H}:00:00Z",
        "ChargePeriodEnd": f"{starts + timedelta(hours=1):%Y-%m-%dT%H}:00:00Z",
        "ConsumedQuantity": f"{quantity / 1000:.3f}",
        "PricingQuantity": f"{quantity / 1000:.3f}",
        "ListUnitPrice": f"0.{resource.price:010d}",
        "ContractedUnitPrice": f"0.{resource.price:010d}",
        "BilledCost": billed,
        "EffectiveCost": billed,
        "ListCost": billed,
        "ContractedCost": billed,
    }


def hash_of(text: str) -> int:
    """Give a number that is the same in every process."""
    return int.from_bytes(text.encode()[-8:], "big")


def _as_text() -> object:
    """Read every column as text but costs and times, as exporters write them."""
    import pyarrow
    from pyarrow import csv as arrow_csv

    names = list(next(bill_rows(1)))
    kinds = dict.fromkeys(names, pyarrow.string())
    costs = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
    kinds |= dict.fromkeys(costs, pyarrow.decimal128(38, 14))
    return arrow_csv.ConvertOptions(column_types=kinds)
