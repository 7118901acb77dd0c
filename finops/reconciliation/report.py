"""A month's comparisons as CONTRACT 6 has them, for the command and the API."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from finops.domain.money import plain
from finops.domain.periods import FIRST_YEAR, LAST_YEAR
from finops.models import Reconciliation
from finops.models.reconciliation import PARTS
from finops.months.closed import closed_months
from finops.reconciliation.settling import difference
from finops.reconciliation.states import LOCKED

_PERIOD: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


def parse_period(text: str) -> date:
    """Read ``2026-10`` as the month's first day. Raises ValueError with the expected form."""
    found = _PERIOD.fullmatch(text.strip()[:20])
    if found is None or not 1 <= int(found[2]) <= 12:
        raise ValueError(f"a period reads 2026-10, not {text[:40]!r}")
    if not FIRST_YEAR < int(found[1]) < LAST_YEAR:
        raise ValueError(f"a period lies between {FIRST_YEAR} and {LAST_YEAR}")
    return date(int(found[1]), int(found[2]), 1)


def as_json(month: date, rows: Iterable[Reconciliation]) -> dict[str, Any]:
    """Give the answer; amounts are decimal strings, null where there is no bill."""
    closed = month in closed_months()
    return {
        "period": f"{month:%Y-%m}",
        "providers": [_provider(row, closed=closed) for row in rows],
    }


def _provider(row: Reconciliation, *, closed: bool) -> dict[str, Any]:
    return {
        "provider": row.provider,
        "metered": plain(row.metered),
        "billed": _text(row.billed),
        "difference": _text(difference(row)),
        "parts": {part: plain(getattr(row, part)) for part in PARTS},
        "tax": plain(row.tax),
        "not_llm": plain(row.not_llm),
        "status": LOCKED if closed else row.status,
        "reported": _text(row.reported),
        "grain": row.grain,
        "unconverted": row.unconverted,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
