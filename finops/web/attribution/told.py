"""A run over history in words and figures: where it stands, what moves, what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from finops.domain import display
from finops.models import Organization, Revaluation

#: A run's state, its chip and its icon.
STATES: Final = {
    "queued": ("Waiting", "none", "stale"),
    "running": ("Working", "none", "stale"),
    "previewed": ("Preview", "warn", "warn"),
    "applied": ("Applied", "ok", "ok"),
    "undone": ("Undone", "none", "none"),
    "failed": ("Failed", "bad", "bad"),
    "cancelled": ("Dropped", "none", "none"),
}


class _Matter(NamedTuple):
    """What a run is over: its noun, where its figures stand, and what is shown of them."""

    noun: str
    everything: str
    changed: str
    worth: str
    route: str
    dimensions: tuple[str, ...]
    #: Pairs of a measure's name in figures and its heading; the first counts rows.
    measures: tuple[tuple[str, str], ...]


_CALLS: Final = _Matter(
    "call",
    "All calls",
    "changed_calls",
    "cost_after",
    "attribution-run",
    ("team",),
    (("calls", "Calls"), ("cost", "Cost")),
)
_CHARGES: Final = _Matter(
    "charge",
    "All charges",
    "changed_charges",
    "billed",
    "charges-run",
    ("team", "feature", "customer", "workflow", "kind", "provider"),
    (("charges", "Charges"), ("billed", "Billed"), ("effective", "Effective")),
)


def told(job: Revaluation) -> dict[str, Any]:
    """Write a run for people: its state, its scope, its figures, and what can be done with it."""
    matter = _CHARGES if Revaluation.CHARGES in job.parts else _CALLS
    changed = job.preview.get(matter.changed) if job.preview else None
    return {
        "job": job,
        "route": matter.route,
        "apply_route": f"{matter.route}-apply",
        "give_up_route": f"{matter.route}-give-up",
        "undo_route": f"{matter.route}-undo",
        "noun": matter.noun,
        "state": STATES[job.state],
        "scope": _scope(job, matter),
        "is_working": job.state in {"queued", "running"},
        "progress": _progress(job, matter),
        "rows": (job.result or changed or {}).get("changed"),
        "worth": Decimal(changed[matter.worth]) if changed else None,
        "unconverted": (changed or {}).get("unconverted", 0),
        "classified_anew": (changed or {}).get("classified_anew", 0),
        "attributed_anew": (changed or {}).get("attributed_anew", 0),
        "tables": list(_tables(job.preview, matter)) if job.preview else [],
        "left_out": _left_out(job, matter),
        "can_apply": job.state == "previewed" and changed and changed["changed"] > 0,
        "can_undo": job.state == "applied",
        "passed_over": job.result.get("passed_over", 0) if job.result else 0,
    }


def _progress(job: Revaluation, matter: _Matter) -> dict[str, Any]:
    """Say how far a worker is. How much there is, is known once there is a preview."""
    done = job.resume_point
    total = job.preview["total"][f"{matter.noun}s_before"] if job.preview else None
    read = display.counted(done, matter.noun)
    if not done:
        words = "A worker takes it up within seconds."
    elif total is None:
        words = f"{read} read so far."
    elif done < total:
        words = f"{display.number(done)} of {display.counted(total, matter.noun)} read."
    else:
        words = f"{read} read. The changes are being written now, all at once."
    return {"words": words, "done": min(done, total or done), "total": total}


def _scope(job: Revaluation, matter: _Matter) -> str:
    zone = Organization.current().zone
    since, until = (
        instant and display.day(instant.astimezone(zone).date())
        for instant in (job.since, job.until)
    )
    if not since and not until:
        return matter.everything
    noun = f"{matter.noun}s".capitalize()
    return noun + (f" from {since}" if since else "") + (f" before {until}" if until else "")


def _left_out(job: Revaluation, matter: _Matter) -> str:
    """Say what closed months keep to themselves: ``12 charges of September 2026``."""
    parts = [
        f"{display.counted(rows, matter.noun)} of {date.fromisoformat(f'{month}-01'):%B %Y}"
        for month, rows in (job.preview or {}).get("left_out", {}).items()
    ]
    return ", ".join(parts)


def _tables(preview: Mapping[str, Any], matter: _Matter) -> Iterator[dict[str, Any]]:
    """Give a table for each dimension in which anything moves, with exact amounts."""
    for dimension in matter.dimensions:
        rows = [row for row in preview[f"{dimension}s"] if _moves(row, matter)]
        if rows:
            yield {
                "dimension": dimension,
                "title": f"{display.plural(dimension).capitalize()} that gain or lose",
                "headings": [
                    f"{heading} {when}"
                    for _, heading in matter.measures
                    for when in ("before", "after")
                ],
                "rows": [_row(row, dimension, matter) for row in rows],
            }


def _row(row: Mapping[str, Any], dimension: str, matter: _Matter) -> dict[str, Any]:
    cells = []
    for measure, heading in matter.measures:
        for when in ("before", "after"):
            value = row[f"{measure}_{when}"]
            amount = Decimal(value) if isinstance(value, str) else None
            is_count = isinstance(value, int)
            cells.append(
                {
                    "label": f"{heading} {when}",
                    "count": value if is_count else None,
                    "amount": amount,
                    "is_count": is_count,
                }
            )
    return {"name": row[dimension], "groups": row.get("groups"), "cells": cells}


def _moves(row: Mapping[str, Any], matter: _Matter) -> bool:
    return any(row[f"{name}_before"] != row[f"{name}_after"] for name, _ in matter.measures)
