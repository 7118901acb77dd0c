"""Which charges a pool picks: patterns become SQL; the first pool that matches has the charge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psycopg import sql

from finops.attribution.charges import USER_PREFIXES
from finops.models import CostPool
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: The columns that a pattern is compared with; any of them may match.
_COLUMNS: Final = {
    "provider": ("provider",),
    "service_name": ("service_name",),
    "sku_meter": ("sku_meter",),
    "resource": ("resource_id", "resource_name"),
    "account": ("billing_account_id", "billing_account_name"),
    "sub_account": ("sub_account_id", "sub_account_name"),
}
#: What a basis is called among the columns of charges.
COSTS: Final = {"billed": "billed_cost", "effective": "effective_cost"}


class Picked(NamedTuple):
    """What a pool picked of one incurred month, in the reporting currency.

    ``unconverted`` rows have no exchange rate, ``missing`` ones no cost on the basis; neither is
    in the amount.
    """

    amount: Decimal = Decimal(0)
    rows: int = 0
    unconverted: int = 0
    missing: int = 0


class Bills(NamedTuple):
    """The bills that are posted to a month."""

    month: date
    snapshots: tuple[int, ...]
    periods: tuple[date, ...]


Picks = dict[tuple[int | None, date], Picked]


def bills_of(cursor: CursorWrapper, month: date) -> Bills:
    """Find the current bills of a month."""
    cursor.execute(load_sql("allocation/current_bills.sql"), {"month": month})
    found = cursor.fetchall()
    periods = sorted({period for _, period in found})
    return Bills(month, tuple(sorted(snapshot for snapshot, _ in found)), tuple(periods))


def pick(
    cursor: CursorWrapper, pools: Sequence[CostPool], bills: Bills, *, dimension: str, basis: str
) -> Picks:
    """Sum up what each pool picks, by its place in ``pools`` and incurred month.

    The place is None for charges that no pool picks. A charge with a value of the dimension is
    direct and never looked at; surcharges pick nothing.
    """
    if not bills.snapshots:
        return {}
    asked = Asked(bills)
    pool = _first_match(pools, asked)
    query = load_sql("allocation/pool_amounts.sql").format(
        keys=asked.selected(),
        grouped=asked.grouped(),
        cost=sql.Identifier(COSTS[basis]),
        value=sql.Identifier(dimension),
        pool=pool,
    )
    cursor.execute(query, asked.parameters)
    return {(place, incurred): Picked(*rest) for place, incurred, *rest in cursor.fetchall()}


class Asked:
    """What conditions look at, each expression named once, and what they compare it with."""

    def __init__(self, bills: Bills) -> None:
        """Begin with the charges of these bills."""
        self._named: dict[str, tuple[sql.Composable, sql.Identifier]] = {}
        self.parameters: dict[str, Any] = {
            "month": bills.month,
            "snapshots": list(bills.snapshots),
            "periods": list(bills.periods),
        }

    def column(self, name: str) -> sql.Composable:
        """Name a column of charges."""
        return self._name(name, sql.Identifier(name))

    def tag(self, key: str) -> sql.Composable:
        """Name the value of a tag, however a provider marks those that its customers wrote."""
        said = f"tag {key}"
        if said in self._named:
            return self._named[said][1]
        spellings = [
            sql.SQL("tags ->> {}").format(self.value(p + key)) for p in ("", *USER_PREFIXES)
        ]
        return self._name(said, sql.SQL("coalesce({})").format(sql.SQL(", ").join(spellings)))

    def value(self, value: object) -> sql.Placeholder:
        """Keep a value for the query."""
        name = f"asked_{len(self.parameters)}"
        self.parameters[name] = value
        return sql.Placeholder(name)

    def selected(self) -> sql.Composable:
        """Write the expressions for a SELECT; there is always one."""
        named = self._named.values() or [(sql.SQL("true"), sql.Identifier("everything"))]
        return sql.SQL(", ").join(sql.SQL("{} AS {}").format(*pair) for pair in named)

    def grouped(self) -> sql.Composable:
        """Write the names for a GROUP BY."""
        names = [name for _, name in self._named.values()] or [sql.Identifier("everything")]
        return sql.SQL(", ").join([*names, sql.Identifier("incurred")])

    def _name(self, said: str, expression: sql.Composable) -> sql.Composable:
        name = sql.Identifier(f"key_{len(self._named)}")
        return self._named.setdefault(said, (expression, name))[1]


def condition(pool: CostPool, asked: Asked) -> sql.Composable:
    """Write what a pool asks of a charge."""
    parts: list[sql.Composable] = []
    if pool.kinds:
        kinds = asked.value(list(pool.kinds))
        parts.append(sql.SQL("{} = ANY({})").format(asked.column("kind"), kinds))
    for name, columns in _COLUMNS.items():
        if pattern := getattr(pool, name):
            like = [_like(asked.column(column), pattern, asked) for column in columns]
            parts.append(sql.SQL("({})").format(sql.SQL(" OR ").join(like)))
    if pool.tag:
        parts.append(_like(asked.tag(pool.tag), pool.tag_value or "*", asked))
    return sql.SQL(" AND ").join(parts) if parts else sql.SQL("true")


def _first_match(pools: Sequence[CostPool], asked: Asked) -> sql.Composable:
    branches = [
        sql.SQL("WHEN {} THEN {}").format(condition(pool, asked), sql.Literal(place))
        for place, pool in enumerate(pools)
        if pool.surcharge_percent is None
    ]
    if not branches:
        return sql.SQL("NULL::integer")
    return sql.SQL("CASE {} END").format(sql.SQL(" ").join(branches))


def _like(expression: sql.Composable, pattern: str, asked: Asked) -> sql.Composable:
    """Compare with ``*`` as a wildcard and without regard to case."""
    escaped = pattern.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return sql.SQL("{} ILIKE {}").format(expression, asked.value(escaped.replace("*", "%")))
