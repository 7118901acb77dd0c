"""Spend in a window of time, which may end at an hour of its last day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from finops.domain.measures import Measures
from finops.domain.windows import Window
from finops.rollups.queries import Row, Scope, rows_of

Filters = Mapping[str, Sequence[str]]


def spend(
    window: Window, *, by: tuple[str, ...] = (), filters: Filters | None = None, daily: bool = False
) -> dict[tuple[str, ...], Measures]:
    """Give measures by the values of ``by``, and by day (ISO, last in the key) when ``daily``.

    The parts sum exactly to ``spend(window)``. Dearest first, or in order of days.
    """
    found: defaultdict[tuple[str, ...], list[Measures]] = defaultdict(list)
    for row in _rows(window, by, filters or {}, daily=daily):
        day = (row.period[:10],) if daily and row.period else ()
        found[(*row.values, *day)].append(row.measures)
    sums = {key: Measures.sum_of(parts) for key, parts in found.items()}
    order = (lambda item: item[0][-1]) if daily else (lambda item: -item[1].cost)
    return dict(sorted(sums.items(), key=order))


def total(window: Window, *, filters: Filters | None = None) -> Measures:
    """Give the measures of everything in the window."""
    return spend(window, filters=filters).get((), Measures())


def _rows(window: Window, by: tuple[str, ...], filters: Filters, *, daily: bool) -> list[Row]:
    whole = window.last if window.cut else window.until
    rows: list[Row] = []
    if window.since < whole:
        asked = Scope(
            by=by,
            grain="day" if daily else "total",
            since=window.since,
            until=whole,
            filters=filters,
        )
        rows += rows_of(asked)
    if window.cut:
        hours = Scope(
            by=by,
            grain="hour",
            since=window.last,
            until=window.last + timedelta(days=1),
            filters=filters,
        )
        rows += [row for row in rows_of(hours) if _starts_before(row, window.cut)]
    return rows


def _starts_before(row: Row, cut: datetime) -> bool:
    return row.period is not None and datetime.fromisoformat(row.period) < cut
