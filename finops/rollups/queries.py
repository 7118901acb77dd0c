"""What calls cost, or bills say, by any dimensions, at any grain: what CLI, API and pages read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from psycopg import sql

from finops.attribution.values import Finals, finals, spellings_of
from finops.domain.dimensions import UNALLOCATED, parse_dimensions
from finops.domain.measures import BILL_BASES, Measures
from finops.domain.money import exact_difference, plain
from finops.domain.periods import GRAINS, Grain, day_start, hours_label
from finops.models import Organization, Source
from finops.rollups import measures
from finops.rollups.registry import FULL_DAY, ROLLUPS
from finops.rollups.shapes import SHAPES, Table
from finops.sql import load_sql, once_in_snapshot, snapshot

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

Basis = Literal["metered", "reported", "billed", "effective"]
BASES: Final = ("metered", "reported", "billed", "effective")


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is asked: dimensions, grain, days ``[since, until)`` in the reporting zone, filters.

    Several values for one dimension are alternatives; several dimensions must all hold. On the
    bases of bills, days are the providers', in UTC, and nothing is told by the hour.
    Raises ValueError for an unknown dimension, grain or basis, or an empty period.
    """

    by: tuple[str, ...] = ()
    grain: Grain = "total"
    since: date | None = None
    until: date | None = None
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    basis: Basis = "metered"

    def __post_init__(self) -> None:
        """Check every part once, so that no reader has to."""
        parse_dimensions(",".join((*self.by,)))
        parse_dimensions(",".join(self.filters))
        if self.grain not in GRAINS:
            raise ValueError(f"unknown grain {self.grain!r}; choose from {', '.join(GRAINS)}")
        if self.basis not in BASES:
            raise ValueError(f"unknown basis {self.basis!r}; choose from {', '.join(BASES)}")
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must be before until")
        if self.of_bills and self.grain == "hour":
            raise ValueError(f"bills know no hours; ask for {self.basis} cost by day or month")

    @property
    def of_bills(self) -> bool:
        """Say whether bills answer, and not calls."""
        return self.basis in BILL_BASES

    @property
    def dimensions(self) -> frozenset[str]:
        """All dimensions that the answer needs to see."""
        return frozenset(self.by) | frozenset(self.filters)


class Row(NamedTuple):
    """One group: values in the order of ``Scope.by``, the period's label, and its sums."""

    values: tuple[str, ...]
    period: str | None
    measures: Measures


class Costs(NamedTuple):
    """An answer: rows that sum exactly to the total, and how far the data reaches."""

    scope: Scope
    currency: str
    rows: tuple[Row, ...]
    total: Measures
    complete_to: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Give the answer of CONTRACT 3; money is a decimal string."""
        scope, basis = self.scope, self.scope.basis
        return {
            "currency": self.currency,
            "basis": basis,
            "since": scope.since.isoformat() if scope.since else None,
            "until": scope.until.isoformat() if scope.until else None,
            "grain": scope.grain,
            "rows": [self._row(row) for row in self.rows],
            "total": self._total(),
            "complete_to": self.complete_to.isoformat() if self.complete_to else None,
        }

    def as_table(self) -> tuple[list[str], list[list[object]]]:
        """Give header and rows for CSV: raw decimals, ISO dates, a currency column."""
        rows = [csv_cells(self.scope, row, self.currency) for row in self.rows]
        return csv_header(self.scope), rows

    def _row(self, row: Row) -> dict[str, Any]:
        named: dict[str, Any] = dict(zip(self.scope.by, row.values, strict=True))
        if row.period is not None:
            named["period"] = row.period
        return named | row.measures.as_json(self.scope.basis)

    def _total(self) -> dict[str, Any]:
        total = self.total
        if self.scope.of_bills:
            return total.as_json(self.scope.basis) | {
                "cost_by_basis": {"computed": "0", "reported": "0"}
            }
        nothing = {} if total.cost_on(self.scope.basis) is not None else {"cost": "0"}
        return (
            total.as_json(self.scope.basis)
            | nothing
            | {
                "cost_by_basis": {
                    "computed": plain(exact_difference(total.cost, total.counted_reported)),
                    "reported": plain(total.counted_reported),
                }
            }
        )


def csv_header(scope: Scope) -> list[str]:
    """Name the columns of a scope's table."""
    period = [] if scope.grain == "total" else ["period"]
    return [*scope.by, *period, *Measures().as_json(scope.basis), "currency"]


