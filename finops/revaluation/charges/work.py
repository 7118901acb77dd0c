"""A run over charges of bills: what they are and whose, by today's rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from finops.attribution.queries import rules
from finops.bills.daily import refill
from finops.classification.kinds import kind_rules, stored_rules
from finops.models import BillSnapshot, Organization, Revaluation
from finops.months.closed import closed_months
from finops.months.publications import keep_open, take_turns
from finops.pricing.price_book import PriceBook
from finops.revaluation.assignments import staged_values
from finops.revaluation.charges import figures
from finops.revaluation.charges.columns import (
    COLUMN_TYPES,
    VALUED,
    StoredCharge,
    changes,
)
from finops.revaluation.charges.scope import ChargesInScope
from finops.revaluation.charges.value import ChargeReviser, Revised
from finops.revaluation.stage import Stage
from finops.revaluation.work import Figures, OutcomeDiffers
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: What is staged beside the new values: which charge, what it was, and what it is worth.
_BESIDE: Final = {
    "charge_id": "bigint NOT NULL",
    "billing_period": "date NOT NULL",
    "version": "xid NOT NULL",
    "source_id": "bigint NOT NULL",
    "billed": "numeric",
    "effective": "numeric",
    "is_converted": "boolean NOT NULL",
    "before": "jsonb NOT NULL",
}


class ChargeWork:
    """Charges of current bills in open months, and the rules that they go by."""

    changed: Final = "changed_charges"
    rows: Final = "charges"

    def __init__(self, job: Revaluation) -> None:
        """Read both sets of rules and the closed months, once."""
        self._job = job
        self._closed = closed_months()
        self._scope = ChargesInScope.of(job, closed=self._closed)
        self._names_version = PriceBook.version()  # models are named by the catalogue
        self._rules, self._kinds = rules(), stored_rules()
        self._currency = Organization.current().currency
        self.stage = Stage(job.pk, _BESIDE | COLUMN_TYPES)

    def slices(self) -> Iterator[int]:
        """Decide upon every charge of the scope again, and stage those that change."""
        reviser = ChargeReviser(kinds=kind_rules(), rules=self._rules)
        for charges in self._scope.slices():
            for charge in charges:
                revised = reviser.revise(charge)
                if revised is not None:
                    self.stage.add(_staged(charge, revised))
            yield len(charges)

    def hold(self, cursor: CursorWrapper) -> None:
        """Wait for the publications of the touched sources; let no month be closed meanwhile."""
        cursor.execute(
            sql.SQL("SELECT DISTINCT source_id FROM {} ORDER BY 1").format(self.stage.table)
        )
        for (source_id,) in cursor.fetchall():
            take_turns(cursor, source_id)
        keep_open(cursor)

    def figures(self, cursor: CursorWrapper) -> Figures:
        """Sum up; refuse what was staged by rules or months that have changed since."""
        held = (self._rules, self._kinds, self._names_version)
        if held != (rules(), stored_rules(), PriceBook.version()):
            raise OutcomeDiffers("rules or names changed while the run was under way")
        if self._closed != closed_months():
            raise OutcomeDiffers("a month was closed or reopened while the run was under way")
        return figures.summarise(cursor, self.stage, self._scope, currency=self._currency)

    def differences(self, promised: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
        """Compare the figures of the charges that change."""
        return figures.differences(promised, found)

    def swap(self, cursor: CursorWrapper) -> Figures:
        """Write the staged values and keep what was; the touched bills' days are filled anew."""
        stage = self.stage.table
        cursor.execute(
            sql.SQL("SELECT min(billing_period), max(billing_period) FROM {}").format(stage)
        )
        first, last = cursor.fetchone()
        statement = load_sql("revaluation/charges/swap.sql").format(
            assignments=staged_values(VALUED), stage=stage
        )
        cursor.execute(statement, {"revaluation_id": self._job.pk, "first": first, "last": last})
        changed, billed, effective, snapshots = cursor.fetchone()
        refill(cursor, BillSnapshot.objects.filter(pk__in=snapshots))
        return figures.swapped_figures(changed, billed, effective)


def _staged(charge: StoredCharge, revised: Revised) -> tuple[object, ...]:
    beside = (
        charge.id,
        charge.billing_period,
        charge.version,
        charge.source_id,
        charge.billed,
        charge.effective,
        charge.is_converted,
        changes(revised.before, revised.after),
    )
    return beside + revised.after
