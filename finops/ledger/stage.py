"""The stage of one import: rows valued and attributed, waiting to be published or dropped.

Two tables per import. ``rows`` holds what differs from call to call; ``contexts`` what many calls
share (provider, model, owner …), so that it is resolved and sent once per distinct value.
Staging is unlogged: after a crash of the database it is empty, and the import starts over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from psycopg import sql

from finops.attribution.match import NOTHING, Decision, RuleSet
from finops.domain.usage import TOKEN_KINDS, UsageRecord
from finops.ledger import identity
from finops.pricing.price_book import PriceBook, Valuation
from finops.sql import load_sql
from finops.tables.staging import copy_lines, count_rows, drop_tables
from finops.tables.staging import json_cell as _json
from finops.tables.staging import text_cell as _text

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Distinct contexts remembered at once; beyond it they are sent again, which is harmless.
_MAX_CONTEXTS: Final = 50_000

ROW_COLUMNS: Final = (
    "line",
    "context",
    "started_at",
    "source_key",
    "has_id",
    "response_key",
    "status",
    "requests",
    "attempt",
    *TOKEN_KINDS,
    "latency_ms",
    "price_id",
    "computed_cost",
    "reported_cost",
    "unpriced_reason",
    "customer",
    "end_user",
    "run",
    "step",
    "parent",
    "call_ref",
    "response_id",
    "error",
    "tags",
)
CONTEXT_COLUMNS: Final = (
    "context",
    "provider",
    "provider_given",
    "model",
    "model_given",
    "region",
    "processing",
    "currency",
    "environment",
    "feature",
    "team",
    "workflow",
    "attributed_by",
)


class StageTables(NamedTuple):
    """Where an import's rows wait."""

    rows: sql.Identifier
    contexts: sql.Identifier
    temporary: bool = False

    def create(self, cursor: CursorWrapper) -> None:
        """Make both tables, empty.

        Temporary ones are kept by their connection and empty themselves at every commit.
        """
        for name, table in (("stage_rows", self.rows), ("stage_contexts", self.contexts)):
            cursor.execute(
                load_sql(f"ledger/{name}.sql").format(
                    create=sql.SQL(
                        "CREATE TEMP TABLE IF NOT EXISTS"
                        if self.temporary
                        else "CREATE UNLOGGED TABLE"
                    ),
                    table=table,
                    at_commit=sql.SQL("ON COMMIT DELETE ROWS" if self.temporary else ""),
                )
            )

    def drop(self, cursor: CursorWrapper) -> bool:
        """Throw the stage away, at once or not at all; says whether it is gone.

        A worker that hangs in the middle of a batch still holds it. Whoever sweeps tries again.
        """
        return drop_tables(cursor, self.contexts, self.rows)

    def staged_rows(self, cursor: CursorWrapper) -> int | None:
        """Count the staged rows; None when there is no stage."""
        return count_rows(cursor, self.rows)


def import_stage(import_id: int, start: int) -> StageTables:
    """Name the stage of an import; it outlives its worker.

    Each fresh start has tables of its own: those of the last may still be held by a worker that
    hangs in the middle of a batch.
    """
    name = f"import_{import_id}_{start}"
    return StageTables(
        sql.Identifier("staging", name), sql.Identifier("staging", f"{name}_contexts")
    )


def push_stage() -> StageTables:
    """Name the stage of a push: of this connection, for this transaction alone."""
    return StageTables(
        sql.Identifier("pg_temp", "push"),
        sql.Identifier("pg_temp", "push_contexts"),
        temporary=True,
    )


class StagedBatch(NamedTuple):
    """Rows on their way to a stage, as lines of COPY's text format."""

    tables: StageTables
    contexts: list[str]
    rows: list[str]

    def send(self, cursor: CursorWrapper) -> None:
        """Copy the batch to its stage; the caller commits."""
        copy_lines(cursor, self.tables.contexts, CONTEXT_COLUMNS, self.contexts)
        copy_lines(cursor, self.tables.rows, ROW_COLUMNS, self.rows)


