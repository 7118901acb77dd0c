"""The few numbers on top of a page, each with its change, as components/kpi.html shows them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from finops.domain import display
from finops.domain.windows import Period

Kpi = dict[str, Any]

UP: Final = "\N{BLACK UP-POINTING TRIANGLE}"
DOWN: Final = "\N{BLACK DOWN-POINTING TRIANGLE}"


def spend_kpi(now: Decimal, before: Decimal, period: Period, currency: str) -> Kpi:
    """Give the spend of a period against the one before."""
    label = "Spend so far" if period.running else "Spend"
    return money_kpi(label, now, before, currency, note=against(period) if before else "")


def money_kpi(
    label: str,
    now: Decimal | None,
    before: Decimal | None,
    currency: str,
    *,
    note: str = "",
    unit: bool = False,
) -> Kpi:
    """Give an amount, or the cost of a unit, and how it moved; nothing before is no change."""
    kpi: Kpi = {
        "label": label,
        "value": display.money(now, currency),
        "title": display.exact_money(now, currency),
        "note": note,
    }
    if now is None or not before:
        return kpi
    moved = f"{display.money(abs(now - before), currency)} ({display.change(now, before)})"
    tone = display.tone(now, before, unit=unit)
    return kpi | {"change": _arrow(now - before, moved), "tone": tone}


def count_kpi(label: str, now: int | None, before: int | None, *, note: str = "") -> Kpi:
    """Give a count and how it moved; more of it is neither good nor bad."""
    kpi: Kpi = {"label": label, "value": display.number(now), "note": note}
    if now is None or not before:
        return kpi
    moved = display.number(abs(now - before))
    return kpi | {"change": _arrow(Decimal(now - before), moved), "tone": "flat"}


def against(period: Period) -> str:
    """Say which days the numbers are held against: ``against 1–20 Oct``."""
    return f"against {display.short_days(period.before.since, period.before.last)}"


def _arrow(difference: Decimal, words: str) -> str:
    if not difference:
        return "unchanged"
    return f"{UP if difference > 0 else DOWN} {words}"
