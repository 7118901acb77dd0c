"""Bills and calls of October 2026 at hand, and what a comparison says of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from finops.domain.charge import ChargeRecord
from finops.domain.money import plain
from finops.models import Reconciliation, ReconciliationLine
from finops.models.reconciliation import PARTS
from finops.reconciliation.computing import reconcile
from tests.finops.bills.charges import charge
from tests.finops.ledger.usage import call

OCTOBER = date(2026, 10, 1)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
#: What 1,000 tokens cost on the seeded price book: $2.50 and $10 a million.
INPUT, OUTPUT = "0.0025", "0.01"


def used(kind: str = "input", tokens: int = 1000, **fields: Any) -> dict[str, object]:
    """A call of 5 October that used one kind of token."""
    told = {"time": "2026-10-05T10:00:00Z", "input_tokens": None, "output_tokens": None}
    return call(**(told | {f"{kind}_tokens": tokens} | fields))


def billed(kind: str = "Input", tokens: str | None = "1000", **fields: Any) -> ChargeRecord:
    """A line of 5 October for tokens of gpt-4o."""
    told = {
        "day": "2026-10-05",
        "sku_price_details": {"ModelId": "gpt-4o", "TokenDirection": kind},
        "consumed_quantity": tokens,
        "consumed_unit": "Tokens",
        "billed_cost": INPUT if kind == "Input" else OUTPUT,
    }
    return charge(**(told | fields))


def october(provider: str = "openai", *, now: datetime = NOW) -> Reconciliation:
    """Work October out, and give one provider's comparison."""
    rows = reconcile(OCTOBER, now=now)
    return next(row for row in rows if row.provider == provider)


def parts(row: Reconciliation) -> dict[str, str]:
    """The parts that are something, written plainly."""
    return {part: plain(getattr(row, part)) for part in PARTS if getattr(row, part)}


def compared(
    *, status: str = "investigating", difference: str = "100", **fields: Any
) -> Reconciliation:
    """A comparison as it would be kept, without bills or calls behind it."""
    told: dict[str, Any] = {
        "provider": "openai",
        "month": OCTOBER,
        "metered": "900",
        "billed": f"{900 + int(difference)}",
        "unexplained": difference,
        "grain": "model, token kind",
        "complete": True,
        "status": status,
        "computed_status": status,
        "computed_at": NOW - timedelta(hours=1),
        "inputs_hash": "a" * 64,
    }
    return Reconciliation.objects.create(**(told | fields))


def compared_with_lines(**fields: Any) -> Reconciliation:
    """A comparison with one line of each finding, and every part."""
    row = compared(missing_logs="60", unlogged_keys="30", price="20", discount="-10", **fields)
    for finding, part in {
        "": "missing_logs",
        "unlogged_key": "unlogged_keys",
        "price": "price",
        "not_billed": "missing_logs",
    }.items():
        ReconciliationLine.objects.create(
            reconciliation=row,
            day=OCTOBER,
            credential=f"key {finding}",
            model="gpt-4o",
            token_kind="cache_write",
            metered_quantity=1000,
            billed_quantity=2000,
            metered="10",
            billed="30",
            book_price="0.000002",
            billed_price="0.000003",
            finding=finding,
            **{part: "20"},
        )
    return row


def close(month: date = OCTOBER) -> None:
    """Close a month, as finance would."""
    from finops.models import MonthClose

    MonthClose.objects.create(month=month, closed_at=timezone.now(), closed_by="Maya")


def locks_held() -> int:
    """How many advisory locks this session still holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])
