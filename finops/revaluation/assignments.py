"""What a statement writes into the columns that a run may change: staged values, or what was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from psycopg import sql

#: One column back from the image, when the image has it; the text form keeps every digit.
_RESTORED: Final = sql.SQL(
    "{column} = CASE WHEN image.before ? {name}"
    " THEN (image.before ->> {name})::{kind} ELSE {current} END"
)


def staged_values(columns: Iterable[str]) -> sql.Composed:
    """Assign to each column what a table called ``stage`` holds of it."""
    return sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("stage", name))
        for name in columns
    )


def values_before(column_types: Mapping[str, str], *, table: str) -> sql.Composed:
    """Assign to each column of ``table`` what a table called ``image`` holds of it, if it does."""
    return sql.SQL(", ").join(
        _RESTORED.format(
            column=sql.Identifier(name),
            name=sql.Literal(name),
            kind=sql.SQL(kind),
            current=sql.Identifier(table, name),
        )
        for name, kind in column_types.items()
    )