class StageWriter:
    """Values and attributes records, and makes them batches for a stage."""

    def __init__(
        self, tables: StageTables, *, source: str, book: PriceBook, rules: RuleSet
    ) -> None:
        self.tables = tables
        self._book = book
        self._rules = rules
        self._ref_key = identity.call_ref_keyer(source)
        self._row_key = identity.raw_row_keyer(source)
        self._response_keys: dict[str, identity.Keyer] = {}
        self._contexts: dict[tuple[object, ...], tuple[int, Decision]] = {}
        self._next_context = 0
        self._rows: list[str] = []
        self._context_rows: list[str] = []

    def resume_contexts(self, cursor: CursorWrapper) -> None:
        """Number new contexts after those that an earlier attempt sent."""
        cursor.execute(
            sql.SQL("SELECT coalesce(max(context) + 1, 0) FROM {}").format(self.tables.contexts)
        )
        (self._next_context,) = cursor.fetchone()

    def add(self, line: int, record: UsageRecord) -> None:
        """Value, attribute and queue one record; ``line`` is where it stood in its file."""
        valuation = self._book.value(record)
        context, decision = self._context(record, valuation)
        r = record
        customer, user, run, step = r.customer, r.user, r.run, r.step
        if decision is not NOTHING:
            values = decision.values
            customer = customer or values.get("customer")
            user = user or values.get("user")
            run = run or values.get("run")
            step = step or values.get("step")
        if r.call_ref is not None:
            key, has_id = self._ref_key(r.call_ref.encode()), True
        else:
            key, has_id = self._row_key(r.identity or b""), False
        response_key = r.response_id and self._response_key(valuation.provider, r.response_id)
        self._rows.append(
            f"{line}\t{context}\t{r.started_at}\t{key}\t{has_id}\t{response_key}\t{r.status}\t"
            f"{r.requests}\t{r.attempt}\t"
            f"{r.input_tokens}\t{r.cache_read_tokens}\t{r.cache_write_tokens}\t"
            f"{r.cache_write_1h_tokens}\t{r.input_audio_tokens}\t{r.input_image_tokens}\t"
            f"{r.output_tokens}\t{r.reasoning_tokens}\t{r.output_audio_tokens}\t"
            f"{r.latency_ms}\t{valuation.price_id}\t{valuation.computed_cost}\t"
            f"{r.reported_cost}\t{valuation.unpriced_reason}\t"
            f"{_text(customer)}\t{_text(user)}\t{_text(run)}\t{_text(step)}\t{_text(r.parent)}\t"
            f"{_text(r.call_ref)}\t{_text(r.response_id)}\t{_text(r.error)}\t{_json(r.tags)}\n"
        )

    def take(self) -> StagedBatch:
        """Hand over what waits, to be sent; the writer goes on with an empty batch."""
        batch = StagedBatch(self.tables, self._context_rows, self._rows)
        self._context_rows, self._rows = [], []
        return batch

    def _context(self, r: UsageRecord, valuation: Valuation) -> tuple[int, Decision]:
        key: tuple[object, ...] = (
            r.provider,
            r.model,
            r.feature,
            r.team,
            r.workflow,
            r.environment,
            r.region,
            r.processing,
            r.currency,
        )
        if self._rules:
            key += self._rules.key(r)
        found = self._contexts.get(key)
        return found if found is not None else self._new_context(key, r, valuation)

    def _new_context(
        self, key: tuple[object, ...], r: UsageRecord, valuation: Valuation
    ) -> tuple[int, Decision]:
        if len(self._contexts) >= _MAX_CONTEXTS:
            self._contexts.clear()
        decision = (
            self._rules.decide(r, provider=valuation.provider, model=valuation.model)
            if self._rules
            else NOTHING
        )
        number = self._next_context
        self._next_context += 1
        given = decision.values.get
        self._context_rows.append(
            "\t".join(
                (
                    str(number),
                    _text(valuation.provider),
                    _text(None if r.provider == valuation.provider else r.provider),
                    _text(valuation.model),
                    _text(None if r.model == valuation.model else r.model),
                    _text(r.region),
                    r.processing,
                    _text(r.currency),
                    _text(r.environment or given("environment")),
                    _text(r.feature or given("feature")),
                    _text(r.team or given("team")),
                    _text(r.workflow or given("workflow")),
                    _json(decision.rules),
                )
            )
            + "\n"
        )
        self._contexts[key] = (number, decision)
        return number, decision

    def _response_key(self, provider: str, response_id: str) -> str:
        keyer = self._response_keys.get(provider)
        if keyer is None:
            keyer = self._response_keys[provider] = identity.response_keyer(provider)
        return keyer(response_id.encode())
