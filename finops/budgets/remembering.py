"""Write down what was seen: standings, and every change of status.

A standing is replaced by what is seen now. A status that became another one leaves a change, which
says what was known then. Lines that are crossed are noted by ``crossings``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from psycopg import sql

from finops.budgets.crossings import cross
from finops.budgets.lines import of_budgets
from finops.budgets.looking import Due, Look, day_of
from finops.budgets.outlook import ENDED, Outlook
from finops.budgets.seen import Seen
from finops.forecast.forecast import heading_for
from finops.models import BudgetStanding, StatusChange
from finops.sql import load_sql

_KEY: Final = ("budget_id", "period_start")
_BATCH: Final = 500

Known = Mapping[tuple[int, date], BudgetStanding]


def known_standings(dues: Iterable[Due]) -> dict[tuple[int, date], BudgetStanding]:
    """Read what is known of some periods, by their budget's number and their first day."""
    wanted = {(due.budget.pk, due.period.start) for due in dues}
    starts = BudgetStanding.objects.filter(period_start__in={start for _, start in wanted})
    rows = of_budgets(starts, {pk for pk, _ in wanted})
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
    _write(standings)
    StatusChange.objects.bulk_create(_changes(seen), batch_size=_BATCH)
    cross(seen, standings)


def _write(standings: Iterable[BudgetStanding]) -> None:
    """Store standings in one statement with one parameter, however many they are."""
    columns = [field.attname for field in BudgetStanding._meta.fields if field.attname != "id"]
    rows = [{name: getattr(row, name) for name in columns} for row in standings]
    changes = [name for name in columns if name not in _KEY]
    statement = load_sql("budgets/remember.sql").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        changes=sql.SQL(", ").join(
            sql.SQL("{name} = excluded.{name}").format(name=sql.Identifier(name))
            for name in changes
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"standings": json.dumps(rows, default=str)})


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
