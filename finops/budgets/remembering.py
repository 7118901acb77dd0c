"""Write down what was seen: standings, every change of status, and lines when they are crossed.

A standing is replaced by what is seen now. A status that became another one leaves a change, which
says what was known then. A line that is crossed leaves a crossing, once per period however often
it is computed again; what happens to it is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from finops.budgets.looking import Due, Look, day_of, period_on
from finops.budgets.outlook import ENDED, Outlook
from finops.budgets.status import SEVERITY, by_lines
from finops.domain.periods import day_start
from finops.forecast.forecast import heading_for
from finops.models import BudgetStanding, Crossing, StatusChange
from finops.models.budgets import RED
from finops.rollups.queries import reporting

_KEY: Final = ("budget", "period_start")
_BATCH: Final = 500

#: Why a status became another one.
DATA, LINES, TIME = "data", "lines", "time"

Known = Mapping[tuple[int, date], BudgetStanding]


@dataclass(frozen=True)
class Seen:
    """One look beside what was known before it; ``otherwise`` is the cause that nothing shows."""

    look: Look
    known: BudgetStanding | None
    now: datetime
    today: date
    otherwise: str

    @property
    def is_running(self) -> bool:
        """Say whether the period goes on."""
        return self.look.period.contains(self.today)

    @property
    def was_watched(self) -> bool:
        """Say whether the budget was there before the period ended."""
        if self.known is not None:
            return True
        return self.look.budget.created_at < day_start(self.look.period.end, reporting().zone)

    @property
    def cause(self) -> str:
        """Say why it stands differently from what was known: other lines, other calls, or time."""
        known, look = self.known, self.look
        if known is None:
            return self.otherwise
        if (known.yellow, known.red, known.workflow_share) != look.lines[1:]:
            return LINES
        return DATA if known.actual != look.facts.actual else self.otherwise


def known_standings(dues: Iterable[Due]) -> dict[tuple[int, date], BudgetStanding]:
    """Read what is known of some periods, by their budget's number and their first day."""
    wanted = {(due.budget.pk, due.period.start) for due in dues}
    rows = BudgetStanding.objects.filter(
        budget__in={pk for pk, _ in wanted}, period_start__in={start for _, start in wanted}
    )
    found = {(row.budget_id, row.period_start): row for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def remember(looks: Collection[Look], known: Known, now: datetime, *, otherwise: str) -> None:
    """Write what was seen over what was known; the caller holds the lock of evaluations."""
    today = day_of(now)
    seen = [
        Seen(each, known.get((each.budget.pk, each.period.start)), now, today, otherwise)
        for each in looks
    ]
    standings = [_standing(each) for each in seen]
    BudgetStanding.objects.bulk_create(
        standings,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=_KEY,
        update_fields=[
            field.name for field in BudgetStanding._meta.fields if field.name not in {"id", *_KEY}
        ],
    )
    StatusChange.objects.bulk_create(_changes(seen), batch_size=_BATCH)
    _cross(seen, standings)


# --- standings and their changes ----------------------------------------------------------------


def _standing(seen: Seen) -> BudgetStanding:
    look = seen.look
    largest = look.judgement.too_large or next(iter(look.facts.workflows), None)
    return BudgetStanding(
        budget=look.budget,
        period_start=look.period.start,
        period_end=look.period.end,
        status=look.judgement.status,
        reasons=[reason._asdict() for reason in look.judgement.reasons],
        actual=look.facts.actual,
        unpriced_calls=look.facts.unpriced_calls,
        **look.lines._asdict(),
        top_workflow=largest.workflow if largest else "",
        top_workflow_cost=largest.cost if largest else None,
        stale=look.feed.stale,
        data_to=look.feed.data_to,
        evaluated_at=seen.now,
        **(_expected(seen) if seen.is_running else {"forecast_state": ENDED}),
    )


def _expected(seen: Seen) -> dict[str, Any]:
    """Give what the period will end at: by the outlook, or as it was known before."""
    at: datetime | None = seen.now
    outlook = seen.look.outlook
    if outlook is None and seen.known is not None:
        outlook, at = _outlook_known(seen.known), seen.known.forecast_at
    if outlook is None:
        return {}
    actual, lines = seen.look.facts.actual, seen.look.lines
    heading = heading_for(actual=actual, mid=outlook.mid, yellow=lines.yellow, red=lines.red)
    return {
        "forecast_low": outlook.low,
        "forecast_mid": outlook.mid,
        "forecast_high": outlook.high,
        "forecast_state": outlook.state,
        "forecast_at": at,
        "crosses_yellow_on": _still_ahead(outlook.crosses_yellow_on, actual, lines.yellow),
        "crosses_red_on": _still_ahead(outlook.crosses_red_on, actual, lines.red),
        "heading_for": heading,
        "heading_since": _heading_since(heading, seen),
    }


def _outlook_known(known: BudgetStanding) -> Outlook | None:
    if known.forecast_at is None:
        return None
    return Outlook(
        state=known.forecast_state,
        low=known.forecast_low,
        mid=known.forecast_mid,
        high=known.forecast_high,
        crosses_yellow_on=known.crosses_yellow_on,
        crosses_red_on=known.crosses_red_on,
    )


def _still_ahead(day: date | None, actual: Decimal, line: Decimal | None) -> date | None:
    return day if line is not None and actual <= line else None


def _heading_since(heading: str, seen: Seen) -> date | None:
    if not heading:
        return None
    known = seen.known
    goes_on = known is not None and known.heading_for == heading
    return known.heading_since if goes_on and known else seen.today


def _changes(seen: Iterable[Seen]) -> list[StatusChange]:
    """Note every status that became another one, and the first of each watched period."""
    changes = []
    for each in seen:
        look, was = each.look, each.known.status if each.known else ""
        if was != look.judgement.status and each.was_watched:
            changes.append(
                StatusChange(
                    budget=look.budget,
                    period_start=look.period.start,
                    at=each.now,
                    was=was,
                    became=look.judgement.status,
                    cause=each.cause,
                    late=not each.is_running,
                    reasons=[reason._asdict() for reason in look.judgement.reasons],
                    actual=look.facts.actual,
                    yellow=look.lines.yellow,
                    red=look.lines.red,
                )
            )
    return changes


# --- crossings ----------------------------------------------------------------------------------


def _cross(seen: Iterable[Seen], standings: Iterable[BudgetStanding]) -> None:
    """Note the lines that are crossed now and were not before, unless that is on record."""
    crossed = [
        crossing
        for each, standing in zip(seen, standings, strict=True)
        if _is_told(each)
        for crossing in _crossings(each, standing)
    ]
    if not crossed:
        return
    graver = _crossed_red(crossed)
    Crossing.objects.bulk_create(
        [
            each
            for each in crossed
            if each.kind != Crossing.YELLOW or (each.budget_id, each.period_start) not in graver
        ],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )


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


def _crossed_red(crossed: Iterable[Crossing]) -> set[tuple[int, date]]:
    """Find the periods whose red line was crossed already: yellow again is no news there."""
    wanted = {each.budget_id for each in crossed if each.kind == Crossing.YELLOW}
    rows = Crossing.objects.filter(budget__in=wanted, kind=Crossing.RED) if wanted else []
    return {(row.budget_id, row.period_start) for row in rows}
