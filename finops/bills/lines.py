"""The lines of current bills: one page of them, all of them in order, and a single one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from psycopg import sql

from finops.bills.exploring import LINE_COLUMNS, ChargeScope, conditions_on, parameters
from finops.models import BillSnapshot
from finops.sql import load_sql, snapshot

_TIME_COLUMNS: Final[Mapping[str, str]] = {
    "billing": "charges.billing_period",
    "charge": LINE_COLUMNS["day"],
    "posted": "charges.accounting_month",
}
#: What a search looks into.
SEARCHED: Final = (
    "charge_description",
    "service_name",
    "sku_meter",
    "sku_id",
    "resource_id",
    "resource_name",
    "billing_account_name",
    "sub_account_id",
    "sub_account_name",
    "invoice_id",
    "line_item_id",
    "principal_id",
    "credential_id",
    "model",
)
#: How many rows are read at a time when all are wanted.
_BATCH: Final = 2_000


#: Beyond every number that a line can have.
_MOST_IDS: Final = 2**63
#: Columns that hold objects, which arrive as text.
_OBJECTS: Final = ("sku_price_details", "tags", "extra", "attributed_by")


class Place(NamedTuple):
    """Where a page of lines ends: the amount of its last line, and its number."""

    amount: Decimal
    id: int

    @classmethod
    def read(cls, text: str) -> Place | None:
        """Read ``12.5:17`` from an address; None for whatever is no place."""
        amount, colon, number = text[:120].partition(":")
        plain = amount.removeprefix("-").replace(".", "", 1)
        if not (colon and plain.isascii() and plain.isdecimal()):
            return None
        if not (number.isascii() and number.isdecimal() and int(number[:20]) < _MOST_IDS):
            return None
        return cls(Decimal(amount), int(number))

    def __str__(self) -> str:
        return f"{self.amount:f}:{self.id}"


class Line(NamedTuple):
    """A line as lists show it. Costs are in the billing currency, ``worth`` in the reporting one.

    ``worth`` is None where the bill names no cost or nobody has said what its currency is worth.
    """

    id: int
    day: date
    billing_period: date
    description: str
    service: str
    provider: str
    account: str
    category: str
    correction: bool
    kind: str
    model: str
    token_kind: str
    team: str
    currency: str
    billed_cost: Decimal | None
    effective_cost: Decimal | None
    list_cost: Decimal | None
    contracted_cost: Decimal | None
    worth: Decimal | None
    place: Decimal


class Lines(NamedTuple):
    """A page of lines, dearest first, and where the next one begins; None after the last."""

    lines: tuple[Line, ...]
    next: Place | None


def charge_lines(scope: ChargeScope, *, limit: int, after: Place | None = None) -> Lines:
    """Give lines by what was billed, dearest first; lines without an amount stand with those of 0.

    ``after`` is where the page before ended.
    """
    held = _conditions(scope)
    if after is not None:
        held.append(
            "(coalesce(charges.billed_cost * charges.exchange_rate, 0), -charges.id)"
            " < (%(after_amount)s, -%(after_id)s)"
        )
    statement = load_sql("bills/charge_lines.sql").format(conditions=_text(" AND ".join(held)))
    with snapshot() as cursor:
        given = _parameters(scope) | {"limit": limit + 1}
        if after is not None:
            given |= {"after_amount": after.amount, "after_id": after.id}
        cursor.execute(statement, given)
        found = [Line(*row) for row in cursor.fetchall()]
    shown = tuple(found[:limit])
    last = Place(shown[-1].place, shown[-1].id) if len(found) > limit else None
    return Lines(shown, last)


class Matched(NamedTuple):
    """How many lines match, and what they were billed in the reporting currency."""

    rows: int
    billed: Decimal


def matched(scope: ChargeScope) -> Matched:
    """Count the lines of a scope, its search included."""
    statement = load_sql("bills/charge_matched.sql").format(
        conditions=_text(" AND ".join(_conditions(scope)))
    )
    with snapshot() as cursor:
        cursor.execute(statement, _parameters(scope))
        return Matched(*cursor.fetchone())


#: What leaves in a file of lines, in this order.
FILE_COLUMNS: Final = (
    *("id", "billing_period", "billing_account_id", "billing_account_name"),
    *("sub_account_id", "sub_account_name", "charge_period_start", "charge_period_end"),
    *("charge_category", "charge_class", "charge_description", "service_provider_name"),
    *("invoice_issuer_name", "invoice_id", "service_category", "service_name", "sku_id"),
    *("sku_meter", "resource_id", "resource_name", "region_id", "pricing_quantity"),
    *("pricing_unit", "consumed_quantity", "consumed_unit", "principal_id", "credential_id"),
    *("billing_currency", "billed_cost", "effective_cost", "list_cost", "contracted_cost"),
    *("exchange_rate", "accounting_month", "kind", "provider", "model", "token_kind", "tokens"),
    *("feature", "team", "customer", "workflow", "environment", "import_id", "line"),
)


def each_line(scope: ChargeScope, *, most: int) -> Iterator[tuple[Any, ...]]:
    """Give the lines of a scope in the order of their bills, at most ``most``, in batches.

    To be read to its end inside one snapshot.
    """
    statement = load_sql("bills/charge_file.sql").format(
        columns=sql.SQL(", ").join(sql.Identifier("charges", name) for name in FILE_COLUMNS),
        conditions=_text(" AND ".join(_conditions(scope))),
    )
    after, left = (0, 0, 0), most
    with snapshot() as cursor:
        asked = _parameters(scope)
        while left > 0:
            limit = min(_BATCH, left)
            place = dict(zip(("after_snapshot", "after_line", "after_id"), after, strict=True))
            cursor.execute(statement, {**asked, **place, "limit": limit})
            found = cursor.fetchall()
            yield from (row[3:] for row in found)
            if len(found) < limit:
                return
            after, left = found[-1][:3], left - len(found)


class Charge(NamedTuple):
    """A whole line: every column by name, and the version of the bill that it is part of."""

    columns: Mapping[str, Any]
    snapshot: BillSnapshot

    @property
    def is_current(self) -> bool:
        """Say whether it counts."""
        return self.snapshot.status == BillSnapshot.CURRENT

    def worth(self, cost: str) -> Decimal | None:
        """Give one of its costs in the reporting currency."""
        amount, rate = self.columns[cost], self.columns["exchange_rate"]
        return None if amount is None or rate is None else amount * rate

    @property
    def started(self) -> datetime:
        """When what it pays for began."""
        return self.columns["charge_period_start"]  # type: ignore[no-any-return]  # as the table is


def charge_of(number: int) -> Charge | None:
    """Give a line by its number, of whatever version that still has its lines; None without one."""
    with snapshot() as cursor:
        months = BillSnapshot.objects.values_list("billing_period", flat=True).distinct()
        cursor.execute(load_sql("bills/charge.sql"), {"id": number, "months": list(months)})
        row = cursor.fetchone()
        if row is None:
            return None
        columns = dict(zip([column.name for column in cursor.description], row, strict=True))
        columns |= {name: json.loads(columns[name] or "{}") for name in _OBJECTS}
        bills = BillSnapshot.objects.select_related("source")
        return Charge(columns, bills.get(pk=columns["snapshot_id"]))


def _conditions(scope: ChargeScope) -> list[str]:
    held = conditions_on(scope, LINE_COLUMNS, _TIME_COLUMNS[scope.time])
    if scope.search:
        looked = ", ".join(f"charges.{name}" for name in SEARCHED)
        held.append(f"strpos(lower(concat_ws(chr(10), {looked})), lower(%(search)s)) > 0")
    return held


def _parameters(scope: ChargeScope) -> dict[str, Any]:
    return parameters(scope) | {"search": scope.search, "current": _current()}


def _current() -> Sequence[int]:
    """List the snapshots whose lines count."""
    found = BillSnapshot.objects.filter(status=BillSnapshot.CURRENT)
    return list(found.values_list("pk", flat=True))


def _text(fragment: str) -> sql.SQL:
    """Compose from the constants of this package; no word of a request ever comes here."""
    return sql.SQL(fragment)
