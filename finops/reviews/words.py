"""What a review says in words: plain text, because a frozen document is no page.

Each sentence is a function of numbers, has under twenty words and blames nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from finops.domain import display
from finops.domain.money import exact_difference
from finops.domain.windows import Period
from finops.insights.overview import Part
from finops.insights.workflow import Half
from finops.reviews.document import Reason, Tally

#: From which part of a change one workflow is said to explain it.
_MOST: Final = Decimal("0.5")
#: What moved less than this part did not move.
_NOTABLE: Final = Decimal("0.05")


def story(
    now: Decimal, before: Decimal, movers: Sequence[Part], week: Period, tally: Tally, currency: str
) -> list[str]:
    """Tell the week: what it cost against the one before, what moved it, how budgets stand."""
    sentences = [_spent(now, before, week, currency), _mover(now, before, movers, currency)]
    return [sentence for sentence in (*sentences, _budgets(tally)) if sentence]


def why(now: Half, before: Half, currency: str) -> list[Reason]:
    """Say what explains a workflow's change, as far as counts and unit costs tell."""
    if not before.all.calls:
        return [{"code": "new", "text": "It cost nothing the week before."}]
    if not now.all.calls:
        return [{"code": "quiet", "text": "It made no calls in this week."}]
    found = [_runs(now, before), _calls(now, before), _unit(now, before, currency)]
    moved = sorted((each for each in found if each), key=lambda each: -each[0])
    if not moved:
        return [{"code": "steady", "text": "Volume and unit cost moved by less than 5%."}]
    return [{"code": code, "text": text} for _, code, text in moved]


def _spent(now: Decimal, before: Decimal, week: Period, currency: str) -> str:
    days = display.days(week.window.since, week.window.last)
    spent = f"AI cost {display.money(now, currency)} on {days}"
    if not before:
        return f"{spent}."
    then = "the same days of the week before" if week.running else "the week before"
    difference = exact_difference(now, before)
    if not difference:
        return f"{spent}, as much as {then}."
    more = "more" if difference > 0 else "less"
    return f"{spent}, {display.money(abs(difference), currency)} {more} than {then}."


def _mover(now: Decimal, before: Decimal, movers: Sequence[Part], currency: str) -> str:
    whole = exact_difference(now, before)
    if not before or not movers or not movers[0].change:
        return ""
    first = movers[0]
    rose = "rose" if first.change > 0 else "fell"
    amount = display.money(abs(first.change), currency)
    if whole and first.change / whole >= _MOST:
        return f"{first.name} {rose} {amount} and explains most of it."
    return f"{first.name} moved most: it {rose} {amount}."


def _budgets(tally: Tally) -> str:
    """Say how budgets stand: ``2 budgets are red and 1 is heading for red.``"""
    parts = [
        (tally["red"], "red"),
        (tally["heading_for_red"], "heading for red"),
        (tally["yellow"], "yellow"),
    ]
    told = [(count, state) for count, state in parts if count]
    if not told:
        return "Every budget is green." if tally["green"] else ""
    (count, state), *rest = told
    be = "is" if count == 1 else "are"
    begin = f"{display.counted(count, 'budget')} {be} {state}"
    others = [f"{count} {'is' if count == 1 else 'are'} {state}" for count, state in rest]
    if not others:
        return f"{begin}."
    return f"{', '.join([begin, *others[:-1]])} and {others[-1]}."


def _runs(now: Half, before: Half) -> tuple[Decimal, str, str] | None:
    runs, earlier = now.sizes.runs, before.sizes.runs
    if not runs or not earlier:
        return _volume(now.all.calls, before.all.calls, "calls", "Calls")
    return _volume(runs, earlier, "runs", "Runs")


def _volume(now: int, before: int, code: str, noun: str) -> tuple[Decimal, str, str] | None:
    part = _part(Decimal(now), Decimal(before))
    if part is None:
        return None
    more = now > before
    change = display.change(Decimal(now), Decimal(before))
    text = (
        f"{noun} {'rose' if more else 'fell'} from {display.number(before)}"
        f" to {display.number(now)} ({change})."
    )
    return part, f"{'more' if more else 'fewer'}_{code}", text


def _calls(now: Half, before: Half) -> tuple[Decimal, str, str] | None:
    calls, earlier = now.sizes.typical_calls, before.sizes.typical_calls
    if not calls or not earlier:
        return None
    part = _part(Decimal(calls), Decimal(earlier))
    if part is None:
        return None
    text = (
        f"A typical run makes {display.counted(calls, 'call')}, {display.number(earlier)} before."
    )
    return part, f"{'more' if calls > earlier else 'fewer'}_calls_per_run", text


def _unit(now: Half, before: Half, currency: str) -> tuple[Decimal, str, str] | None:
    unit, earlier = now.all.cost_of_thousand, before.all.cost_of_thousand
    if not unit or not earlier:
        return None
    part = _part(unit, earlier)
    if part is None:
        return None
    text = (
        f"1,000 calls cost {display.money(unit, currency)}, "
        f"{display.money(earlier, currency)} before."
    )
    return part, f"{'dearer' if unit > earlier else 'cheaper'}_calls", text


def _part(now: Decimal, before: Decimal) -> Decimal | None:
    """Give by which part something moved; None when that is too little to mention."""
    part = abs(now - before) / before
    return part if part >= _NOTABLE else None
