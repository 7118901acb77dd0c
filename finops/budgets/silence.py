"""How far the data behind a budget reaches, and whether it has stayed out for too long.

A source may be silent for 26 hours, or for as long as its own rhythm makes it. A budget is stale
when every source that feeds its scope has been silent for longer; while others still send, the
silent ones are named. Which sources feed a scope is looked up only when they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from finops.budgets.facts import fed_by
from finops.budgets.grouped import Asked, Pairs
from finops.domain.freshness import PATIENCE, is_stale
from finops.domain.periods import day_start
from finops.models import Source
from finops.rollups.activity import LOOK_BACK
from finops.rollups.queries import reporting
from finops.sql import load_sql, snapshot

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

_DAY: Final = timedelta(days=1)


class Meter(NamedTuple):
    """A source whose calls count, with the newest one of the last four weeks."""

    pk: int
    name: str
    last_call: datetime
    stale: bool


class Feed(NamedTuple):
    """The data behind a scope: its newest call, whether it is stale, and who has fallen silent.

    ``of_bills``: how far bills reach, and whether the next one is overdue.
    """

    data_to: datetime | None
    stale: bool
    silent: tuple[Meter, ...] = ()
    of_bills: bool = False


def feeds(scopes: Iterable[Pairs], at: datetime, *, exactly: bool) -> dict[Pairs, Feed]:
    """Describe the data behind each scope as of an instant.

    ``exactly`` leaves calls out that claim to begin later: clocks differ, by a day at most.
    """
    wanted = list(dict.fromkeys(scopes))
    with snapshot() as cursor:
        meters = _meters(cursor, at, until=at if exactly else at + _DAY)
        if not meters:
            return dict.fromkeys(wanted, Feed(_last_call(cursor, at), stale=True))
        if len({each.stale for each in meters}) == 1:
            fed = dict.fromkeys(wanted, meters)
        else:
            fed = _fed(wanted, meters, at)
    return {scope: _feed(_named(scope, meters, fed[scope])) for scope in wanted}


def _named(scope: Pairs, meters: list[Meter], fed: list[Meter]) -> list[Meter]:
    """A scope that names its source goes by that one, whether it sent anything lately or not."""
    name = dict(scope).get("source")
    return fed if name is None else [each for each in meters if each.name == name]


def _feed(meters: list[Meter]) -> Feed:
    silent = tuple(each for each in meters if each.stale)
    data_to = max((each.last_call for each in meters), default=None)
    return Feed(data_to, len(silent) == len(meters), silent)


def _fed(scopes: Sequence[Pairs], meters: list[Meter], at: datetime) -> dict[Pairs, list[Meter]]:
    """Find who feeds each scope: the silent ones first, then who else feeds what those do.

    A scope that no silent source feeds goes by the others, even if it had no calls lately.
    """
    day = at.astimezone(reporting().zone).date()
    asked = {Asked(scope, day - LOOK_BACK, day + _DAY): scope for scope in scopes}
    silent = [each for each in meters if each.stale]
    others = [each for each in meters if not each.stale]
    of_silent = fed_by(asked, [each.pk for each in silent])
    of_others = fed_by(
        [each for each, found in of_silent.items() if found], [each.pk for each in others]
    )
    feeding: dict[Pairs, list[Meter]] = {}
    for each, scope in asked.items():
        numbers = of_silent[each] | of_others.get(each, frozenset())
        known = [meter for meter in meters if meter.pk in numbers]
        feeding[scope] = known if of_silent[each] else others
    return feeding


def _meters(cursor: CursorWrapper, at: datetime, *, until: datetime) -> list[Meter]:
    """List the sources that count and had a call in the last four weeks."""
    names = dict(Source.objects.filter(role=Source.METER).values_list("pk", "name"))
    patient = at - PATIENCE
    fresh = {pk: last for pk, last in _last_calls(cursor, patient, until).items() if pk in names}
    silent = _silent(cursor, set(names) - set(fresh), patient.astimezone(reporting().zone).date())
    found = [Meter(pk, names[pk], last, stale=False) for pk, last in fresh.items()]
    for pk, (last, days) in silent.items():
        found.append(Meter(pk, names[pk], last, is_stale(last, at, days)))
    return sorted(found)


def _silent(
    cursor: CursorWrapper, wanted: set[int], last_day: date
) -> dict[int, tuple[datetime, set[date]]]:
    """Give the newest call and the days with calls of sources that had none after a day."""
    if not wanted:
        return {}
    zone = reporting().zone
    reach = {"since": last_day - LOOK_BACK, "until": last_day + _DAY}
    days: dict[int, set[date]] = {}
    for pk, day, *_ in _rows(cursor, "rollups/source_days.sql", reach):
        if pk in wanted:
            days.setdefault(pk, set()).add(day)
    last: dict[int, datetime] = {}
    for day in {max(found) for found in days.values()}:
        calls = _last_calls(cursor, day_start(day, zone), day_start(day + _DAY, zone))
        last |= {pk: calls[pk] for pk, found in days.items() if max(found) == day and pk in calls}
    return {pk: (call, days[pk]) for pk, call in last.items()}


def _last_calls(cursor: CursorWrapper, since: datetime, until: datetime) -> dict[int, datetime]:
    found = _rows(cursor, "rollups/source_calls.sql", {"since": since, "until": until})
    return {pk: last for pk, _, last in found}


def _last_call(cursor: CursorWrapper, before: datetime) -> datetime | None:
    meters = list(Source.objects.filter(role=Source.METER).values_list("pk", flat=True))
    found = _rows(cursor, "budgets/last_call.sql", {"before": before, "meters": meters})
    return found[0][0] if found else None


def _rows(cursor: CursorWrapper, name: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    cursor.execute(load_sql(name).format(), values)
    return list(cursor.fetchall())
