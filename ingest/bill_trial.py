"""Look into a bill before it is imported: what it comes to, how far it reaches, its score.

Read as the import would, up to a bound; nothing of it is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from finops.domain.charge import CHARGE_COSTS, ChargeRecord
from finops.domain.money import exact_sum
from finops.domain.periods import zone_named
from finops.models import Source
from ingest.formats import format_named, format_of_mapping, recognise
from ingest.models import Import
from ingest.readers import open_source
from ingest.source_format import Head, ImportFailed, ReadOptions, Row, RowRejected, SourceFormat

#: Rows that are read before somebody decides; a larger file is told of by its first ones.
TRIED: Final = 20_000
#: Rejected rows and bills that are told one by one.
SHOWN: Final = 20


@dataclass
class Totals:
    """What charges of one currency add up to: each cost, and how many rows do not say it."""

    rows: int = 0
    costs: dict[str, Decimal | None] = field(default_factory=lambda: dict.fromkeys(CHARGE_COSTS))
    missing: Counter[str] = field(default_factory=Counter)

    def add(self, charge: ChargeRecord) -> None:
        """Count a charge."""
        self.rows += 1
        for name in CHARGE_COSTS:
            amount: Decimal | None = getattr(charge, name)
            if amount is None:
                self.missing[name] += 1
            else:
                self.costs[name] = exact_sum((self.costs[name] or Decimal(0), amount))


@dataclass
class BillTrial:
    """What the first rows of a bill say: ``rows = accepted + skipped + rejected``.

    ``is_whole`` when these are all rows. ``bills`` counts charges by account and billing period.
    ``score`` as in ``BillSnapshot``; empty where the format has no rules.
    """

    format: str
    rows: int = 0
    accepted: int = 0
    skipped: int = 0
    is_whole: bool = True
    totals: dict[str, Totals] = field(default_factory=dict)
    bills: Counter[tuple[str, date]] = field(default_factory=Counter)
    first_day: date | None = None
    last_day: date | None = None
    rejected_rows: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)
    score: Mapping[str, Any] = field(default_factory=dict)

    def add(self, charge: ChargeRecord) -> None:
        """Count a charge."""
        self.totals.setdefault(charge.billing_currency, Totals()).add(charge)
        self.bills[charge.billing_account_id, charge.billing_period] += 1
        day = charge.charge_period_start.date()
        self.first_day = min(self.first_day or day, day)
        self.last_day = max(self.last_day or day, day)

    def reject(self, line: int, reason: str) -> None:
        """Count a row that cannot be read."""
        self.rejected_rows += 1
        if len(self.rejected) < SHOWN:
            self.rejected.append((line, reason))


def kind_of(path: str, *, options: Mapping[str, Any]) -> str:
    """Say whether a file holds ``usage`` or ``billing``; empty when nobody knows its format.

    ``options`` are those of its import: a format or a mapping that was named decides.
    """
    if name := options.get("format"):
        return format_named(name).kind
    if mapping := options.get("mapping"):
        return format_of_mapping(mapping).kind
    try:
        with open_source(path) as opened:
            return recognise(opened.head).kind
    except (ImportFailed, OSError):
        return ""


def try_bill(job: Import) -> BillTrial:
    """Read the start of a bill as its import would. Raises ImportFailed or OSError."""
    with open_source(job.path) as opened:
        form = _format(job, opened.head)
        decode = form.decoder(_options(job, form, opened.head))
        trial = BillTrial(form.name)
        for row in islice(opened.rows(), TRIED + 1):
            if trial.rows == TRIED:
                trial.is_whole = False
                break
            trial.rows += 1
            _try_row(trial, decode, row)
    trial.score = getattr(decode, "score", dict)()
    return trial


def _format(job: Import, head: Head) -> SourceFormat:
    if name := job.options.get("format"):
        return format_named(name)
    if mapping := job.options.get("mapping"):
        return format_of_mapping(mapping)
    return recognise(head)


def _options(job: Import, form: SourceFormat, head: Head) -> ReadOptions:
    name = job.options.get("source") or form.name
    source = Source.objects.filter(name=name).first()
    told = zone_named(source.time_zone) if source and source.time_zone else None
    return ReadOptions(
        now=job.created_at,
        source=name,
        defaults=job.options.get("set") or {},
        time_zone=told or form.time_zone,
        mapping=job.options.get("mapping"),
        first=head.first,
    )


def _try_row(trial: BillTrial, decode: Any, row: Any) -> None:
    if not isinstance(row, Row):
        trial.reject(row.line, row.reason)
        return
    try:
        charges = decode(row)
    except RowRejected as rejected:
        trial.reject(row.line, rejected.reason)
        return
    if not charges:
        trial.skipped += 1
        return
    trial.accepted += 1
    for charge in charges:
        trial.add(charge)
