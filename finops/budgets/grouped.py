"""Many questions about spend, put to the database as one statement.

Questions on a basis that constrain the same dimensions are joined, all together, with the smallest
rollup that has them (``finops.rollups.queries.choose``); those about users or steps with the calls,
those about bills with their days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Any, Final, Literal, NamedTuple, cast

from psycopg import sql

from finops.budgets.scope import final_scope, stored_values
from finops.domain.measures import BILL_BASES
from finops.domain.periods import day_start
from finops.models import Source
from finops.rollups.queries import Basis, Scope, choose, reporting
from finops.rollups.shapes import (
    CALL_COLUMNS,
    CHARGE_COLUMNS,
    CHARGE_DAY,
    DAILY_CHARGE_COLUMNS,
    FROM_METERS,
    OF_CURRENT_BILLS,
    ROLLUP_COLUMNS,
    Table,
)
from finops.sql import load_sql, snapshot

#: A scope as its pairs, merged values as they are read.
Pairs = tuple[tuple[str, str], ...]
#: What answers are split by besides their question.
By = Literal["", "day", "workflow", "source"]


class Asked(NamedTuple):
    """Calls of a scope on days ``[since, until)`` of the reporting zone, or charges of those days.

    A bill's days are its provider's, in UTC.
    """

    scope: Pairs
    since: date
    until: date
    basis: Basis = "metered"

    @classmethod
    def of(
        cls, scope: Mapping[str, str], since: date, until: date, basis: str = "metered"
    ) -> Asked:
        """Ask for the scope of a budget, on its basis."""
        return cls(pairs_of(scope), since, until, cast("Basis", basis))


def pairs_of(scope: Mapping[str, str]) -> Pairs:
    """Give a scope's pairs; equal ones cover the same calls."""
    return tuple(final_scope(scope).items())


class Row(NamedTuple):
    """A part of an answer: of a day, a workflow, a source's number, or (None) of all.

    ``unpriced_calls`` have no price and count nothing; of bills, charges without an amount.
    """

    key: Any
    cost: Decimal
    unpriced_calls: int


def read(
    asked: Iterable[Asked],
    *,
    by: By = "",
    before: datetime | None = None,
    sources: Sequence[int] | None = None,
) -> dict[Asked, list[Row]]:
    """Answer every question, in rows that have to be added up where they share a key.

    With ``before`` only calls that began before that instant count: whole days come from the
    rollups, the calls of its own day from the ledger; of bills, whole days alone. With ``sources``
    only theirs do.
    """
    questions = list(dict.fromkeys(asked))
    found: dict[Asked, list[Row]] = {each: [] for each in questions}
    with snapshot() as cursor:
        joins = list(_joins(questions, by, before, sources))
        if joins:
            parameters: dict[str, Any] = {"zone": reporting().time_zone, "sources": sources}
            for number, join in enumerate(joins):
                parameters |= join.parameters(number)
            statement = sql.SQL(" UNION ALL ").join(
                join.query(number) for number, join in enumerate(joins)
            )
            cursor.execute(statement, parameters)
            for number, *row in cursor.fetchall():
                found[questions[number]].append(Row(*row))
    return found


def _joins(
    questions: Sequence[Asked], by: By, before: datetime | None, sources: Sequence[int] | None
) -> Iterator[_Join]:
    """Sort the questions by the table and the dimensions that answer them."""
    zone = reporting().zone
    cut = before.astimezone(zone).date() if before else date.max
    numbers = {name: str(pk) for name, pk in Source.objects.values_list("name", "pk")}
    joins: dict[tuple[Basis, Table, tuple[str, ...]], _Join] = {}

    def join_of(table: Table, narrow: str, names: tuple[str, ...], basis: Basis) -> _Join:
        made = _Join(table, narrow, names, by, only=sources is not None, basis=basis)
        return joins.setdefault((basis, table, names), made)

    for number, (pairs, since, until, basis) in enumerate(questions):
        scope = dict(pairs)
        names = tuple(scope)
        table, narrow = _table(names, by, basis, of_sources=sources is not None)
        values = _values(scope, numbers)
        whole = min(until, max(cut, since))
        if since < whole and table == "calls":
            join_of(table, "", names, basis).ask(
                number, day_start(since, zone), day_start(whole, zone), values
            )
        elif since < whole:
            join_of(table, narrow, names, basis).ask(number, since, whole, values)
        if before is not None and since <= cut < until and basis not in BILL_BASES:
            join_of("calls", "", names, basis).ask(number, day_start(cut, zone), before, values)
    yield from (join for join in joins.values() if join.questions)


def _table(names: tuple[str, ...], by: By, basis: Basis, *, of_sources: bool) -> tuple[Table, str]:
    """Choose where a question is answered, and the dimension of its rows where it is narrow."""
    split = (by,) if by in {"workflow", "source"} else ()
    limited = ("source",) if of_sources else ()
    needed = tuple(dict.fromkeys((*names, *split, *limited)))
    return choose(Scope(by=needed, grain="day", basis=basis))


def _values(scope: Mapping[str, str], sources: Mapping[str, str]) -> list[tuple[str, ...]]:
    """List the combinations of stored values that a scope covers; sources are stored by number."""
    stored = stored_values(scope)
    if "source" in stored:
        stored["source"] = [sources[name] for name in stored["source"] if name in sources]
    return list(product(*stored.values()))


