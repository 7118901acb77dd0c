"""Small FOCUS bills as files, and their import."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

from ingest.models import Import
from tests.finops.ledger.usage import import_bytes

_COLUMNS = (
    *("BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodStart"),
    *("BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ChargeClass"),
    *("ChargeDescription", "BilledCost", "EffectiveCost", "ListCost", "ContractedCost"),
    *("InvoiceIssuerName", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName"),
    *("PricingQuantity", "PricingUnit", "InvoiceId", "SkuMeter", "Tags"),
)


def bill_row(day: date | str = "2026-10-05", **cells: str) -> dict[str, str]:
    """A row of FOCUS 1.2: $10 of one day, for an account called acme."""
    starts = date.fromisoformat(day) if isinstance(day, str) else day
    month = starts.replace(day=1)
    cost = cells.get("BilledCost", "10")
    told = {
        "BillingAccountId": "acme",
        "BillingAccountName": "Acme",
        "BillingCurrency": "USD",
        "BillingPeriodStart": f"{month}T00:00:00Z",
        "BillingPeriodEnd": f"{(month + timedelta(days=32)).replace(day=1)}T00:00:00Z",
        "ChargePeriodStart": f"{starts}T00:00:00Z",
        "ChargePeriodEnd": f"{starts + timedelta(days=1)}T00:00:00Z",
        "ChargeCategory": "Usage",
        "EffectiveCost": cost,
        "ListCost": cost,
        "ContractedCost": cost,
        "BilledCost": cost,
        "InvoiceIssuerName": "OpenAI",
        "ProviderName": "OpenAI",
        "PublisherName": "OpenAI",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": "OpenAI API",
        "InvoiceId": "INV-1",
        "SkuMeter": "gpt-4o, input",
    }
    return dict.fromkeys(_COLUMNS, "") | told | cells


def bill_file(*rows: dict[str, str]) -> bytes:
    """The rows as a CSV file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(_COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def bill_at(folder: Path, *rows: dict[str, str], name: str = "bill.csv") -> Path:
    """The rows as a file in a folder."""
    path = folder / name
    path.write_bytes(bill_file(*rows))
    return path


def import_bill(*rows: dict[str, str], **options: object) -> Import:
    """Import the rows as one file."""
    return import_bytes(bill_file(*rows), name="bill.csv", **options)