def csv_cells(scope: Scope, row: Row, currency: str) -> list[object]:
    """Give the cells of a row in the order of ``csv_header``."""
    period = [] if scope.grain == "total" else [row.period]
    measured = row.measures.as_json(scope.basis).values()
    return [*row.values, *period, *(_number(value) for value in measured), currency]


def _number(value: object) -> object:
    """Keep amounts numbers, so that a negative one is not mistaken for a formula."""
    return Decimal(value) if isinstance(value, str) else value


def costs(scope: Scope) -> Costs:
    """Answer a scope from the smallest table that holds it, in one snapshot.

    Groupings outside the rollups (user, step, or hours of combined dimensions) read the calls.
    Merged values are read as their target: grouped with it, and found by its name or their own.
    """
    with snapshot() as cursor:
        organization = reporting()
        rows = rows_of(scope)
        return Costs(
            scope=scope,
            currency=organization.currency,
            rows=rows,
            total=Measures.sum_of(row.measures for row in rows),
            complete_to=complete_to(cursor, of_bills=scope.of_bills),
        )


def rows_of(scope: Scope) -> tuple[Row, ...]:
    """Give the rows of a scope alone, for callers that read many in one snapshot."""
    with snapshot() as cursor:
        statement = statement_of(scope, reporting())
        cursor.execute(statement.query, statement.parameters)
        return tuple(map(statement.row, cursor.fetchall()))


@once_in_snapshot
def reporting() -> Organization:
    """Give the organisation, whose zone and currency every answer is in."""
    return Organization.current()


def complete_to(cursor: CursorWrapper, *, of_bills: bool = False) -> datetime | None:
    """Say up to when rollups hold everything: the last call, or the first stale hour.

    Bills reach to the end of the last day that any of them charges for.
    """
    name = "bills_complete_to" if of_bills else "complete_to"
    cursor.execute(load_sql(f"rollups/{name}.sql"))
    reached: datetime | None = cursor.fetchone()[0]
    return reached


def choose(scope: Scope) -> tuple[Table, str]:
    """Name the smallest table that can answer, and the dimension of its rows when it is narrow."""
    needed = scope.dimensions
    if scope.of_bills:
        return "charges" if "user" in needed else "charges_by_day", ""
    narrow = {rollup.dimension: rollup for rollup in ROLLUPS}
    owners = needed - {"model"}
    table: Table = "cost_by_hour" if scope.grain == "hour" else "cost_by_day"
    if not needed:
        return table, "total"
    if len(owners) == 1:
        (dimension,) = owners
        if dimension in narrow and (narrow[dimension].by_model or "model" not in needed):
            return table, dimension
    if needed == {"model"}:
        return table, "team"  # any partition by model will do; teams are the fewest
    if scope.grain != "hour" and needed <= set(FULL_DAY):
        return "cost_by_day_full", ""
    return "calls", ""


class Statement(NamedTuple):
    """How a scope is read: a query that gives its values, the period, then the measures."""

    scope: Scope
    query: sql.Composed
    parameters: Mapping[str, Any]
    sources: Mapping[int, str]
    zone: ZoneInfo

    def row(self, found: tuple[Any, ...]) -> Row:
        """Read one row of the query."""
        width = len(self.scope.by)
        values = tuple(self.value(*pair) for pair in zip(self.scope.by, found, strict=False))
        return Row(values, self.label(found[width]), Measures(*found[width + 1 :]))

    def value(self, dimension: str, stored: Any) -> str:
        """Read a value as people know it: sources by name, the missing one as unallocated."""
        return self.sources[stored] if dimension == "source" else stored or UNALLOCATED

    def label(self, period: Any) -> str | None:
        """Write a period as addresses and files do."""
        return _label(self.scope.grain, period, self.zone)


