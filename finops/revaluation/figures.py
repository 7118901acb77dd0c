"""What a run changes, in figures: of the whole scope, by team and by model; and how two differ."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from finops.domain.dimensions import UNALLOCATED
from finops.domain.money import plain
from finops.pricing.calculate import EXACT
from finops.revaluation.columns import AttributionValues, values_of
from finops.revaluation.scope import Scope
from finops.revaluation.stage import Stage
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Groups told one by one, those that move most; the others are one group.
PLACES: Final = 100
#: Figures of the changed calls that a preview promises, and what each is called.
_PROMISED: Final = {
    "changed": "calls that change",
    "becoming_priced": "calls that become priced",
    "becoming_unpriced": "calls that become unpriced",
    "cost_before": "what they cost before",
    "cost_after": "what they cost after",
}

Figures = dict[str, Any]


def summarise(cursor: CursorWrapper, stage: Stage, scope: Scope, *, currency: str) -> Figures:
    """Sum up a stage and its scope; money as decimal strings, of meters alone.

    ``changed_calls`` holds the figures of the calls that change, and their fingerprint;
    ``left_out`` counts the calls of the scope that lie in closed months, by month;
    ``total``, ``teams`` and ``models`` are of the whole scope, before and after. A cost is null
    where all calls of the group are unpriced. The last group of a long list may stand for many:
    its name is null and ``groups`` says how many.
    """
    by_model = _groups(cursor, stage, scope, "model")
    return {
        "currency": currency,
        "changed_calls": _changed(cursor, stage),
        "left_out": _left_out(cursor, scope),
        "total": _total(by_model),
        "teams": [_group("team", row) for row in _groups(cursor, stage, scope, "team")],
        "models": [_group("model", row) for row in by_model],
    }


def swapped_figures(row: tuple[Any, ...]) -> Figures:
    """Name the figures that a swap gives back."""
    return _named(
        ("changed", "becoming_priced", "becoming_unpriced", "cost_before", "cost_after"), row
    )


def differences(promised: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Say how the outcome differs from its preview; both are ``changed_calls``. Empty = equal."""
    told = [
        f"{name}: {found[key]}, not {promised[key]}"
        for key, name in _PROMISED.items()
        if found[key] != promised[key]
    ]
    if not told and found["outcome"] != promised["outcome"]:
        told = ["other calls change, or to other values, with the same totals"]
    return told


def _changed(cursor: CursorWrapper, stage: Stage) -> Figures:
    query = load_sql("revaluation/summarise_stage.sql").format(
        values=values_of("stage"), stage=stage.table
    )
    cursor.execute(query, {"attribution": list(AttributionValues._fields)})
    names = tuple(column.name for column in cursor.description or ())
    return _named(names, cursor.fetchone())


def _left_out(cursor: CursorWrapper, scope: Scope) -> dict[str, int]:
    if not scope.closed:
        return {}
    query = load_sql("revaluation/count_left_out.sql").format(condition=scope.left_out())
    cursor.execute(query, scope.parameters())
    return {f"{month:%Y-%m}": calls for month, calls in cursor.fetchall()}


def _named(names: tuple[str, ...], row: tuple[Any, ...]) -> Figures:
    return {
        name: plain(value) if isinstance(value, Decimal) else value
        for name, value in zip(names, row, strict=True)
    }


def _groups(
    cursor: CursorWrapper, stage: Stage, scope: Scope, dimension: str
) -> list[tuple[Any, ...]]:
    query = load_sql("revaluation/summarise_groups.sql").format(
        dimension=sql.Identifier(dimension),
        old_dimension=sql.Identifier(f"old_{dimension}"),
        scope=scope.condition(),
        stage=stage.table,
    )
    limits = {"places": PLACES, "unallocated": UNALLOCATED}
    cursor.execute(query, scope.parameters() | limits)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _total(rows: list[tuple[Any, ...]]) -> Figures:
    counts = [sum(row[place] for row in rows) for place in range(2, 6)]
    # Python's own context would round to 28 digits.
    costs = [reduce(EXACT.add, (row[place] for row in rows), Decimal(0)) for place in (6, 7)]
    return _before_and_after(*counts, *costs)


def _group(dimension: str, row: tuple[Any, ...]) -> Figures:
    value, groups, *figures = row
    others = {"groups": groups} if value is None else {}
    return {dimension: value} | others | _before_and_after(*figures)


def _before_and_after(
    calls_before: int,
    calls_after: int,
    unpriced_before: int,
    unpriced_after: int,
    cost_before: Decimal,
    cost_after: Decimal,
) -> Figures:
    return {
        "calls_before": calls_before,
        "calls_after": calls_after,
        "unpriced_before": unpriced_before,
        "unpriced_after": unpriced_after,
        "cost_before": _cost(cost_before, calls_before, unpriced_before),
        "cost_after": _cost(cost_after, calls_after, unpriced_after),
    }


def _cost(cost: Decimal, calls: int, unpriced: int) -> str | None:
    """Never call usage without a price free."""
    return None if calls and calls == unpriced else plain(cost)
