"""Take an import out of the ledger, as if it had never arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from django.db import connection
from psycopg import sql

from finops.ledger.publish import mark_stale
from finops.months.closed import refuse_closed
from finops.months.publications import hold_off
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


@dataclass(frozen=True)
class Deleted:
    """What deleting did: calls that went, and calls that another route still vouches for."""

    removed: int
    kept: int


class Doomed(NamedTuple):
    """What deleting would do: calls and their counted cost that go, and calls that stay."""

    removed: int
    cost: Decimal
    kept: int


#: Statements in order; each is one set operation over the calls of the import.
_STEPS: Final = (
    "choose_doomed",
    "choose_heirs",
    "keep_versions",
    "forget_removed_keys",
    "remove_calls",
    "hand_over_unchanged",
    "drop_handed_over",
    "insert_handed_over",
    "move_handed_over_keys",
    "forget_evidence",
)
#: After this step it is known what would change, and nothing has changed.
_CHOSEN: Final = "choose_heirs"
_REPLACED: Final = sql.SQL("(SELECT call_id, old_version FROM heirs WHERE version IS NOT NULL)")


def delete_import(import_id: int, *, keep: Literal["first", "largest_output"]) -> Deleted:
    """Remove the calls that only this import brought; others pass to their next best route.

    ``keep`` is what the import's format says of repeated ids. Waits for publications under way,
    and reads all calls once, since calls may have come to the import from another deleted one.
    Call it inside a transaction, together with the record that says who deleted what; it commits
    nothing itself. Raises MonthClosed when any of the calls is posted to a closed month.
    """
    touched: dict[str, int] = {}
    with connection.cursor() as cursor:
        hold_off(cursor)
        cursor.execute("DROP TABLE IF EXISTS pg_temp.doomed, pg_temp.heirs")
        for step in _STEPS:
            statement = load_sql(f"ledger/{step}.sql").format(replaced=_REPLACED)
            cursor.execute(statement, {"import_id": import_id, "keep": keep})
            touched[step] = cursor.rowcount
            if step == _CHOSEN:
                refuse_closed(_posted(cursor))
        cursor.execute(
            "SELECT started_at FROM doomed UNION"
            " SELECT (version->>'started_at')::timestamptz FROM heirs WHERE version IS NOT NULL"
        )
        mark_stale(cursor, [instant for (instant,) in cursor.fetchall()])
    return Deleted(removed=touched["remove_calls"], kept=touched["choose_heirs"])


def _posted(cursor: CursorWrapper) -> list[date]:
    """Give the months to which the doomed calls are posted, and those that replace them."""
    cursor.execute(load_sql("ledger/posted_months.sql"))
    return [month for (month,) in cursor.fetchall()]


def preview(import_id: int) -> Doomed:
    """Count what ``delete_import`` would remove now. Reads all calls once, as deleting does."""
    with connection.cursor() as cursor:
        statement = load_sql("ledger/count_doomed.sql").format()
        cursor.execute(statement, {"import_id": import_id})
        return Doomed(*cursor.fetchone())
