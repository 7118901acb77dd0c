"""What a delivery changed, in figures and in words: ``April restated: −$312.40 in 3 services``."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from finops.bills.comparing import Comparison, Move
from finops.domain.display import counted, money, signed_money
from finops.domain.money import exact_sum, plain
from finops.models import BillSnapshot

#: Changes that are written down one by one, of services and of teams each, per currency.
_TOLD: Final = 100


def describe(
    snapshot: BillSnapshot, replaced: BillSnapshot, comparison: Comparison, *, carried: int
) -> dict[str, Any]:
    """Write down what became of a bill, for ``BillSnapshot.diff``.

    ``{"text", "replaces": version, "covers": {"from", "to"}, "carried_rows",
    "rows": {"before", "after"}, "currencies": {currency: {"billed": {"before", "after"},
    "effective": {…}, "services": [{"name", "billed": {…}, "effective": {…}}], "teams": […],
    "untold": {"services", "teams"}}}}``, all over the days that the delivery covers, amounts as
    decimal strings, largest changes first. ``carried`` is how many rows of other days stay.
    """
    return {
        "text": in_words(snapshot, comparison, carried=carried),
        "replaces": replaced.version,
        "covers": {"from": _iso(snapshot.first_day), "to": _iso(snapshot.last_day)},
        "carried_rows": carried,
        "rows": {"before": comparison.rows(new=False), "after": comparison.rows(new=True)},
        "currencies": {
            currency: _in_currency(comparison, currency) for currency in comparison.currencies
        },
    }


def in_words(snapshot: BillSnapshot, comparison: Comparison, *, carried: int) -> str:
    """Say it in one sentence for a page or a message."""
    parts = [_change(comparison, currency) for currency in comparison.currencies]
    changes = [part for part in parts if part]
    month = f"{snapshot.billing_period:%B}"
    text = f"{month} restated: {'; '.join(changes)}" if changes else _unchanged(month, comparison)
    if carried:
        first, last = snapshot.first_day, snapshot.last_day
        stay = "stays" if carried == 1 else "stay"
        text += f". It covers {first} to {last}; {counted(carried, 'row')} of other days {stay}"
    return text


def _unchanged(month: str, comparison: Comparison) -> str:
    more = comparison.rows(new=True) - comparison.rows(new=False)
    if not more:
        return f"{month} delivered again: nothing changed"
    which = "more" if more > 0 else "fewer"
    return f"{month} restated: {counted(abs(more), f'{which} row')}, the same cost"


def _change(comparison: Comparison, currency: str) -> str:
    """Say what changed in one currency: billed where it did, else effective; empty for nothing."""
    services, teams = comparison.moves("service", currency), comparison.moves("team", currency)
    if not services and not teams:
        return ""
    total = comparison.total(currency)
    on_bill = any(move.billed for move in (*services, *teams))
    change = total.billed if on_bill else total.effective
    basis = "" if on_bill else " of effective cost"
    if not change:
        moved, between = _moved(services, teams, on_bill=on_bill)
        return f"{money(moved, currency)}{basis} moved between {between}, nothing in total"
    changed = [move for move in services if (move.billed if on_bill else move.effective)]
    where = f" in {counted(len(changed), 'service')}" if changed else ""
    return f"{signed_money(change, currency)}{basis}{where}"


def _moved(
    services: Sequence[Move], teams: Sequence[Move], *, on_bill: bool
) -> tuple[Decimal, str]:
    """Say how much went from where it was to where it is, between teams if between any."""
    moves, name = (teams, "team") if teams else (services, "service")
    changes = [move.billed if on_bill else move.effective for move in moves]
    gained = exact_sum(change for change in changes if change > 0)
    return gained, counted(sum(1 for change in changes if change), name)


def _in_currency(comparison: Comparison, currency: str) -> dict[str, Any]:
    services, teams = comparison.moves("service", currency), comparison.moves("team", currency)
    return {
        **_figures(comparison.total(currency)),
        "services": [{"name": move.name, **_figures(move)} for move in services[:_TOLD]],
        "teams": [{"name": move.name, **_figures(move)} for move in teams[:_TOLD]],
        "untold": {
            "services": max(0, len(services) - _TOLD),
            "teams": max(0, len(teams) - _TOLD),
        },
    }


def _figures(move: Move) -> dict[str, dict[str, str]]:
    return {
        "billed": {"before": plain(move.billed_before), "after": plain(move.billed_after)},
        "effective": {"before": plain(move.effective_before), "after": plain(move.effective_after)},
    }


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None
