"""Which calls a revaluation looks at: a condition on the ledger's rows, in bounded slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from psycopg import sql

from finops.domain.dimensions import UNALLOCATED, parse_dimensions
from finops.revaluation.columns import StoredCall, stored_columns
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from finops.models import Revaluation

#: Calls looked at in one step; what matches among them is held in memory at once.
SLICE: Final = 20_000

_COLUMNS: Final = {
    "feature": "call.feature",
    "team": "call.team",
    "customer": "call.customer",
    "workflow": "call.workflow",
    "user": "call.end_user",
    "provider": "call.provider",
    "model": "call.model",
    "environment": "call.environment",
    "status": "call.status",
    "source": "(SELECT name FROM finops_source WHERE finops_source.id = call.source_id)",
    "step": "call.step",
}


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Calls that start in ``[since, until)`` (UTC instants), hold all filters, and are unpriced.

    ``filters`` maps a dimension to alternatives, compared with what the calls carry now;
    ``unallocated`` is a missing value. Calls of ``closed`` months are left out. Raises
    ValueError for an unknown dimension or an empty period.
    """

    since: datetime | None = None
    until: datetime | None = None
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unpriced_only: bool = False
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Check every part once, so that no reader has to."""
        parse_dimensions(",".join(self.filters))
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must be before until")

    @classmethod
    def of(cls, job: Revaluation) -> Scope:
        """Read the scope of a stored run."""
        return cls(
            since=job.since, until=job.until, filters=job.filters, unpriced_only=job.unpriced_only
        )

    def condition(self) -> sql.Composed:
        """Say it over a table called ``call``; ``parameters`` fills it in."""
        left_out = ["call.accounting_month <> ALL (%(closed)s)"] if self.closed else []
        return sql.SQL(" AND ").join(map(_text, [*self._conditions(), *left_out]))

    def left_out(self) -> sql.Composed:
        """Say over the same table which calls are left out because their month is closed."""
        left_out = "call.accounting_month = ANY (%(closed)s)"
        return sql.SQL(" AND ").join(map(_text, [*self._conditions(), left_out]))

    def _conditions(self) -> list[str]:
        conditions = ["true"]
        conditions += ["call.started_at >= %(since)s"] if self.since else []
        conditions += ["call.started_at < %(until)s"] if self.until else []
        conditions += ["call.cost IS NULL"] if self.unpriced_only else []
        conditions += [
            f"coalesce({_COLUMNS[name]}, '') = ANY (%(filter_{name})s)" for name in self.filters
        ]
        return conditions

    def parameters(self) -> dict[str, Any]:
        """Give the values of ``condition``."""
        filters = {
            f"filter_{name}": ["" if value == UNALLOCATED else value for value in values]
            for name, values in self.filters.items()
        }
        bounds = {"since": self.since, "until": self.until, "closed": sorted(self.closed)}
        return bounds | filters

    def slices(self) -> Iterator[list[StoredCall]]:
        """Go through the scope in order of time, in steps of bounded work; some may be empty.

        Every step is a short transaction of its own. A cursor held open over the whole scope
        would hold back vacuum, and could not commit stage, heartbeat and resume point with it.
        """
        with connection.cursor() as cursor:
            bounds = self._bounds(cursor)
            while bounds is not None:
                with transaction.atomic():
                    rows, bounds = self._slice(cursor, bounds)
                yield rows

    def _bounds(self, cursor: CursorWrapper) -> dict[str, Any] | None:
        """Begin at the first call, end with the last one that is there now."""
        cursor.execute("SELECT min(started_at), max(started_at) FROM calls")
        first, last = cursor.fetchone()
        if first is None:
            return None
        since, until = self.since or first, self.until or datetime.max.replace(tzinfo=UTC)
        if since > last or until <= first:
            return None
        return {"after_time": max(since, first), "after_id": -1, "last": last}

    def _slice(
        self, cursor: CursorWrapper, bounds: dict[str, Any]
    ) -> tuple[list[StoredCall], dict[str, Any] | None]:
        cursor.execute(
            load_sql("revaluation/find_slice_end.sql").format(), bounds | {"size": SLICE}
        )
        found = cursor.fetchone()
        reached, reached_id = found or (bounds["last"], 2**63 - 1)
        query = load_sql("revaluation/read_slice.sql").format(
            columns=stored_columns(), scope=self.condition()
        )
        upto = {"upto_time": reached, "upto_id": reached_id}
        cursor.execute(query, self.parameters() | bounds | upto)
        rows = list(map(StoredCall._make, cursor.fetchall()))
        if found is None or (self.until and reached >= self.until):
            return rows, None
        return rows, bounds | {"after_time": reached, "after_id": reached_id}


def _text(fragment: str) -> sql.SQL:
    """Compose from the constants of this module; no word of a request ever comes here."""
    return sql.SQL(fragment)
