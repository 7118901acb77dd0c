"""What calls cost, by any dimensions, at any grain: the one read behind CLI, API and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from psycopg import sql

from finops.domain.dimensions import UNALLOCATED, parse_dimensions
from finops.domain.measures import Measures
from finops.domain.money import exact_difference, plain
from finops.domain.periods import GRAINS, Grain, day_start, hours_label
from finops.models import Organization, Source
from finops.rollups import measures
from finops.rollups.registry import FULL_DAY, ROLLUPS
from finops.sql import load_sql, snapshot

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

Basis = Literal["metered", "reported", "billed", "effective"]
BASES: Final = ("metered", "reported", "billed", "effective")
#: Bases that come from bills; calls have none of them.
BILL_BASES: Final = ("billed", "effective")

Table = Literal["cost_by_hour", "cost_by_day", "cost_by_day_full", "calls"]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is asked: dimensions, grain, days ``[since, until)`` in the reporting zone, filters.

    Several values for one dimension are alternatives; several dimensions must all hold.
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
        measured = list(Measures().as_json("metered"))
        period = [] if self.scope.grain == "total" else ["period"]
        rows: list[list[object]] = [
            [
                *row.values,
                *([row.period] if period else []),
                *(_number(value) for value in row.measures.as_json(self.scope.basis).values()),
                self.currency,
            ]
            for row in self.rows
        ]
        return [*self.scope.by, *period, *measured, "currency"], rows

    def _row(self, row: Row) -> dict[str, Any]:
        named: dict[str, Any] = dict(zip(self.scope.by, row.values, strict=True))
        if row.period is not None:
            named["period"] = row.period
        return named | row.measures.as_json(self.scope.basis)

    def _total(self) -> dict[str, Any]:
        total = self.total
        if self.scope.basis in BILL_BASES:
            return Measures().as_json("metered") | {
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


def _number(value: object) -> object:
    """Keep amounts numbers, so that a negative one is not mistaken for a formula."""
    return Decimal(value) if isinstance(value, str) else value


def costs(scope: Scope) -> Costs:
    """Answer a scope from the smallest table that holds it, in one snapshot.

    Groupings outside the rollups (user, step, or hours of combined dimensions) read the calls.
    """
    with snapshot() as cursor:
        organization = Organization.current()
        rows = () if scope.basis in BILL_BASES else _rows(cursor, scope, organization)
        return Costs(
            scope=scope,
            currency=organization.currency,
            rows=rows,
            total=Measures.sum_of(row.measures for row in rows),
            complete_to=complete_to(cursor),
        )


def complete_to(cursor: CursorWrapper) -> datetime | None:
    """Say up to when rollups hold everything: the last call, or the first stale hour."""
    cursor.execute(load_sql("rollups/complete_to.sql"))
    reached: datetime | None = cursor.fetchone()[0]
    return reached


def choose(scope: Scope) -> tuple[Table, str]:
    """Name the smallest table that can answer, and the dimension of its rows when it is narrow."""
    needed = scope.dimensions
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


def _rows(cursor: CursorWrapper, scope: Scope, organization: Organization) -> tuple[Row, ...]:
    table, dimension = choose(scope)
    query = _query(scope, table, dimension)
    zone = organization.zone
    cursor.execute(
        query,
        {
            "zone": organization.time_zone,
            "currency": organization.currency,
            "dimension": dimension,
            "since": scope.since,
            "until": scope.until,
            "since_instant": scope.since and day_start(scope.since, zone),
            "until_instant": scope.until and day_start(scope.until, zone),
            **{f"filter_{name}": _stored(name, values) for name, values in scope.filters.items()},
        },
    )
    names = _source_names() if "source" in scope.by else {}
    return tuple(_row(scope, found, names, zone) for found in cursor.fetchall())


def _row(scope: Scope, found: tuple[Any, ...], names: Mapping[int, str], zone: Any) -> Row:
    width = len(scope.by)
    values = tuple(
        names[value] if name == "source" else (value or UNALLOCATED)
        for name, value in zip(scope.by, found, strict=False)
    )
    return Row(values, _label(scope.grain, found[width], zone), Measures(*found[width + 1 :]))


def _label(grain: Grain, period: Any, zone: Any) -> str | None:
    if period is None:
        return None
    if grain == "hour":
        return hours_label(period, zone)
    return f"{period:%Y-%m}" if grain == "month" else f"{period:%Y-%m-%d}"


def _source_names() -> dict[int, str]:
    return dict(Source.objects.values_list("pk", "name"))


def _stored(dimension: str, values: Sequence[str]) -> list[Any]:
    """Translate what people ask for into what is stored: a missing value is the empty text."""
    if dimension == "source":
        return list(Source.objects.filter(name__in=values).values_list("pk", flat=True))
    return ["" if value == UNALLOCATED else value for value in values]


class _Shape(NamedTuple):
    """How one table spells dimensions, time and measures."""

    columns: Mapping[str, str]
    periods: Mapping[str, str]
    since: str
    until: str
    fixed: str


_FROM_CALLS: Final = "calls.source_id IN (SELECT id FROM finops_source WHERE role = 'meter')"
_CALL_COLUMNS: Final = {
    "feature": "coalesce(calls.feature, '')",
    "team": "coalesce(calls.team, '')",
    "customer": "coalesce(calls.customer, '')",
    "workflow": "coalesce(calls.workflow, '')",
    "user": "coalesce(calls.end_user, '')",
    "provider": "calls.provider",
    "model": "calls.model",
    "environment": "coalesce(calls.environment, '')",
    "status": "calls.status",
    "source": "calls.source_id",
    "step": "coalesce(calls.step, '')",
}
_ROLLUP_COLUMNS: Final = {name: name for name in FULL_DAY} | {"source": "source_id"}
_SHAPES: Final[Mapping[Table, _Shape]] = {
    "cost_by_hour": _Shape(
        _ROLLUP_COLUMNS,
        {"hour": "hour"},
        "hour >= %(since_instant)s",
        "hour < %(until_instant)s",
        "dimension = %(dimension)s",
    ),
    "cost_by_day": _Shape(
        _ROLLUP_COLUMNS,
        {"day": "day", "month": "date_trunc('month', day)::date"},
        "day >= %(since)s",
        "day < %(until)s",
        "dimension = %(dimension)s",
    ),
    "cost_by_day_full": _Shape(
        _ROLLUP_COLUMNS,
        {"day": "day", "month": "date_trunc('month', day)::date"},
        "day >= %(since)s",
        "day < %(until)s",
        "true",
    ),
    "calls": _Shape(
        _CALL_COLUMNS,
        {
            "hour": "date_trunc('hour', calls.started_at, %(zone)s)",
            "day": "(calls.started_at AT TIME ZONE %(zone)s)::date",
            "month": "date_trunc('month', calls.started_at AT TIME ZONE %(zone)s)::date",
        },
        "calls.started_at >= %(since_instant)s",
        "calls.started_at < %(until_instant)s",
        _FROM_CALLS,
    ),
}


def _query(scope: Scope, table: Table, dimension: str) -> sql.Composed:
    shape = _SHAPES[table]
    columns = dict(shape.columns)
    if dimension not in {"", "total"}:
        columns[dimension] = "value"
    groups = [columns[name] for name in scope.by]
    groups.append(shape.periods.get(scope.grain, "NULL::date"))
    conditions = [shape.fixed]
    conditions += [shape.since] if scope.since else []
    conditions += [shape.until] if scope.until else []
    conditions += [f"{columns[name]} = ANY (%(filter_{name})s)" for name in scope.filters]
    sums = measures.over_calls() if table == "calls" else measures.over_rollup()
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


def _text(fragment: str) -> sql.SQL:
    """Compose from the constants of this module; no word of a request ever comes here."""
    return sql.SQL(fragment)
