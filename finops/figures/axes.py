"""Axes that every figure shares: dollars from zero, days in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from finops.domain import display
from finops.rollups.question import Question


def money_axis(question: Question, largest: Decimal) -> dict[str, Any]:
    """Give an axis of amounts from 0 to about ``largest``; cents only where amounts are small."""
    return {
        "tickprefix": display.money(Decimal(0), question.currency).removesuffix("0"),
        "tickformat": ",.0f" if largest >= 10 else ",.2~f",
        "rangemode": "tozero",
        "nticks": 6,
    }


def day_axis() -> dict[str, Any]:
    """Give an axis of days: ``9 Nov``."""
    return {"type": "date", "tickformat": "%-d %b", "nticks": 8}
