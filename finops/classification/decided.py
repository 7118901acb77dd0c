"""How many dollars each rule decides, this month and the last."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from finops.classification.worklist import current_bills, earliest_period
from finops.domain.periods import next_month
from finops.sql import load_sql, snapshot


class Decided(NamedTuple):
    """What a rule decided: dollars billed of this month and of the last, and charges of both."""

    this_month: Decimal = Decimal(0)
    last_month: Decimal = Decimal(0)
    charges: int = 0


def decided_by_rule(today: date) -> dict[int | None, Decided]:
    """Sum up the charges of two months by the rule that decided them; None is no rule."""
    this = today.replace(day=1)
    before, after = (this - timedelta(days=1)).replace(day=1), next_month(this)
    with snapshot() as cursor:
        cursor.execute(
            load_sql("classification/decided.sql").format(),
            {
                "current": current_bills(),
                "first": earliest_period(_start(before)),
                "after": next_month(after),
                "before": _start(before),
                "since": _start(this),
                "until": _start(after),
            },
        )
        return {rule: Decided(*sums) for rule, *sums in cursor.fetchall()}


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
