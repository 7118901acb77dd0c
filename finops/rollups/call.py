"""One call with everything that is known about it; read by its key, and nothing besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from psycopg import sql

from finops.domain.dimensions import ATTRIBUTED, CHAIN
from finops.domain.usage import TOKEN_KINDS
from finops.sql import load_sql, snapshot


class Call(NamedTuple):
    """A row of the ledger; counts are None where the source said nothing, amounts are exact."""

    id: int
    started_at: datetime
    source: str
    counts_reported: bool
    import_id: int
    line: int
    requests: int
    attempt: int
    latency_ms: float | None
    price_id: int | None
    computed_cost: Decimal | None
    reported_cost: Decimal | None
    currency: str | None
    cost: Decimal | None
    cost_source: str | None
    unpriced_reason: str | None
    provider: str
    provider_given: str | None
    model: str
    model_given: str | None
    region: str | None
    processing: str
    status: str
    run: str | None
    parent: str | None
    call_ref: str | None
    response_id: str | None
    error: str | None
    tags: Mapping[str, str]
    decided_by: Mapping[str, int]
    counts: Mapping[str, int | None]
    dimensions: Mapping[str, str | None]


#: Columns before the counts and dimensions; the last two of them hold JSON.
_KNOWN: Final = len(Call._fields) - 2
#: Dimensions that a call may have, by the columns that hold them.
_DIMENSIONS: Final = (*ATTRIBUTED, *CHAIN)
_COLUMNS: Final = {name: "end_user" if name == "user" else name for name in _DIMENSIONS}


def call(call_id: int, started_at: datetime) -> Call | None:
    """Read a call by its key; None when it is gone."""
    with snapshot() as cursor:
        cursor.execute(
            load_sql("rollups/call.sql").format(
                counts=_columns(TOKEN_KINDS), dimensions=_columns(_COLUMNS.values())
            ),
            {"id": call_id, "started_at": started_at},
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return Call._make(
        (
            *row[: _KNOWN - 2],
            *(msgspec.json.decode(packed or "{}") for packed in row[_KNOWN - 2 : _KNOWN]),
            dict(zip(TOKEN_KINDS, row[_KNOWN:], strict=False)),
            dict(zip(_DIMENSIONS, row[_KNOWN + len(TOKEN_KINDS) :], strict=True)),
        )
    )


def _columns(names: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier("calls", name) for name in names)
