"""What happens after money was spent: budgets and caps are looked at, and people are told."""

from __future__ import annotations

from datetime import datetime

from finops.alerts.raising import raise_due
from finops.budgets.evaluate import evaluate_due
from finops.caps.check import check_caps


def watch(now: datetime) -> int:
    """Evaluate the budgets that were touched, hold new runs against caps, and raise alerts.

    Gives how many alerts were raised.

    Each step commits by itself and finds its own work, so that a worker which dies between two of
    them leaves nothing undone: the next one goes on.
    """
    evaluate_due(now)
    check_caps(now)
    return raise_due(now)
