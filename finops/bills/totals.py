"""Control totals of snapshots: rows and the four costs, per currency, with what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from finops.domain.charge import CHARGE_COSTS
from finops.domain.money import exact_sum, plain
from finops.models import BillSnapshot
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


class _Part(NamedTuple):
    """What one service of one provider cost in one currency; a cost no row says is None.

    ``inside`` are the first and last day within the billing period, ``days`` of all charges.
    """

    snapshot_id: int
    currency: str
    service: str
    provider: str
    rows: int
    costs: tuple[Decimal | None, ...]
    missing: tuple[int, ...]
    inside: tuple[date | None, date | None]
    days: tuple[date, date]

    @classmethod
    def of(cls, row: Sequence[Any]) -> _Part:
        """Read a row of the statement."""
        snapshot_id, currency, service, provider, rows, *rest = row
        costs, missing, days = rest[:_WIDTH], rest[_WIDTH : 2 * _WIDTH], rest[2 * _WIDTH :]
        return cls(
            snapshot_id,
            currency,
            service,
            provider,
            rows,
            tuple(costs),
            tuple(missing),
            inside=(days[0], days[1]),
            days=(days[2], days[3]),
        )


_WIDTH: Final = len(CHARGE_COSTS)


def take_totals(cursor: CursorWrapper, snapshots: Sequence[BillSnapshot]) -> None:
    """Write down on each snapshot of ``bill_days`` what its charges add up to, and save it."""
    cursor.execute(load_sql("bills/totals.sql").format())
    parts: dict[int, list[_Part]] = defaultdict(list)
    for row in cursor.fetchall():
        parts[row[0]].append(_Part.of(row))
    for snapshot in snapshots:
        _describe(snapshot, parts[snapshot.pk])
        snapshot.save()


def _describe(snapshot: BillSnapshot, parts: Sequence[_Part]) -> None:
    currencies = sorted({part.currency for part in parts})
    snapshot.rows = sum(part.rows for part in parts)
    snapshot.first_day, snapshot.last_day = _reach(parts)
    snapshot.provider = _most([(part.provider, part.rows) for part in parts])[:200]
    of = {name: [part for part in parts if part.currency == name] for name in currencies}
    snapshot.totals = {name: _totals(of[name]) for name in currencies}
    snapshot.services = {name: _services(of[name]) for name in currencies}


def _reach(parts: Sequence[_Part]) -> tuple[date | None, date | None]:
    """Give the first and last day that a bill tells of, corrections of other months aside."""
    first = [part.inside[0] for part in parts if part.inside[0]]
    last = [part.inside[1] for part in parts if part.inside[1]]
    if not first or not last:
        first, last = [part.days[0] for part in parts], [part.days[1] for part in parts]
    return min(first, default=None), max(last, default=None)


def _totals(parts: Sequence[_Part]) -> dict[str, Any]:
    sums = {
        name: _sum(part.costs[place] for part in parts) for place, name in enumerate(CHARGE_COSTS)
    }
    missing = {
        name: sum(part.missing[place] for part in parts) for place, name in enumerate(CHARGE_COSTS)
    }
    return {"rows": sum(part.rows for part in parts), **sums, "missing": missing}


def _services(parts: Sequence[_Part]) -> dict[str, str]:
    names = sorted({part.service for part in parts})
    return {
        name: _sum(part.costs[0] for part in parts if part.service == name) or "0" for name in names
    }


def _sum(amounts: Iterable[Decimal | None]) -> str | None:
    """Add up what is said, as a decimal string; None when nothing is."""
    said = [amount for amount in amounts if amount is not None]
    return plain(exact_sum(said)) if said else None


def _most(counted: Iterable[tuple[str, int]]) -> str:
    rows: dict[str, int] = defaultdict(int)
    for name, count in counted:
        rows[name] += count
    return max(sorted(rows), key=rows.__getitem__, default="")
