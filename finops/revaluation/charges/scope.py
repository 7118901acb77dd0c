"""Which charges a revaluation looks at: those of current bills in open months, in bounded slices.

The row of every step is found by the primary key, in order of billing period and number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from psycopg import sql

from finops.domain.dimensions import UNALLOCATED
from finops.models import BillSnapshot
from finops.revaluation.charges.columns import StoredCharge, read_charge, stored_columns
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from finops.models import Revaluation

#: Charges looked at in one step; what matches among them is held in memory at once.
SLICE: Final = 20_000

#: The dimensions that charges have, and where they are read.
COLUMNS: Final = {
    "feature": "charge.feature",
    "team": "charge.team",
    "customer": "charge.customer",
    "workflow": "charge.workflow",
    "user": "charge.end_user",
    "provider": "charge.provider",
    "model": "charge.model",
    "environment": "charge.environment",
    "source": "(SELECT name FROM finops_source WHERE finops_source.id = charge.source_id)",
}

_Place = tuple[date, int]


@dataclass(frozen=True, kw_only=True)
class ChargesInScope:
    """Charges whose period starts in ``[since, until)`` (UTC instants) and that hold all filters.

    ``filters`` maps a dimension to alternatives, compared with what the charges carry now;
    ``unallocated`` is a missing value. Charges of ``closed`` months are left out. Raises
    ValueError for a dimension that charges do not have, or an empty period.
    """

    since: datetime | None = None
    until: datetime | None = None
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Check every part once, so that no reader has to."""
        for name in self.filters:
            if name not in COLUMNS:
                raise ValueError(f"charges have no {name!r}; choose from {', '.join(COLUMNS)}")
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must be before until")

    @classmethod
    def of(cls, job: Revaluation, *, closed: frozenset[date]) -> ChargesInScope:
        """Read the scope of a stored run."""
        return cls(since=job.since, until=job.until, filters=job.filters, closed=closed)

    def condition(self) -> sql.Composed:
        """Say it over a table called ``charge``; ``parameters`` fills it in."""
        return self._all("charge.accounting_month <> ALL (%(closed)s)")

    def left_out(self) -> sql.Composed:
        """Say over the same table which charges are left out because their month is closed."""
        return self._all("charge.accounting_month = ANY (%(closed)s)")

    def parameters(self) -> dict[str, Any]:
        """Give the values of both."""
        filters = {
            f"filter_{name}": ["" if value == UNALLOCATED else value for value in values]
            for name, values in self.filters.items()
        }
        bounds = {"since": self.since, "until": self.until, "closed": sorted(self.closed)}
        return bounds | {"current": BillSnapshot.CURRENT} | filters

    def _all(self, months: str) -> sql.Composed:
        current = (
            "charge.snapshot_id IN (SELECT id FROM finops_billsnapshot WHERE status = %(current)s)"
        )
        conditions = [current, months]
        conditions += ["charge.charge_period_start >= %(since)s"] if self.since else []
        conditions += ["charge.charge_period_start < %(until)s"] if self.until else []
        conditions += [
            f"coalesce({COLUMNS[name]}, '') = ANY (%(filter_{name})s)" for name in self.filters
        ]
        # Constants of this module: no word of a request ever comes here.
        return sql.SQL(" AND ").join(map(sql.SQL, conditions))

    def slices(self) -> Iterator[list[StoredCharge]]:
        """Go through the scope in steps of bounded work, each a short transaction; some empty."""
        with connection.cursor() as cursor:
            cursor.execute(load_sql("revaluation/charges/last_place.sql").format())
            last: _Place | None = cursor.fetchone()
            after: _Place | None = (date.min, -1) if last else None
            while last is not None and after is not None:
                with transaction.atomic():
                    rows, after = self._slice(cursor, after, last)
                yield rows

    def _slice(
        self, cursor: CursorWrapper, after: _Place, last: _Place
    ) -> tuple[list[StoredCharge], _Place | None]:
        bounds = _named("after", after) | _named("last", last) | {"size": SLICE}
        cursor.execute(load_sql("revaluation/charges/find_slice_end.sql").format(), bounds)
        found: _Place | None = cursor.fetchone()
        query = load_sql("revaluation/charges/read_slice.sql").format(
            columns=stored_columns(), scope=self.condition()
        )
        cursor.execute(query, self.parameters() | bounds | _named("upto", found or last))
        return [read_charge(row) for row in cursor.fetchall()], found


def _named(name: str, place: _Place) -> dict[str, Any]:
    period, number = place
    return {f"{name}_period": period, f"{name}_id": number}
