"""A rule that is being written, tried: what it would move, in dollars, and on which rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from finops.attribution.queries import rules
from finops.attribution.rules import RuleFields
from finops.domain import display
from finops.models import AttributionRule, Organization
from finops.revaluation.preview.rule import RulePreview, Window, preview_rule
from finops.revaluation.preview.tally import Amounts, Move, Side
from finops.revaluation.trial import latest_calls, try_rule

_BASES: Final = {"metered": "Metered", "billed": "Billed", "effective": "Effective cost"}


def tried(
    fields: RuleFields,
    *,
    place: int,
    replaces: AttributionRule | None = None,
    since: datetime | None = None,
) -> dict[str, Any]:
    """Try a rule at its place: in dollars as if it had always held, and within its dates.

    ``replaces`` is the stored rule that it takes over from, at ``since`` or altogether.
    """
    now, held, candidate = timezone.now(), rules(), fields.as_rule(0)
    replaced = replaces.pk if replaces else None
    always = candidate._replace(effective_from=None, effective_to=None)
    found = preview_rule(always, rules=held, place=place, replaces=replaced, now=now)
    trial = None
    if found.calls is not None and not candidate.is_of_charges:
        trial = try_rule(
            candidate, calls=latest_calls(), rules=held, place=place, replaces=replaced
        )
    within = None
    if (fields.effective_from, fields.effective_to) != (None, None):
        within = preview_rule(
            candidate, rules=held, place=place, replaces=replaced, since=since, now=now
        )
    return {"sides": list(_sides(found, within, fields)), "trial": trial}


def _sides(
    found: RulePreview, within: RulePreview | None, fields: RuleFields
) -> Iterator[dict[str, Any]]:
    pairs = (
        ("calls", found.calls, found.calls_window, within and within.calls),
        ("charges", found.charges, found.charges_window, within and within.charges),
    )
    for noun, side, window, dated in pairs:
        if side is not None and (side.rows or noun == "calls" or fields.is_of_charges):
            yield _side(noun, side, window, dated)


def _side(noun: str, side: Side, window: Window, dated: Side | None) -> dict[str, Any]:
    currency = Organization.current().currency
    return {
        "noun": noun,
        "finding": finding(noun, side, window, currency),
        "is_cut": window.is_cut,
        "facts": list(_facts(side, currency)) if side.rows else [],
        "without": side.without,
        "moved_rows": side.moved_rows,
        "waiting": _beside(side.waiting_rows, side.waiting, noun, currency),
        "left_out": _beside(side.left_out_rows, side.left_out, noun, currency),
        "dated": dated and _within(dated, currency),
        "moves": [_move(move, side) for move in side.moves],
        "headings": [_BASES[name] for name in side.bases],
    }


def _move(move: Move, side: Side) -> dict[str, Any]:
    names = (_BASES[name] for name in side.bases)
    return {**move._asdict(), "cells": list(zip(names, move.amounts, strict=True))}


def finding(noun: str, side: Side, window: Window, currency: str) -> str:
    """Say it in one sentence: ``It moves $12,340 of $56,000 of the last 30 days to search``."""
    if not window.days_read:
        return f"It took too long to read the {noun} of these days"
    days = f"the {window.days_read} days to {display.day(window.last)}"
    if not side.rows:
        return f"There are no {noun} in {days}"
    moved, total = (display.money(amounts[0], currency) for amounts in (side.moved, side.total))
    to = f" to {side.to[0]}" if len(side.to) == 1 else ""
    if not side.moved_rows:
        return f"It moves none of the {total} of {noun} of {days}"
    return f"It moves {moved} of {total} of {noun} of {days}{to}"


def _facts(side: Side, currency: str) -> Iterator[tuple[str, str]]:
    for place, name in enumerate(side.bases):
        moved, total = side.moved[place], side.total[place]
        yield (
            _BASES[name],
            (f"{display.exact_money(moved, currency)} of {display.exact_money(total, currency)}"),
        )


def _beside(rows: int, amounts: Amounts, noun: str, currency: str) -> str:
    """Write rows that are told apart from those that move: ``12 calls, $3.40``."""
    if not rows:
        return ""
    counted = display.counted(rows, noun.removesuffix("s"))
    return f"{counted}, {display.exact_money(amounts[0], currency)}"


def _within(dated: Side, currency: str) -> str:
    return display.exact_money(dated.moved[0], currency)
