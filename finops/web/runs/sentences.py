"""What a run's page says in words: functions of numbers, so that tests can read them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from finops.domain import display
from finops.insights.run import CALLS_KEPT, Burned, RunSeen
from finops.web.sentences import join, word

#: Letters of a run's id that a heading shows; sources may use up to 500.
_LONGEST: Final = 40
#: A run this close to the typical one costs as much.
_LEVEL: Final = Decimal("0.05")


def short(run: str) -> str:
    """Shorten an id in the middle: both ends tell runs apart."""
    if len(run) <= _LONGEST:
        return run
    half = (_LONGEST - 1) // 2
    return f"{run[:half]}…{run[-half:]}"


def headline(run: str, cost: Decimal | None, typical: Decimal | None, currency: str) -> str:
    """Say what a run cost, and against what: ``Run 8f3a cost $6.42, 3.5 times the typical run``."""
    if cost is None:
        return f"Run {short(run)} has no price"
    told = f"Run {short(run)} cost {display.money(cost, currency)}"
    if not typical:
        return told
    if abs(cost - typical) <= typical * _LEVEL:
        return f"{told}, as much as the typical run"
    if cost < typical:
        return f"{told}, {display.share(cost, typical)} of the typical run"
    return f"{told}, {display.times(cost, typical).removesuffix('×')} times the typical run"


def facts(seen: RunSeen, started: str) -> list[str]:
    """Give when it began, how many calls, how long, and how it ended."""
    told = [started, display.counted(seen.run.calls, "call")]
    if not seen.calls:
        return told
    if seen.took > timedelta(0):
        milliseconds = Decimal(str(seen.took.total_seconds())) * 1000
        told[-1] += f" in {display.duration(milliseconds)}"
    return [*told, "Completed" if seen.ended_well else "Ended with a failed call"]


def burned(seen: RunSeen, currency: str) -> list[SafeString]:
    """Say what repeats and failures took, the dearer first; nothing when they took nothing."""
    parts = (("repeated", seen.repeated), ("failed", seen.failed))
    found = sorted((pair for pair in parts if pair[1].calls), key=lambda pair: -pair[1].cost)
    return [_burned(seen, kind, part, currency) for kind, part in found]


def _burned(seen: RunSeen, kind: str, part: Burned, currency: str) -> SafeString:
    calls = f"{word(part.calls)} {kind} {'call' if part.calls == 1 else 'calls'}"
    if not part.cost:
        first = format_html("<b>{} cost nothing.</b>", calls.capitalize())
    else:
        first = format_html(
            "<b>{} ({}) went on {}.</b>",
            display.money(part.cost, currency),
            display.share(part.cost, seen.run.run_cost or part.cost),
            calls,
        )
    if not part.step or kind == "failed":
        return first
    times = seen.times_run(part.step)
    return join(first, format_html("Step “{}” ran {} times.", part.step, display.number(times)))


def expired() -> str:
    """Say why a run has no steps any more."""
    return f"Step detail is kept for {CALLS_KEPT} days. This run is older; its total remains."