@dataclass
class _Join:
    """Questions about the same dimensions, joined with one table."""

    table: Table
    narrow: str
    names: tuple[str, ...]
    by: By
    only: bool
    basis: Basis
    questions: list[int] = field(default_factory=list)
    since: list[Any] = field(default_factory=list)
    until: list[Any] = field(default_factory=list)
    values: list[tuple[str, ...]] = field(default_factory=list)

    def ask(self, question: int, since: Any, until: Any, values: list[tuple[str, ...]]) -> None:
        """Add a question, once for each combination of values."""
        for combination in values:
            self.questions.append(question)
            self.since.append(since)
            self.until.append(until)
            self.values.append(combination)

    def parameters(self, number: int) -> dict[str, Any]:
        """Give the questions as arrays, under names that this join alone has."""
        columns = [list(column) for column in zip(*self.values, strict=True)] or []
        return {
            f"question_{number}": self.questions,
            f"since_{number}": self.since,
            f"until_{number}": self.until,
            f"first_{number}": min(self.since),
            f"last_{number}": max(self.until),
            f"dimension_{number}": self.narrow,
            **{f"value_{number}_{place}": column for place, column in enumerate(columns)},
        }

    def query(self, number: int) -> sql.Composed:
        """Compose the join; all words come from the constants of this module and the rollups'."""
        shape = _of_bills(self.table, self.basis) or _SHAPES[self.table]
        columns = self._columns(shape)
        places = range(len(self.names))
        arrays = [
            f"%(question_{number})s::int[]",
            f"%(since_{number})s::{shape.kind}[]",
            f"%(until_{number})s::{shape.kind}[]",
            *(f"%(value_{number}_{place})s::text[]" for place in places),
        ]
        matches = [f"{columns[name]} = wanted.value_{n}" for n, name in enumerate(self.names)]
        fixed = shape.fixed.replace("%(dimension)s", f"%(dimension_{number})s")
        if self.only:
            fixed += f" AND {columns['source'].removesuffix('::text')} = ANY (%(sources)s)"
        return load_sql("budgets/spend.sql").format(
            by=_text(self._split(shape, columns)),
            cost=_text(shape.cost),
            unpriced=_text(shape.unpriced),
            wanted=_text(", ".join(arrays)),
            names=_text(", ".join(["question", "since", "until", *(f"value_{n}" for n in places)])),
            table=sql.Identifier(self.table),
            time=_text(shape.time),
            matches=_text(" AND ".join(matches) or "true"),
            first=_text(f"%(first_{number})s::{shape.kind}"),
            last=_text(f"%(last_{number})s::{shape.kind}"),
            fixed=_text(fixed),
        )

    def _columns(self, shape: _Shape) -> dict[str, str]:
        columns = {**shape.columns, "source": f"{shape.columns['source']}::text"}
        if self.narrow not in {"", "total"}:
            columns[self.narrow] = f"{self.table}.value"
        return columns

    def _split(self, shape: _Shape, columns: Mapping[str, str]) -> str:
        return {"": "NULL::text", "day": shape.day}.get(self.by) or columns[self.by]


class _Shape(NamedTuple):
    """How one table spells dimensions, time and measures."""

    columns: Mapping[str, str]
    kind: str
    time: str
    day: str
    cost: str
    unpriced: str
    fixed: str


_BY_DAY: Final = {"kind": "date", "time": "day", "day": "day"} | {
    "cost": "cost",
    "unpriced": "unpriced_calls",
}
_SHAPES: Final[Mapping[str, _Shape]] = {
    "cost_by_day": _Shape(ROLLUP_COLUMNS, **_BY_DAY, fixed="dimension = %(dimension)s"),
    "cost_by_day_full": _Shape(ROLLUP_COLUMNS, **_BY_DAY, fixed="true"),
    "calls": _Shape(
        CALL_COLUMNS,
        kind="timestamptz",
        time="calls.started_at",
        day="(calls.started_at AT TIME ZONE %(zone)s)::date",
        cost="coalesce(calls.cost, 0)",
        unpriced="CASE WHEN calls.cost IS NULL THEN calls.requests ELSE 0 END",
        fixed=FROM_METERS,
    ),
}


def _of_bills(table: Table, basis: Basis) -> _Shape | None:
    """Say how bills are read on a basis, by day or, for who used something, charge by charge."""
    if table == "charges_by_day":
        return _Shape(
            DAILY_CHARGE_COLUMNS,
            **_BY_DAY
            | {"cost": basis, "unpriced": f"least(rows, unconverted_rows + missing_{basis}_rows)"},
            fixed="true",
        )
    if table == "charges":
        amount = f"charges.{basis}_cost * charges.exchange_rate"
        return _Shape(
            CHARGE_COLUMNS,
            kind="date",
            time=CHARGE_DAY,
            day=CHARGE_DAY,
            cost=f"coalesce({amount}, 0)",
            unpriced=f"CASE WHEN {amount} IS NULL THEN 1 ELSE 0 END",
            fixed=OF_CURRENT_BILLS,
        )
    return None


def _text(fragment: str) -> sql.SQL:
    """Compose from constants; no word of a budget ever comes here."""
    return sql.SQL(fragment)
