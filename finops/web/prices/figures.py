"""Runs that price history again, and what a proposed price would do, in sentences and rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from finops.domain import display
from finops.models import Revaluation
from finops.pricing.cards import RateCard
from finops.web.prices import words

#: A run's state in words, with the chip's colour and icon.
STATES: Final = {
    "queued": ("Waiting for a worker", "stale", "stale"),
    "running": ("Under way", "stale", "stale"),
    "previewed": ("Waits for you", "warn", "warn"),
    "applied": ("Applied", "ok", "ok"),
    "undone": ("Undone", "none", "none"),
    "failed": ("Failed", "bad", "bad"),
    "cancelled": ("Given up", "none", "none"),
}
_UNDER_WAY: Final = ("queued", "running")


def effect_story(effect: Revaluation | None, card: RateCard, zone: ZoneInfo) -> str:
    """Say what a proposed price would do to the calls that are there."""
    if effect is None:
        return "No call so far falls under this price. It changes no history."
    if is_working(effect):
        return f"Working out what it changes. {_progress(effect)}"
    if not effect.preview:
        return f"What it changes could not be worked out: {effect.error or 'it was given up'}."
    since = f" since {words.boundary(card.since, zone)}" if card.since else ""
    return changes_story(effect.preview, since=since, would=True)


def changes_story(preview: dict[str, Any], *, since: str = "", would: bool) -> str:
    """Say what a run changes: calls that get a price, lose one, or change theirs."""
    figures, currency = preview["changed_calls"], preview["currency"]
    newly, lost = figures["becoming_priced"], figures["becoming_unpriced"]
    still = figures["staying_unpriced"]
    others = figures["changed"] - newly - lost - still
    parts = []
    if newly:
        amount = display.money(Decimal(figures["cost_of_newly_priced"]), currency)
        get = ("gets" if newly == 1 else "get") if would else "got"
        have = _has(newly, would=would)
        parts.append(f"{display.counted(newly, 'call')}{since} {have} no price and {get} {amount}.")
    if lost:
        verb = ("loses" if lost == 1 else "lose") if would else "lost"
        parts.append(
            f"{display.counted(lost, 'call')} {verb} {'its' if lost == 1 else 'their'} price."
        )
    if still:
        parts.append(f"{display.counted(still, 'call')} still {_has(still, would=would)} no price.")
    verb = ("changes" if others == 1 else "change") if would else "changed"
    priced = display.counted(others, "priced call")
    difference = _difference(figures, currency) if others and not lost else ""
    parts.append(f"{priced} {verb}{difference}.")
    return " ".join(parts)


def changes_prices(effect: Revaluation | None) -> bool:
    """Tell whether calls that have a price would get another one."""
    found = effect.preview.get("changed_calls") if effect else None
    return bool(found and found["changed"] > found["becoming_priced"] + found["staying_unpriced"])


def is_working(job: Revaluation) -> bool:
    """Tell whether a worker has it, or is about to."""
    return job.state in _UNDER_WAY


def run_row(job: Revaluation, zone: ZoneInfo) -> dict[str, Any]:
    """Write a run for the list of all."""
    changed = job.result or (job.preview.get("changed_calls") if job.preview else None)
    return {
        "job": job,
        "state": STATES[job.state],
        "scope": scope_words(job, zone),
        "calls": changed["changed"] if changed else None,
        "difference": _net(changed) if changed else None,
        "currency": job.preview.get("currency", "USD") if job.preview else "USD",
    }


def run_told(job: Revaluation, zone: ZoneInfo) -> dict[str, Any]:
    """Write a run for its own page."""
    told = run_row(job, zone)
    preview = job.preview
    told |= {
        "is_working": is_working(job),
        "progress": _progress(job),
        "story": changes_story(preview, would=not job.applied_at) if preview else "",
        "models": _models(preview) if preview else [],
        "total": _amounts(preview["total"]) if preview else None,
        "can_apply": job.state == "previewed" and preview["changed_calls"]["changed"] > 0,
        "can_undo": job.state == "applied",
        "can_give_up": is_working(job) or job.state == "previewed",
        "passed_over": job.result.get("passed_over", 0) if job.result else 0,
    }
    return told


def scope_words(job: Revaluation, zone: ZoneInfo) -> str:
    """Say which calls a run looks at."""
    which = "Calls without a price" if job.unpriced_only else "All calls"
    names = [", ".join(job.filters[name]) for name in ("provider", "model") if name in job.filters]
    of = f" of {' · '.join(names)}" if names else ""
    since = f" from {words.boundary(job.since, zone)}" if job.since else ""
    until = f" before {words.boundary(job.until, zone)}" if job.until else ""
    return f"{which}{of}{since}{until}"


def _has(calls: int, *, would: bool) -> str:
    return ("has" if calls == 1 else "have") if would else "had"


def _progress(job: Revaluation) -> str:
    if not job.resume_point:
        return "A worker takes it up within seconds."
    return f"{display.counted(job.resume_point, 'call')} read so far."


def _net(figures: dict[str, Any]) -> Decimal:
    return Decimal(figures["cost_after"]) - Decimal(figures["cost_before"])


def _difference(figures: dict[str, Any], currency: str) -> str:
    """Say by how much calls change that had a price and keep one."""
    net = _net(figures) - Decimal(figures["cost_of_newly_priced"])
    return f", by {display.signed_money(net, currency)}" if net else ", but not what they cost"


def _models(preview: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [
        _amounts(group) | {"name": group["model"] or f"{group['groups']:,} others"}
        for group in preview["models"]
    ]
    return [row for row in rows if row["moves"]]


def _amounts(group: dict[str, Any]) -> dict[str, Any]:
    before, after = (
        Decimal(amount) if (amount := group[f"cost_{when}"]) is not None else None
        for when in ("before", "after")
    )
    return {
        "before": before,
        "after": after,
        "difference": (after or Decimal(0)) - (before or Decimal(0)),
        "calls": group["calls_after"],
        "unpriced_before": group["unpriced_before"],
        "unpriced_after": group["unpriced_after"],
        "moves": any(
            group[f"{name}_before"] != group[f"{name}_after"]
            for name in ("cost", "calls", "unpriced")
        ),
    }