def statement_of(scope: Scope, organization: Organization) -> Statement:
    """Compose the read of a scope from the smallest table; to be run in the same snapshot."""
    table, dimension = choose(scope)
    merged = finals(scope.dimensions)
    zone = organization.zone
    parameters = {
        "zone": organization.time_zone,
        "currency": organization.currency,
        "dimension": dimension,
        "since": scope.since,
        "until": scope.until,
        "since_instant": scope.since and day_start(scope.since, zone),
        "until_instant": scope.until and day_start(scope.until, zone),
        **{f"merged_{name}": json.dumps(values) for name, values in merged.items()},
        **{
            f"filter_{name}": _stored(name, values, merged.get(name, {}))
            for name, values in scope.filters.items()
        },
    }
    sources = _source_names() if "source" in scope.by else {}
    return Statement(scope, _query(scope, table, dimension, merged), parameters, sources, zone)


def _label(grain: Grain, period: Any, zone: Any) -> str | None:
    if period is None:
        return None
    if grain == "hour":
        return hours_label(period, zone)
    return f"{period:%Y-%m}" if grain == "month" else f"{period:%Y-%m-%d}"


def _source_names() -> dict[int, str]:
    return dict(Source.objects.values_list("pk", "name"))


def _stored(dimension: str, values: Sequence[str], merged: Mapping[str, str]) -> list[Any]:
    """Translate what people ask for into what is stored: a missing value is the empty text."""
    if dimension == "source":
        return list(Source.objects.filter(name__in=values).values_list("pk", flat=True))
    asked = ["" if value == UNALLOCATED else value for value in values]
    return spellings_of(asked, merged)


def _query(scope: Scope, table: Table, dimension: str, merged: Finals) -> sql.Composed:
    shape = SHAPES[table]
    columns = dict(shape.columns)
    if dimension not in {"", "total"}:
        columns[dimension] = "value"
    groups = [
        _read_as_final(name, columns[name]) if name in merged else columns[name]
        for name in scope.by
    ]
    groups.append(shape.periods.get(scope.grain, "NULL::date"))
    conditions = [shape.fixed]
    conditions += [shape.since] if scope.since else []
    conditions += [shape.until] if scope.until else []
    conditions += [f"{columns[name]} = ANY (%(filter_{name})s)" for name in scope.filters]
    sums = _sums(scope, table)
    numbers = ", ".join(str(place) for place in range(1, len(groups) + 1))
    return sql.SQL(
        "SELECT {groups}, {sums} FROM {table} WHERE {conditions}"
        " GROUP BY {numbers} ORDER BY {period}, cost DESC, {numbers}"
    ).format(
        groups=_text(", ".join(groups)),
        sums=sums,
        table=sql.Identifier(table),
        conditions=_text(" AND ".join(conditions)),
        numbers=_text(numbers),
        period=_text(str(len(groups))),
    )


def _sums(scope: Scope, table: Table) -> sql.Composable:
    if table == "charges_by_day":
        return measures.over_bills(scope.basis)
    if table == "charges":
        return measures.over_charges(scope.basis)
    return measures.over_calls() if table == "calls" else measures.over_rollup()


def _read_as_final(name: str, column: str) -> str:
    """Look a value up among the merged ones; filters name all spellings instead, for indexes."""
    return f"coalesce(%(merged_{name})s::jsonb ->> {column}, {column})"


def _text(fragment: str) -> sql.SQL:
    """Compose from the constants of this module; no word of a request ever comes here."""
    return sql.SQL(fragment)
