"""What a run over charges changes, in dollars: of the whole scope, and by each dimension."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from finops.domain.dimensions import UNALLOCATED
from finops.domain.money import exact_sum, plain
from finops.revaluation.charges.columns import ATTRIBUTED, CLASSIFIED, values_of
from finops.revaluation.charges.scope import ChargesInScope
from finops.revaluation.stage import Stage
from finops.revaluation.work import Figures
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Groups told one by one, those that move most; the others are one group.
PLACES: Final = 100
#: The dimensions that a preview tells of, and what a missing value is called there.
DIMENSIONS: Final = {
    "team": UNALLOCATED,
    "feature": UNALLOCATED,
    "customer": UNALLOCATED,
    "workflow": UNALLOCATED,
    "kind": "unknown",
    "provider": "unknown",
}
_MEASURES: Final = (
    "charges_before",
    "charges_after",
    "billed_before",
    "billed_after",
    "effective_before",
    "effective_after",
)
_PROMISED: Final = {
    "changed": "charges that change",
    "classified_anew": "charges that become another kind",
    "attributed_anew": "charges that get another owner",
    "billed": "what was billed for them",
    "effective": "their effective cost",
}


def summarise(
    cursor: CursorWrapper, stage: Stage, scope: ChargesInScope, *, currency: str
) -> Figures:
    """Sum up a stage and its scope; money as decimal strings in the reporting currency.

    ``changed_charges`` holds the figures of the charges that change, and their fingerprint;
    charges without a rate count in ``unconverted`` and in no amount. ``left_out`` counts the
    charges of closed months, by month. ``teams``, ``features``, ``customers``, ``workflows``,
    ``kinds`` and ``providers`` are of the whole scope, before and after, and sum to ``total``;
    the last group of a long list may stand for many: its name is null, ``groups`` says how many.
    """
    groups = {name: _groups(cursor, stage, scope, name) for name in DIMENSIONS}
    return {
        "currency": currency,
        "changed_charges": _changed(cursor, stage),
        "left_out": _left_out(cursor, scope),
        "total": _total(groups["team"]),
        **{f"{name}s": [_group(name, row) for row in rows] for name, rows in groups.items()},
    }


def differences(promised: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Say how the outcome differs from its preview; both are ``changed_charges``."""
    told = [
        f"{name}: {found[key]}, not {promised[key]}"
        for key, name in _PROMISED.items()
        if found[key] != promised[key]
    ]
    if not told and found["outcome"] != promised["outcome"]:
        told = ["other charges change, or to other values, with the same totals"]
    return told


def swapped_figures(changed: int, billed: Decimal, effective: Decimal) -> Figures:
    """Name the figures that a swap gives back."""
    return {"changed": changed, "billed": plain(billed), "effective": plain(effective)}


def _changed(cursor: CursorWrapper, stage: Stage) -> Figures:
    query = load_sql("revaluation/charges/summarise_stage.sql").format(
        values=values_of("stage"), stage=stage.table
    )
    cursor.execute(query, {"classified": list(CLASSIFIED), "attributed": list(ATTRIBUTED)})
    names = [column.name for column in cursor.description or ()]
    row = cursor.fetchone()
    return {
        name: plain(value) if isinstance(value, Decimal) else value
        for name, value in zip(names, row, strict=True)
    }


def _left_out(cursor: CursorWrapper, scope: ChargesInScope) -> dict[str, int]:
    if not scope.closed:
        return {}
    query = load_sql("revaluation/charges/count_left_out.sql").format(condition=scope.left_out())
    cursor.execute(query, scope.parameters())
    return {f"{month:%Y-%m}": charges for month, charges in cursor.fetchall()}


def _groups(
    cursor: CursorWrapper, stage: Stage, scope: ChargesInScope, dimension: str
) -> list[tuple[Any, ...]]:
    query = load_sql("revaluation/charges/summarise_groups.sql").format(
        dimension=sql.Identifier(dimension),
        name=sql.Literal(dimension),
        scope=scope.condition(),
        stage=stage.table,
    )
    limits = {"places": PLACES, "missing": DIMENSIONS[dimension]}
    cursor.execute(query, scope.parameters() | limits)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _total(rows: list[tuple[Any, ...]]) -> Figures:
    counts = {
        name: sum(row[place] for row in rows) for place, name in enumerate(_MEASURES[:2], start=2)
    }
    amounts = {
        name: plain(exact_sum(row[place] for row in rows))
        for place, name in enumerate(_MEASURES[2:], start=4)
    }
    return counts | amounts


def _group(dimension: str, row: tuple[Any, ...]) -> Figures:
    value, groups, *measures = row
    others = {"groups": groups} if value is None else {}
    told = (plain(each) if isinstance(each, Decimal) else each for each in measures)
    return {dimension: value} | others | dict(zip(_MEASURES, told, strict=True))
