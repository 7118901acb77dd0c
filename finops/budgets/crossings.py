"""Note the lines that are crossed: once per line and period, however often it is computed again.

What happens to a crossing, and who hears of it, is decided elsewhere (``finops.alerts``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from finops.budgets.lines import of_budgets
from finops.budgets.looking import period_on
from finops.budgets.seen import DATA, Seen
from finops.budgets.status import SEVERITY, by_lines
from finops.models import BudgetStanding, Crossing
from finops.models.budgets import RED


def cross(seen: Iterable[Seen], standings: Iterable[BudgetStanding]) -> None:
    """Note the lines that are crossed now and were not before, unless that is on record."""
    crossed = [
        (each, crossing)
        for each, standing in zip(seen, standings, strict=True)
        if _is_told(each)
        for crossing in _crossings(each, standing)
    ]
    if not crossed:
        return
    on_record = _red_on_record(crossing for _, crossing in crossed)
    # Below a red line that was crossed before, yellow is no news.
    news = [
        crossing
        for each, crossing in crossed
        if crossing.kind != Crossing.YELLOW
        or (crossing.budget_id, crossing.period_start, each.look.lines.red) not in on_record
    ]
    Crossing.objects.bulk_create(news, batch_size=500, ignore_conflicts=True)


def _is_told(seen: Seen) -> bool:
    """Say whether anybody has to hear of a crossing: of what runs, or has only just ended."""
    if seen.is_running:
        return True
    running = period_on(seen.look.budget, seen.today)
    just_ended = seen.look.period.end == running.start
    return just_ended and seen.was_watched and seen.cause == DATA


def _crossings(seen: Seen, standing: BudgetStanding) -> Iterator[Crossing]:
    look, known = seen.look, seen.known
    now = by_lines(look.facts.actual, look.lines.yellow, look.lines.red)
    was = by_lines(known.actual, known.yellow, known.red) if known else ""
    if SEVERITY[now] > SEVERITY.get(was, 0):
        yield _crossing(seen, now, line=look.lines.red if now == RED else look.lines.yellow)
    if look.judgement.too_large:
        yield _crossing(
            seen,
            Crossing.WORKFLOW_SHARE,
            line=look.lines.workflow_share,
            workflow=look.judgement.too_large.workflow,
        )
    since = standing.heading_since
    if standing.heading_for and since and since < seen.today:
        line = look.lines.red if standing.heading_for == RED else look.lines.yellow
        yield _crossing(seen, Crossing.HEADING, line=line, forecast_mid=standing.forecast_mid)


def _crossing(seen: Seen, kind: str, **facts: Any) -> Crossing:
    return Crossing(
        budget=seen.look.budget,
        period_start=seen.look.period.start,
        period_end=seen.look.period.end,
        kind=kind,
        actual=seen.look.facts.actual,
        at=seen.now,
        **facts,
    )


def _red_on_record(crossed: Iterable[Crossing]) -> set[tuple[int, date, Decimal | None]]:
    """Read which red lines of the same budgets were crossed before, and when."""
    wanted = {each.budget_id for each in crossed if each.kind == Crossing.YELLOW}
    rows = of_budgets(Crossing.objects.filter(kind=Crossing.RED), wanted) if wanted else ()
    return {(row.budget_id, row.period_start, row.line) for row in rows}
