"""Spend in a window of time, which may end at an hour of its last day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from finops.domain.measures import BILL_BASES, Measures
from finops.domain.windows import Window
from finops.rollups.queries import Basis, Row, Scope, rows_of

Filters = Mapping[str, Sequence[str]]


def spend(
    window: Window,
    *,
    by: tuple[str, ...] = (),
    filters: Filters | None = None,
    daily: bool = False,
    basis: Basis = "metered",
) -> dict[tuple[str, ...], Measures]:
    """Give measures by the values of ``by``, and by day (ISO, last in the key) when ``daily``.

    The parts sum exactly to ``spend(window)``. Dearest first, or in order of days. Bills know no
    hours: of them a window's last day counts whole.
    """
    found: defaultdict[tuple[str, ...], list[Measures]] = defaultdict(list)
    for row in _rows(window, by, filters or {}, basis, daily=daily):
        day = (row.period[:10],) if daily and row.period else ()
        found[(*row.values, *day)].append(row.measures)
    sums = {key: Measures.sum_of(parts) for key, parts in found.items()}
    order = (lambda item: item[0][-1]) if daily else (lambda item: -item[1].cost)
    return dict(sorted(sums.items(), key=order))


def total(window: Window, *, filters: Filters | None = None) -> Measures:
    """Give the measures of everything in the window."""
    return spend(window, filters=filters).get((), Measures())


def _rows(
    window: Window, by: tuple[str, ...], filters: Filters, basis: Basis, *, daily: bool
) -> list[Row]:
    cut = None if basis in BILL_BASES else window.cut
    whole = window.last if cut else window.until
    rows: list[Row] = []
    if window.since < whole:
        asked = Scope(
            by=by,
            grain="day" if daily else "total",
            since=window.since,
            until=whole,
            filters=filters,
            basis=basis,
        )
        rows += rows_of(asked)
    if cut:
        hours = Scope(
            by=by,
            grain="hour",
            since=window.last,
            until=window.last + timedelta(days=1),
            filters=filters,
            basis=basis,
        )
        rows += [row for row in rows_of(hours) if _starts_before(row, cut)]
    return rows


def _starts_before(row: Row, cut: datetime) -> bool:
    return row.period is not None and datetime.fromisoformat(row.period) < cut
