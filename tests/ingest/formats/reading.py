"""Bills read by the real reader and format, without a database."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from finops.domain.charge import ChargeRecord
from ingest.formats import format_named, recognise
from ingest.readers import RejectedRow, Source, open_source
from ingest.source_format import ReadOptions, RowRejected

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SAMPLES = Path(__file__).parents[2] / "samples" / "formats"


def sample(name: str) -> Path:
    """Find a sample: ``aws-cur/bedrock`` is ``aws-cur/bedrock.input.csv``."""
    (found,) = SAMPLES.glob(f"{name}.input.*")
    return found


def read(
    what: Path | bytes, format_name: str = "", **settings: str
) -> tuple[list[ChargeRecord], list[str]]:
    """Read charges, and the reasons of rows that were rejected; the format is recognised."""
    opened = open_source(what) if isinstance(what, Path) else Source("bill", io.BytesIO(what))
    with opened:
        form = format_named(format_name) if format_name else recognise(opened.head)
        decode: Any = form.decoder(
            ReadOptions(now=NOW, source="bill", defaults=settings, first=opened.head.first)
        )
        found: list[ChargeRecord] = []
        reasons = []
        for row in opened.rows():
            if isinstance(row, RejectedRow):
                reasons.append(row.reason)
                continue
            try:
                found.extend(decode(row))
            except RowRejected as rejected:
                reasons.append(rejected.reason)
    return found, reasons


def charges(what: Path | bytes, **settings: str) -> list[ChargeRecord]:
    """Read charges of a file that has no faulty row."""
    found, reasons = read(what, **settings)
    assert not reasons
    return found


def one(what: Path | bytes, **settings: str) -> ChargeRecord:
    """Read the one charge of a file."""
    (found,) = charges(what, **settings)
    return found


def total(found: Iterable[ChargeRecord], cost: str = "billed_cost") -> Decimal:
    """Add up one of the costs; what a charge does not say counts nothing here."""
    return sum((getattr(charge, cost) or Decimal(0) for charge in found), Decimal(0))


def table(*rows: dict[str, str]) -> bytes:
    """Write rows as a CSV file whose columns are those of all rows."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "".join(",".join(map(_cell, line)) + "\n" for line in lines).encode()


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
