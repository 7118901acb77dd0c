"""What a revaluation may change in a call, and what it reads to find out. Nothing else moves."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from psycopg import sql

from finops.domain.dimensions import RULE_TARGETS
from finops.domain.usage import Processing, Status, UsageRecord


class PriceValues(NamedTuple):
    """What the price part gives a call; amounts in the reporting currency."""

    price_id: int | None
    computed_cost: Decimal | None
    cost: Decimal | None
    cost_source: str | None
    unpriced_reason: str | None
    provider: str
    provider_given: str | None
    model: str
    model_given: str | None


class AttributionValues(NamedTuple):
    """What the attribution part gives a call; ``attributed_by`` maps dimensions to rule ids."""

    feature: str | None
    team: str | None
    customer: str | None
    end_user: str | None
    workflow: str | None
    environment: str | None
    run: str | None
    step: str | None
    attributed_by: dict[str, int] | None


#: Columns that a revaluation may write, in the order of the two tuples above, and their types.
COLUMN_TYPES: Final[dict[str, str]] = {
    **dict.fromkeys((*PriceValues._fields, *AttributionValues._fields), "text"),
    "price_id": "bigint",
    "computed_cost": "numeric",
    "cost": "numeric",
    "attributed_by": "jsonb",
}
VALUED: Final = tuple(COLUMN_TYPES)


class StoredCall(NamedTuple):
    """One call as the ledger holds it: what may change first, in the order of ``VALUED``.

    ``version`` is the row version that was read; a row that has another one when the run is
    applied has been replaced meanwhile. JSON columns are text.
    """

    price_id: int | None
    computed_cost: Decimal | None
    cost: Decimal | None
    cost_source: str | None
    unpriced_reason: str | None
    provider: str
    provider_given: str | None
    model: str
    model_given: str | None
    feature: str | None
    team: str | None
    customer: str | None
    end_user: str | None
    workflow: str | None
    environment: str | None
    run: str | None
    step: str | None
    attributed_by: str | None
    id: int
    started_at: datetime
    version: int
    source_id: int
    requests: int
    input_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cache_write_1h_tokens: int | None
    input_audio_tokens: int | None
    input_image_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    output_audio_tokens: int | None
    reported_cost: Decimal | None
    currency: str | None
    region: str | None
    processing: Processing
    status: Status
    tags: str | None


def stored_columns() -> sql.Composed:
    """Name the columns of a StoredCall, in its order, of a table called ``call``."""
    return sql.SQL(", ").join(
        sql.Identifier("call", "xmin" if name == "version" else name) for name in StoredCall._fields
    )


def values_of(table: str) -> sql.Composed:
    """Name the columns that a revaluation may write, in the order of ``VALUED``."""
    return sql.SQL(", ").join(sql.Identifier(table, name) for name in VALUED)


_decode_rules: Final = msgspec.json.Decoder(dict[str, int]).decode
_decode_tags: Final = msgspec.json.Decoder(dict[str, str]).decode


def rules_behind(call: StoredCall) -> dict[str, int] | None:
    """Read which rule gave which dimension; None when the call's own fields stand alone."""
    return _decode_rules(call.attributed_by) if call.attributed_by else None


def usage_record(call: StoredCall, decided: dict[str, int] | None) -> UsageRecord:
    """Rebuild what the source told: given names, and only dimensions that the call itself had.

    ``decided`` are the dimensions that rules gave it (``rules_behind``). Ids, latency and error
    are left out: neither a price nor a rule looks at them.
    """
    own = dict(
        zip(
            RULE_TARGETS,
            (
                call.feature,
                call.team,
                call.customer,
                call.end_user,
                call.workflow,
                call.environment,
                call.run,
                call.step,
            ),
            strict=True,
        )
    )
    if decided:
        own |= dict.fromkeys(decided)
    return UsageRecord(
        started_at=call.started_at,
        provider=call.provider_given or call.provider,
        model=call.model_given or call.model,
        input_tokens=call.input_tokens,
        cache_read_tokens=call.cache_read_tokens,
        cache_write_tokens=call.cache_write_tokens,
        cache_write_1h_tokens=call.cache_write_1h_tokens,
        input_audio_tokens=call.input_audio_tokens,
        input_image_tokens=call.input_image_tokens,
        output_tokens=call.output_tokens,
        reasoning_tokens=call.reasoning_tokens,
        output_audio_tokens=call.output_audio_tokens,
        requests=call.requests,
        processing=call.processing,
        region=call.region,
        reported_cost=call.reported_cost,
        currency=call.currency or "USD",  # only a reported cost has one
        status=call.status,
        tags=_decode_tags(call.tags) if call.tags else None,
        feature=own["feature"],
        team=own["team"],
        customer=own["customer"],
        user=own["user"],
        workflow=own["workflow"],
        environment=own["environment"],
        run=own["run"],
        step=own["step"],
    )
