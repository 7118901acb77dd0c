"""Which limits would fit: what the latest runs came to, and how many a limit would have caught."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple

from django.db import connection, transaction

from finops.attribution.values import spellings
from finops.caps.kinds import KINDS
from finops.caps.measuring import Limit, lay_out, measure, run

#: How far back, and at most how many runs, the latest ones, are learned from.
DAYS: Final = 30
MOST_RUNS: Final = 500
#: Percentiles that limits are suggested from.
RANKS: Final = (95, 99)
#: Below every value, so that each is told.
_NOTHING: Final = Decimal(-1)


class Suggestion(NamedTuple):
    """A round limit at or above a percentile, and how many of the runs it would have caught."""

    kind: str
    rank: int
    limit: Decimal
    broken: int
    runs: int


class Usual(NamedTuple):
    """What the latest runs came to, by kind, smallest first; ``since`` is when the oldest began."""

    runs: int
    since: datetime | None
    values: dict[str, list[Decimal]]

    def broken(self, kind: str, limit: Decimal) -> int:
        """Count the runs that a limit would have caught."""
        return sum(1 for value in self.values.get(kind, ()) if value > limit)

    def suggestions(self, kind: str) -> list[Suggestion]:
        """Give round limits for a kind, the lower first; none without runs, no limit twice."""
        values = self.values.get(kind, [])
        found: dict[Decimal, Suggestion] = {}
        for rank in RANKS if values else ():
            reached = values[-(-len(values) * rank // 100) - 1]
            limit = _rounded_up(reached, whole=not KINDS[kind].is_money)
            found.setdefault(
                limit, Suggestion(kind, rank, limit, self.broken(kind, limit), len(values))
            )
        return list(found.values())


def usual(workflow: str, now: datetime) -> Usual:
    """Measure the latest runs of a workflow by the law that they are checked by."""
    stored = spellings("workflow", workflow)
    begin = datetime.min.replace(tzinfo=UTC)
    limits = [Limit(n, kind, _NOTHING, now, stored, begin) for n, kind in enumerate(KINDS)]
    with transaction.atomic(), connection.cursor() as cursor:
        lay_out(cursor, limits)
        since = now - timedelta(days=DAYS)
        run(cursor, "gather_latest_runs", workflows=stored, most=MOST_RUNS, since=since)
        measure(cursor)
        cursor.execute("SELECT kind, value, started_at FROM held_values ORDER BY kind, value")
        rows = cursor.fetchall()
    values: dict[str, list[Decimal]] = {}
    for kind, value, _ in rows:
        values.setdefault(kind, []).append(value)
    oldest = min((began for _, _, began in rows), default=None)
    return Usual(max(map(len, values.values()), default=0), oldest, values)


def _rounded_up(value: Decimal, *, whole: bool) -> Decimal:
    """Round up to two significant digits: a limit that people can say."""
    if value <= 0:
        return Decimal(0)
    places = value.adjusted() - 1
    finest = Decimal(1).scaleb(max(places, 0) if whole else places)
    steps = (value / finest).to_integral_value(ROUND_CEILING)
    return (steps * finest).normalize() + 0
