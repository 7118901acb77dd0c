"""What a rule would move of the last 30 days, in dollars, read whole or as far as time allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Max

from finops.attribution.match import Rule
from finops.domain.periods import day_start
from finops.models import BillSnapshot, Organization
from finops.months.closed import closed_months
from finops.revaluation.preview import calls, charges
from finops.revaluation.preview.tally import Asked, Group, Groups, Side, sum_up, with_candidate
from finops.rollups.patience import TookTooLong, patience
from finops.sql import snapshot

DAYS: Final = 30
#: Days that are read at a time, the newest first; and how long all of it may take, in seconds.
_STEP: Final = 5
PATIENCE: Final = 8
#: Distinct groups of rows that one step may come to: beyond it, the answer is cut.
_GROUPS: Final = 100_000
_UTC: Final = ZoneInfo("UTC")


class Window(NamedTuple):
    """The days of one side: those asked for, from ``first`` to ``last``, and how many were read."""

    first: date
    last: date
    days_read: int

    @property
    def is_cut(self) -> bool:
        """Say whether some days took too long to read."""
        return self.days_read < (self.last - self.first).days + 1


class RulePreview(NamedTuple):
    """What a rule would do to calls and to charges; None where it can touch none of them."""

    calls: Side | None
    calls_window: Window
    charges: Side | None
    charges_window: Window


class _Reading(NamedTuple):
    """One side of the question: how its rows are grouped, over which days."""

    groups: Callable[..., Iterator[Group]]
    last: date
    starts: Callable[[date], datetime]

    @property
    def first(self) -> date:
        return self.last - timedelta(days=DAYS - 1)


def preview_rule(
    candidate: Rule,
    *,
    rules: Sequence[Rule],
    place: int,
    now: datetime,
    replaces: int | None = None,
    since: datetime | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> RulePreview:
    """Say what applying the rules to the last 30 days would move, with the candidate at ``place``.

    Moved and waiting together are exactly what a run over these days would then change, in the
    dimension of the rule and of the one that it ``replaces`` (from an instant on, or altogether);
    nothing is written. Calls' days are
    those of the reporting zone, up to today; charges' are UTC days, up to the last that a bill
    tells of. What takes too long is left out, oldest days first.
    """
    asked = with_candidate(rules, candidate, place=place, replaces=replaces, since=since)
    ends = clock() + PATIENCE

    def read(reading: _Reading) -> tuple[Groups, Window]:
        return _read(reading, asked, lambda: clock() < ends)

    with snapshot():
        zone = Organization.current().zone
        today = now.astimezone(zone).date()
        on_calls = _Reading(calls.groups, today, lambda day: day_start(day, zone))
        on_charges = _Reading(charges.groups, _last_billed(now), lambda day: day_start(day, _UTC))
        of_calls, calls_window = read(on_calls)
        of_charges, charges_window = read(on_charges)
    return RulePreview(
        sum_up(calls.BASES, of_calls) if any(each.touches_calls for each in asked) else None,
        calls_window,
        sum_up(charges.BASES, of_charges) if any(each.touches_charges for each in asked) else None,
        charges_window,
    )


def _read(
    reading: _Reading, asked: Sequence[Asked], has_time: Callable[[], bool]
) -> tuple[Groups, Window]:
    """Read steps of days, the newest first, until all are read or time is up."""
    found: Groups = {each.dimension: [] for each in asked}
    closed, begins = closed_months(), reading.last + timedelta(days=1)
    while begins > reading.first and has_time():
        until, begins = begins, max(begins - timedelta(days=_STEP), reading.first)
        try:
            step = _step(reading, asked, begins, until, closed)
        except TookTooLong:
            begins = until
            break
        for dimension, groups in step.items():
            found[dimension] += groups
    days_read = (reading.last - begins).days + 1
    return found, Window(reading.first, reading.last, days_read)


def _step(
    reading: _Reading, asked: Sequence[Asked], since: date, until: date, closed: frozenset[date]
) -> Groups:
    found: Groups = {}
    # A savepoint: what is stopped takes nothing with it that was read before.
    with transaction.atomic(), patience(PATIENCE), connection.cursor() as cursor:
        for each in asked:
            groups = reading.groups(
                cursor,
                each,
                since=reading.starts(since),
                until=reading.starts(until),
                closed=closed,
                limit=_GROUPS + 1,
            )
            found[each.dimension] = list(groups)
            if len(found[each.dimension]) > _GROUPS:
                raise TookTooLong("more groups of rows than anybody would wait for")
    return found


def _last_billed(now: datetime) -> date:
    """Give the last day that a current bill tells of, at most today."""
    current = BillSnapshot.objects.filter(status=BillSnapshot.CURRENT)
    last: date | None = current.aggregate(last=Max("last_day"))["last"]
    today = now.astimezone(_UTC).date()
    return min(last or today, today)
