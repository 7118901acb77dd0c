"""Answers that may be long: the dearest groups with the rest folded, or every row as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from django.db import connection
from psycopg import sql

from finops.domain.measures import Measures
from finops.rollups import measures
from finops.rollups.queries import Row, Scope, Statement, reporting, statement_of
from finops.sql import load_sql, snapshot

#: The measure that says which groups are the dearest.
_AMOUNTS: Final = {"reported": "reported_cost"}


class Piece(NamedTuple):
    """A group that is told apart, or many folded into one.

    Folded groups (``groups`` of them) share a period and which values they miss; None stands for
    the values that they have.
    """

    values: tuple[str | None, ...]
    period: str | None
    groups: int
    measures: Measures

    @property
    def is_folded(self) -> bool:
        """Say whether it stands for groups that are not told apart."""
        return None in self.values


def pieces(scope: Scope, *, keep: int) -> list[Piece]:
    """Give the ``keep`` dearest groups, and the rest folded. They sum exactly to ``costs(scope)``.

    However many groups there are, few are read: PostgreSQL folds. Without dimensions there is
    nothing to fold, and periods are told apart in any case.
    """
    with snapshot() as cursor:
        statement = statement_of(scope, reporting())
        cursor.execute(_folded(statement), {**statement.parameters, "keep": keep})
        return [_piece(statement, found) for found in cursor.fetchall()]


def each_row(scope: Scope) -> Iterator[Row]:
    """Give the rows of ``costs(scope)``, in the same order, without ever holding all of them.

    The snapshot stays open until the last row is taken or the iterator is closed.
    """
    with snapshot():
        statement = statement_of(scope, reporting())
        with connection.chunked_cursor() as cursor:
            cursor.execute(statement.query, statement.parameters)
            for found in cursor:
                yield statement.row(found)


def _folded(statement: Statement) -> sql.Composed:
    scope = statement.scope
    names = [f"value_{place}" for place in range(len(scope.by))]
    shown = [
        f"CASE WHEN {_is_kept(dimension, name)} THEN {name} END"
        for dimension, name in zip(scope.by, names, strict=True)
    ]
    return load_sql("rollups/fold.sql").format(
        shown=_text(", ".join([*shown, "period"])),
        sums=measures.over_measured(bills=scope.of_bills),
        amount=sql.Identifier(_AMOUNTS.get(scope.basis, "cost")),
        names=_text(", ".join([*names, "period"])),
        grouped=statement.query,
        numbers=_text(", ".join(str(place) for place in range(1, len(names) + 2))),
    )


def _is_kept(dimension: str, name: str) -> str:
    """Sources are numbers and never missing; a missing value stays visible in what is folded."""
    return "place <= %(keep)s" + ("" if dimension == "source" else f" OR {name} = ''")


def _piece(statement: Statement, found: tuple[Any, ...]) -> Piece:
    width = len(statement.scope.by)
    values = tuple(
        None if stored is None else statement.value(dimension, stored)
        for dimension, stored in zip(statement.scope.by, found, strict=False)
    )
    period, groups = found[width : width + 2]
    return Piece(values, statement.label(period), groups, Measures(*found[width + 2 :]))


def _text(fragment: str) -> sql.SQL:
    """Compose from the constants of this module; no word of a request ever comes here."""
    return sql.SQL(fragment)
