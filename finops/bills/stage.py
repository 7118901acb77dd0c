"""The stage of one delivery: charges decided upon, waiting to be published or dropped.

One table per import. What many charges share, and what the rules make of it, is decided and
written once per distinct value and remembered as text; the rest differs from charge to charge.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from psycopg import sql

from finops.bills.deciding import Decided, Deciding
from finops.classification.match import Kind
from finops.domain.charge import ChargeRecord
from finops.domain.dimensions import ATTRIBUTED
from finops.sql import load_sql
from finops.tables.staging import copy_lines, count_rows, drop_tables
from finops.tables.staging import json_cell as _json
from finops.tables.staging import text_cell as _text

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Stands for a provider that neither a rule nor the bill names.
UNKNOWN: Final = "unknown"
#: Distinct descriptions remembered at once; beyond it they are written anew, which is harmless.
_MAX_SHARED: Final = 20_000

#: What many charges share: the texts of a record.
_SHARED: Final = (
    "billing_account_id",
    "billing_account_name",
    "billing_period",
    "billing_currency",
    "charge_category",
    "charge_class",
    "charge_description",
    "charge_frequency",
    "sub_account_id",
    "sub_account_name",
    "service_provider_name",
    "host_provider_name",
    "invoice_issuer_name",
    "invoice_id",
    "service_category",
    "service_subcategory",
    "service_name",
    "sku_id",
    "sku_meter",
    "sku_price_id",
    "resource_id",
    "resource_name",
    "resource_type",
    "region_id",
    "pricing_category",
    "pricing_unit",
    "consumed_unit",
    "commitment_discount_id",
    "commitment_discount_status",
    "principal_id",
    "credential_id",
)
_DECIDED: Final = ("kind", "kind_rule_id", "provider", "model", "token_kind")
#: Columns of charges under the names that rules use.
_OWNERS: Final = {"user": "end_user"}
_MEASURED: Final = (
    "charge_period_start",
    "charge_period_end",
    "billed_cost",
    "effective_cost",
    "list_cost",
    "contracted_cost",
    "pricing_quantity",
    "consumed_quantity",
    "list_unit_price",
    "contracted_unit_price",
    "tokens",
    "line_item_id",
    "extra",
)
#: What a line of a stage holds, in order.
COLUMNS: Final = (
    "line",
    *_SHARED,
    *_DECIDED,
    *(_OWNERS.get(name, name) for name in ATTRIBUTED),
    "attributed_by",
    "tags",
    "sku_price_details",
    *_MEASURED,
)
_shared_values: Final[Callable[[ChargeRecord], tuple[object, ...]]] = attrgetter(*_SHARED)


class ChargeStage(NamedTuple):
    """Where the charges of an import wait; it outlives its worker."""

    rows: sql.Identifier

    @classmethod
    def of(cls, import_id: int, start: int) -> ChargeStage:
        """Name the stage of a fresh start of an import, as stages of calls are named."""
        return cls(sql.Identifier("staging", f"import_{import_id}_{start}"))

    def create(self, cursor: CursorWrapper) -> None:
        """Make it, empty."""
        cursor.execute(load_sql("bills/stage.sql").format(table=self.rows))

    def drop(self, cursor: CursorWrapper) -> bool:
        """Throw it away, at once or not at all; says whether it is gone."""
        return drop_tables(cursor, self.rows)

    def staged_rows(self, cursor: CursorWrapper) -> int | None:
        """Count the staged rows; None when there is no stage."""
        return count_rows(cursor, self.rows)


class StagedCharges(NamedTuple):
    """Charges on their way to a stage, as lines of COPY's text format."""

    stage: ChargeStage
    lines: list[str]

    def send(self, cursor: CursorWrapper) -> None:
        """Copy the batch to its stage; the caller commits."""
        copy_lines(cursor, self.stage.rows, COLUMNS, self.lines)


class ChargeWriter:
    """Decides what and whose charges are, and makes them batches for a stage."""

    def __init__(self, stage: ChargeStage, deciding: Deciding) -> None:
        self.stage = stage
        self._deciding = deciding
        self._known: dict[tuple[object, ...], tuple[str, Kind]] = {}
        self._instants = _Instants()
        self._lines: list[str] = []

    def add(self, line: int, record: ChargeRecord) -> None:
        """Queue one charge; ``line`` is where it stood in its file."""
        r = record
        shared, kind = self._shared(r)
        tokens = None if kind.tokens_per_unit is None else kind.tokens(r)
        # Decimals are written by str(), a third of what formatting them takes.
        self._lines.append(
            f"{line}\t{shared}\t"
            f"{self._instants[r.charge_period_start]}\t{self._instants[r.charge_period_end]}\t"
            f"{r.billed_cost!s}\t{r.effective_cost!s}\t{r.list_cost!s}\t{r.contracted_cost!s}\t"
            f"{r.pricing_quantity!s}\t{r.consumed_quantity!s}\t"
            f"{r.list_unit_price!s}\t{r.contracted_unit_price!s}\t{tokens!s}\t"
            f"{_text(r.line_item_id)}\t{_json(r.extra)}\n"
        )

    def take(self) -> StagedCharges:
        """Hand over what waits, to be sent; the writer goes on with an empty batch."""
        batch = StagedCharges(self.stage, self._lines)
        self._lines = []
        return batch

    def _shared(self, r: ChargeRecord) -> tuple[str, Kind]:
        period = self._deciding.period(r.charge_period_start)
        tags, details = _json(r.tags), _json(r.sku_price_details)
        values = _shared_values(r)
        key = (values, tags, details, period, r.consumed_quantity is None)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MAX_SHARED:
                self._known.clear()
            decided = self._deciding.decide(r)
            text = "\t".join((_written(values, decided), tags, details))
            found = self._known[key] = (text, decided.kind)
        return found


class _Instants(dict[datetime, str]):
    """Instants as text; bills repeat a few hundred."""

    def __missing__(self, instant: datetime) -> str:
        if len(self) >= _MAX_SHARED:
            self.clear()
        text = self[instant] = instant.isoformat()
        return text


def _written(values: tuple[object, ...], decided: Decided) -> str:
    kind, owners = decided.kind, decided.owners.values
    cells = (
        *(None if value is None else str(value) for value in values),
        kind.kind,
        None if kind.rule_id is None else str(kind.rule_id),
        kind.provider or UNKNOWN,
        kind.model,
        kind.token_kind,
        *(owners.get(name) for name in ATTRIBUTED),
    )
    return "\t".join((*map(_text, cells), _json(decided.owners.rules)))
