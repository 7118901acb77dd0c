"""The lines of a comparison as pages and files list them: narrowed, with or without days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from psycopg import sql

from finops.domain.money import exact_difference
from finops.models import Reconciliation
from finops.models.reconciliation import PARTS
from finops.reconciliation.parts import Parts
from finops.sql import load_sql, snapshot

#: What lines can be narrowed by.
FILTERS: Final = ("model", "token_kind", "credential", "account", "finding")
#: The columns of a file of lines, in order.
FILE_COLUMNS: Final = (
    "day",
    "account",
    "credential",
    "model",
    "token_kind",
    "finding",
    "metered_tokens",
    "billed_tokens",
    "book_price",
    "billed_price",
    "metered",
    "billed",
    *PARTS,
    "currency",
)


@dataclass(frozen=True, kw_only=True)
class LineScope:
    """Which lines: those with all of these values; ``by_day`` tells days apart.

    An empty value asks for lines without that name. Raises ValueError for an unknown filter, or a
    part that there is none of; ``part`` keeps lines that have something of it.
    """

    filters: Mapping[str, str] = field(default_factory=dict)
    part: str = ""
    by_day: bool = False

    def __post_init__(self) -> None:
        """Check the names once, so that no reader has to."""
        if unknown := set(self.filters) - set(FILTERS):
            raise ValueError(f"unknown filter {min(unknown)!r}; choose from {', '.join(FILTERS)}")
        if self.part and self.part not in PARTS:
            raise ValueError(f"a part is one of {', '.join(PARTS)}")


class LineRow(NamedTuple):
    """One line, or its days added up; prices are averages of one token."""

    day: date | None
    account: str
    credential: str
    model: str
    token_kind: str
    finding: str
    metered_quantity: Decimal | None
    billed_quantity: Decimal | None
    book_price: Decimal | None
    billed_price: Decimal | None
    metered: Decimal
    billed: Decimal
    parts: Parts

    @property
    def difference(self) -> Decimal:
        """What was billed beyond what was metered."""
        return exact_difference(self.billed, self.metered)

    def cells(self, currency: str) -> tuple[object, ...]:
        """Give the cells of a file, in the order of ``FILE_COLUMNS``."""
        day = self.day.isoformat() if self.day else ""
        return (day, *self[1:12], *self.parts, currency)


class Lines(NamedTuple):
    """A page of lines, and what all that match come to."""

    rows: tuple[LineRow, ...]
    metered: Decimal
    billed: Decimal
    matching: int

    @property
    def difference(self) -> Decimal:
        """What all of them were billed beyond what was metered."""
        return exact_difference(self.billed, self.metered)


def lines_of_month(row: Reconciliation, scope: LineScope, *, limit: int, offset: int = 0) -> Lines:
    """List a comparison's lines, those with most dollars apart first."""
    conditions = [
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
        for name, value in scope.filters.items()
    ]
    if scope.part:
        conditions.append(sql.SQL("{} <> 0").format(sql.Identifier(scope.part)))
    query = load_sql("reconciliation/lines.sql").format(
        day=sql.SQL("day" if scope.by_day else "NULL::date"),
        conditions=sql.SQL(" AND ").join([*conditions, sql.SQL("true")]),
    )
    with snapshot() as cursor:
        cursor.execute(query, {"reconciliation": row.pk, "limit": limit, "offset": offset})
        found = cursor.fetchall()
    if not found:
        return Lines((), Decimal(0), Decimal(0), 0)
    metered, billed, count = found[0][-3:]
    return Lines(
        tuple(LineRow._make((*told[:12], Parts(*told[12:-3]))) for told in found),
        metered,
        billed,
        count,
    )
