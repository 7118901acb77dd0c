"""A run over calls: priced by today's book, attributed by today's rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from finops.attribution.queries import rules
from finops.ledger.publish import mark_stale
from finops.models import Organization, Revaluation
from finops.months.closed import closed_months
from finops.months.publications import keep_open
from finops.pricing.price_book import PriceBook
from finops.revaluation import figures
from finops.revaluation.assignments import staged_values
from finops.revaluation.columns import COLUMN_TYPES, VALUED, StoredCall, values_of
from finops.revaluation.effect import book_for
from finops.revaluation.scope import Scope
from finops.revaluation.stage import Stage
from finops.revaluation.value import Revised, Reviser
from finops.revaluation.work import Figures, OutcomeDiffers
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: What is staged beside the new values: which call, what it was, and what it cost whom.
_BESIDE: Final = {
    "call_id": "bigint NOT NULL",
    "started_at": "timestamptz NOT NULL",
    "version": "xid NOT NULL",
    "metered": "boolean NOT NULL",
    "old_team": "text",
    "old_model": "text NOT NULL",
    "old_cost": "numeric",
    "before": "jsonb NOT NULL",
}
_TEAM, _MODEL, _COST = (VALUED.index(name) for name in ("team", "model", "cost"))


class CallWork:
    """Calls of a scope that lie in open months, and the prices and rules that they go by."""

    changed: Final = "changed_calls"
    rows: Final = "calls"

    def __init__(self, job: Revaluation) -> None:
        """Read prices, rules and closed months, once."""
        self._job = job
        self._closed = closed_months()
        self._scope = replace(Scope.of(job), closed=self._closed)
        self._book_version = PriceBook.version()  # before anything of it is read
        self._book, self._rules = book_for(job), rules()
        self._currency = Organization.current().currency
        self.stage = Stage(job.pk, _BESIDE | COLUMN_TYPES)

    def slices(self) -> Iterator[int]:
        """Value every call of the scope again, and stage those that change."""
        reviser = Reviser(
            parts=self._job.parts, book=self._book, rules=self._rules, currency=self._currency
        )
        for calls in self._scope.slices():
            for call in calls:
                revised = reviser.revise(call)
                if revised is not None:
                    self.stage.add(_staged(call, revised))
            yield len(calls)

    def hold(self, cursor: CursorWrapper) -> None:
        """Let no month be closed meanwhile; a call that is told again is told by its version."""
        keep_open(cursor)

    def figures(self, cursor: CursorWrapper) -> Figures:
        """Sum up; refuse what was staged by prices, rules or months that have changed since."""
        if self._book_version != PriceBook.version() or self._rules != rules():
            raise OutcomeDiffers("prices or rules changed while the run was under way")
        if self._closed != closed_months():
            raise OutcomeDiffers("a month was closed or reopened while the run was under way")
        return figures.summarise(cursor, self.stage, self._scope, currency=self._currency)

    def differences(self, promised: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
        """Compare the figures of the calls that change."""
        return figures.differences(promised, found)

    def swap(self, cursor: CursorWrapper) -> Figures:
        """Write the staged values and keep what was; the touched hours become stale."""
        stage = self.stage.table
        cursor.execute(sql.SQL("SELECT min(started_at), max(started_at) FROM {}").format(stage))
        first, last = cursor.fetchone()
        statement = load_sql("revaluation/swap.sql").format(
            assignments=staged_values(VALUED), stage=stage, values=values_of("call")
        )
        cursor.execute(statement, {"revaluation_id": self._job.pk, "first": first, "last": last})
        *swapped, hours = cursor.fetchone()
        mark_stale(cursor, hours)
        return figures.swapped_figures(tuple(swapped))


def _staged(call: StoredCall, revised: Revised) -> tuple[object, ...]:
    before = revised.before
    changed = {
        name: old
        for name, old, new in zip(VALUED, before, revised.after, strict=True)
        if old != new
    }
    beside = (
        call.id,
        call.started_at,
        call.version,
        revised.metered,
        before[_TEAM],
        before[_MODEL],
        before[_COST],
        changed,
    )
    return beside + revised.after
